"""A channel of tokens is optimized as a channel of maps is."""

from __future__ import annotations

import pytest

from deepvis.optimize.ascend import begin, finish
from deepvis.optimize.ascent_network import ascent_net_of
from deepvis.optimize.climb import Job
from deepvis.optimize.field_only import cut_of, field_only
from deepvis.optimize.objective import Objective, channel, unit
from deepvis.optimize.recipe import Recipe
from tests.formats.torch.opened import model_of


@pytest.mark.parametrize(
    ("name", "objective"),
    [
        ("vit", unit("blocks.2", 5)),
        ("vit", unit("blocks.2", 5, 1, 4)),
        ("vit", channel("blocks.1.mlp.fc1", 3)),
        ("vit", unit("norm [class token]", 7)),
        ("vit", channel("blocks.3.attn.softmax", 1)),
        ("swin", unit("layers.1.2", 2)),
    ],
)
def test_units_of_tokens_rise(name: str, objective: Objective) -> None:
    ascent_net = ascent_net_of(model_of(name))
    (climb,) = finish(ascent_net, [begin(ascent_net, Job(objective, Recipe({}, "progress", RISE, 6)))])
    assert climb.best is not None and climb.best.objective > climb.objective[0]


RISE = {"max_lr": 1e6, "desired_prog": 0.1}


def test_a_network_of_tokens_is_not_cut_to_a_field() -> None:
    """Its reshapes hold as many tokens as the whole picture has."""
    ascent_net = ascent_net_of(model_of("vit"))
    assert cut_of(ascent_net, "blocks.0.norm1") is None and field_only(ascent_net, "blocks.0.norm1") is ascent_net
    assert cut_of(ascent_net_of(model_of("resnet18")), "conv1") is not None
