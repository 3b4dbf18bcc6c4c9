"""A layer that nothing here can run is gone to like any other, and what asks for its values says why there are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.candidates import CandidateKind, candidates
from deepvis.core.effects import Say
from deepvis.core.state import AppState, Palette, ViewState
from deepvis.core.typed import press
from deepvis.core.types import LayerInfo, NetInfo, Unit

NEEDS = "needs layer 'warp' of unknown type Warp"
INFO = NetInfo(
    "toy",
    (
        LayerInfo("conv1", "Convolution", 20, 10, 10),
        LayerInfo("warp", "Warp", 1, 1, 1, missing="its type Warp is unknown"),
        LayerInfo("loss3", "Softmax", 1, 1, 1, missing=NEEDS),
        LayerInfo("prob", "Softmax", 4, 1, 1),
    ),
    (3, 32, 32),
)
THERE = AppState(INFO, ViewState(layer_index=2, back_mode="gradient"))


def said(keys: str) -> list[str]:
    state, found = THERE, []
    for key in keys.split():
        state, effects = press(state, key)
        found += [effect.sentence for effect in effects if isinstance(effect, Say)]
    return found


def test_it_is_gone_to_and_passed_like_any_other() -> None:
    state, _ = press(AppState(INFO), "right")
    assert state.layer.name == "warp"
    state, _ = press(press(state, "right")[0], "right")
    assert state.layer.name == "prob"


@pytest.mark.parametrize("keys", ["x", "g", "d", "H", "5 enter"])
def test_what_asks_for_values_says_why_there_are_none(keys: str) -> None:
    (sentence,) = said(keys)
    assert f"loss3: {NEEDS}" in sentence


def test_nothing_is_projected_back_from_it() -> None:
    assert THERE.back_request is None
    pinned = replace(THERE, view=replace(THERE.view, pinned=Unit("conv1", 3)))
    assert pinned.back_request is not None and pinned.back_request.unit == Unit("conv1", 3)


def test_the_palette_offers_the_layer_gray_and_none_of_its_units() -> None:
    def offered(text: str) -> list:
        return list(candidates(replace(THERE, typing=Palette(THERE.view, text))))

    (row,) = [row for row in offered("loss3") if row.kind is CandidateKind.LAYER]
    assert (row.is_gray, row.note) == (True, NEEDS)
    assert not [row for row in offered("loss3 0") if row.kind is CandidateKind.UNIT]
    assert not any(row.is_gray for row in offered("conv1"))


def test_what_counts_values_sees_the_others_alone() -> None:
    assert [layer.name for layer in INFO.live] == [layer.name for layer in INFO.listed] == ["conv1", "prob"]
    assert INFO.missing == {"warp", "loss3"}
