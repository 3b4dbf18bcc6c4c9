"""Presenter mode and the large pane: commands, their undo, what a press is said to have done."""

from __future__ import annotations

from dataclasses import replace

import pytest

import deepvis.attribution.methods
import deepvis.network.back_modes  # noqa: F401  (fill the tables)
from deepvis.core.candidates import CandidateKind, candidates
from deepvis.core.commands import COMMANDS, Command
from deepvis.core.enlarged_pane import with_enlarged
from deepvis.core.happened import what_happened
from deepvis.core.panes import PaneLayout, make_layout
from deepvis.core.presenting import FIXED_PANES, TURN, PanesNow, Presenting, can_enlarge
from deepvis.core.state import AppState
from deepvis.core.typed import press
from deepvis.core.types import LayerInfo, NetInfo

INFO = NetInfo(
    "toy",
    (LayerInfo("conv1", "Convolution", 8, 6, 6), LayerInfo("prob", "Softmax", 3, 1, 1)),
    (3, 12, 12),
    ("n00000001 ant", "n00000002 bee", "n00000003 Egyptian cat"),
    frozenset({"prob"}),
    "prob",
)
SHOWN = ("input", "aux", "back", "control", "layers", "jpgvis", "strip", "status")
START = AppState(INFO, panes=PanesNow(SHOWN))


def after(*keys: str, start: AppState = START) -> AppState:
    for key in keys:
        start, _ = press(start, key)
    return start


def test_f5_turns_large_text_on_and_undo_and_reset_turn_it_off() -> None:
    assert after("f5").view.presenting.large_text and after("f5", "f5").view == START.view
    assert after("f5", "ctrl+z").view == START.view and after("f5", "ctrl+z", "ctrl+y").view.presenting.large_text
    assert after("f5", "/", *"reset", "enter").view == START.view
    assert after("f5", "esc").view.presenting.large_text  # Esc leaves the large pane, not the large text


def test_f6_goes_through_all_panes_but_the_fixed_ones_and_ends_with_all() -> None:
    state, seen = START, []
    for _ in range(len(can_enlarge(SHOWN))):
        state = after("f6", start=state)
        seen.append(state.view.presenting.pane)
    assert seen == [*TURN, "strip"] and not FIXED_PANES & set(seen)
    assert after("f6", start=state).view == START.view
    assert after("esc", start=state).view == START.view and after("backspace", "f6", start=state).view == state.view


def test_f6_takes_the_pane_under_the_pointer() -> None:
    pointed = replace(START, panes=PanesNow(SHOWN, "back"))
    assert after("f6", start=pointed).view.presenting.pane == "back"
    assert after("f6", "f6", start=pointed).view.presenting.pane == "aux"  # the large one lies under it
    over_status = replace(START, panes=PanesNow(SHOWN, "status"))
    assert after("f6", start=over_status).view.presenting.pane == TURN[0]


def test_a_window_without_such_a_pane_says_so() -> None:
    state, (said,) = press(replace(START, panes=PanesNow(("control", "status"))), "f6")
    assert state.view == START.view and "no pane" in said.sentence


def test_the_palette_enlarges_each_pane() -> None:
    for pane in can_enlarge(SHOWN):
        typed = after("/", *"enlarge pane ", *pane)
        rows = [row for row in candidates(typed) if row.kind is CandidateKind.PANE]
        assert pane in {row.target for row in rows}
    chosen = after("/", *"enlarge pane back", "enter")
    assert chosen.view.presenting == Presenting(pane="back") and chosen.typing is None
    assert after("ctrl+z", start=chosen).view == START.view


@pytest.mark.parametrize("size", [(720, 1280), (930, 1500), (1440, 2560), (200, 300)])
def test_the_large_pane_takes_most_of_the_window_and_nothing_overlaps(size: tuple[int, int]) -> None:
    import deepvis.window.ui.panes  # noqa: F401  (gives the places)

    plain = make_layout(*size)
    for pane in can_enlarge([name for name, _ in plain]):
        found = with_enlarged(plain, pane, 40)
        assert found[pane].height * found[pane].width > 0.5 * size[0] * size[1]
        assert ("input" in found) and "status" in found
        rects = [rect for _, rect in found]
        assert all(a.clipped(b).is_empty for i, a in enumerate(rects) for b in rects[:i])
        assert all(rect.right <= size[1] and rect.bottom <= size[0] and not rect.is_empty for rect in rects)


def test_a_pane_that_is_not_there_changes_no_layout() -> None:
    plain = PaneLayout((), 10, 10)
    assert with_enlarged(plain, "back", 3) is plain


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("b",), "back projection: gradient"),
        (("b", "b"), "back filter: norm"),
        (("b", "backspace"), "undo: back projection: off"),
        (("down", "right"), "unit conv1 1"),
        (("o",), "layer prob, 3 units"),
        (("o", "down", "end"), "unit prob 2 Egyptian cat"),
        (("f6",), "large pane: the tiles of the layer"),
        (("f6", "esc"), "all panes"),
        (("e",), "Next file"),
        (("E",), "fixed scale: on"),
        (("f",), "freeze: on"),
        (("esc",), "nothing left to close; q quits, backspace undoes"),
    ],
)
def test_what_a_key_has_done_is_said_in_words(keys: tuple[str, ...], words: str) -> None:
    before = after(*keys[:-1])
    state, effects = press(before, keys[-1])
    row = next(row for row in COMMANDS.values() if keys[-1] in row.keys)
    assert what_happened(row, before, state, effects) == words


@pytest.mark.parametrize("row", COMMANDS.values(), ids=COMMANDS)
def test_every_command_is_said_in_words(row: Command) -> None:
    if row.keys:
        before = after("o", "down")
        state, effects = press(before, row.keys[0])
        assert 2 < len(what_happened(row, before, state, effects)) < 160
