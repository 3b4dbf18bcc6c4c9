"""The small network of a unit's field answers as the whole one does."""

from __future__ import annotations

import pytest
import torch

from deepvis.optimize.ascend import advance, begin
from deepvis.optimize.climb import Job
from deepvis.optimize.field_only import cut_of, field_only, place_in
from deepvis.optimize.objective import unit
from deepvis.optimize.recipe import Recipe


@pytest.mark.parametrize("layer", ["conv1", "pool1", "norm1", "conv2"])
def test_the_same_value_and_the_same_way_up(caffenet_like, layer):
    cut = cut_of(caffenet_like, layer)
    small = field_only(caffenet_like, layer)
    assert small.size == (cut.height, cut.width) and cut.height < 67
    place = place_in(small, caffenet_like, layer)
    recipe = Recipe({}, "constant", {"lr": 5.0}, 3)
    whole = begin(caffenet_like, Job(unit(layer, 7), recipe, 4))
    rows, cols = slice(cut.top, cut.top + cut.height), slice(cut.left, cut.left + cut.width)
    alone = begin(small, Job(unit(layer, 7, *place), recipe, 4), whole.x[:, rows, cols].numpy())
    for _ in range(2):
        (whole,), (alone,) = advance(caffenet_like, [whole]), advance(small, [alone])
    assert alone.objective == pytest.approx(whole.objective, rel=1e-4)
    torch.testing.assert_close(alone.x, whole.x[:, rows, cols], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("layer", ["pool2", "conv5", "fc8"])
def test_where_nothing_can_be_cut_the_network_stays_whole(caffenet_like, layer):
    assert field_only(caffenet_like, layer) is caffenet_like
