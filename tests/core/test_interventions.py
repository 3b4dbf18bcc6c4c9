"""What if: the keys, what is typed for it, undo, and how it is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.core.candidates import CandidateKind, candidates, why_none
from deepvis.core.commands import COMMANDS
from deepvis.core.commands.intervening import typed_intervention
from deepvis.core.interventions import (
    InterventionKind,
    clamped,
    intervened_words,
    intervention_of,
    scaled,
    switched_off,
    with_intervention,
    without_intervention,
)
from deepvis.core.state import AppState, Cursor, Palette, Show
from deepvis.core.types import Frame, NetRequest, Unit
from tests.core.test_reasons import INFO, after, said

A, B = Unit("conv2", 3), Unit("conv3", 5)
AT_A = AppState(INFO)
AT_A = replace(AT_A, view=replace(AT_A.view, layer_index=2, channel=3, cursor=Cursor.UNITS))


def typed(state: AppState, text: str) -> AppState:
    return after(state, "/", *("space" if letter == " " else letter for letter in text), "enter")


@pytest.mark.parametrize("key", ["X", '"'])
def test_x_switches_off_then_doubles_then_leaves_it_as_it_was(key: str) -> None:
    off = after(AT_A, key)
    assert off.view.interventions == (switched_off(A),)
    twice = after(off, key)
    assert twice.view.interventions == (scaled(A, 2),)
    assert after(twice, key).view.interventions == ()
    assert said(AT_A, key).startswith("conv2 · 3 switched off: X once more amplifies it × 2")
    assert said(twice, key) == "conv2 · 3 is as it was"


def test_several_units_of_several_layers_hold_until_each_is_taken_off() -> None:
    both = after(AT_A, "X", "right", "X", "X")
    assert both.view.interventions == (switched_off(A), scaled(Unit("conv2", 4), 2))
    assert said(both, "X") == "conv2 · 4 is as it was; still: conv2 · 3 switched off"
    assert after(both, "X").view.interventions == (switched_off(A),)
    elsewhere = after(both, "up", "up", "u")
    assert elsewhere.layer.name != "conv2" and elsewhere.view.interventions == both.view.interventions


def test_undo_esc_and_reset_take_it_off() -> None:
    state = after(AT_A, "X", "X")
    assert after(state, "backspace").view.interventions == (switched_off(A),)
    assert after(state, "backspace", "backspace").view.interventions == ()
    assert after(state, "backspace", "Z").view.interventions == (scaled(A, 2),)
    with_change = after(state, "|")
    assert after(with_change, "esc").view.change is False
    assert after(with_change, "esc").view.interventions and not after(with_change, "esc", "esc").view.interventions
    assert not typed(with_change, "reset view").view.interventions
    assert not typed(with_change, "clear all, every unit").view.interventions


def test_the_change_in_the_tiles_needs_something_changed() -> None:
    assert said(AT_A, "|") == "nothing is changed yet: X switches the selected unit off"
    state = after(AT_A, "X", "s", "|")
    assert state.view.change and not state.view.pattern and state.view.show is Show.ACTIVATIONS
    assert not after(state, "|").view.change
    assert after(state, "a", "|").view.change and after(state, "a", "|").view.show is Show.ACTIVATIONS
    assert not after(state, "X", "X").view.change  # nothing is changed any more


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("clamp 5", (InterventionKind.CLAMP, 5.0)),
        ("clamp to -0.5", (InterventionKind.CLAMP, -0.5)),
        ("set 1e3", (InterventionKind.CLAMP, 1000.0)),
        ("scale 0.5", (InterventionKind.SCALE, 0.5)),
        ("amplify by 3", (InterventionKind.SCALE, 3.0)),
        ("Amplify × 3", (InterventionKind.SCALE, 3.0)),
        ("off", (InterventionKind.OFF, 0.0)),
        ("clamp", None),
        ("clamp five", None),
        ("off 3", None),
        ("clamp nan", None),
        ("clamp 1e39", None),  # more than the network computes with
        ("conv5 151", None),
    ],
)
def test_what_is_typed(text: str, found: object) -> None:
    assert typed_intervention(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clamp banana", "clamp needs a number, as in clamp 5; found banana"),
        ("Scale x", "scale needs a number, as in scale 5; found x"),
        ("clamp 1e39", "clamp takes numbers up to 3e+38: the network computes in 32 bits"),
        ("speed fast", "speed needs a number, as in speed 5; found fast"),
        ("freeze when it barks", "freeze when needs a number, as in freeze when 5; found it barks"),
        ("offside", "nothing of that name"),
    ],
)
def test_what_needs_a_number_says_so(text: str, words: str) -> None:
    assert why_none(replace(AT_A, typing=Palette(AT_A.view, text))) == words


def test_clamping_and_amplifying_by_typing() -> None:
    clamp = typed(AT_A, "clamp 5")
    assert clamp.view.interventions == (clamped(A, 5),) and clamp.typing is None
    assert typed(clamp, "scale 0.25").view.interventions == (scaled(A, 0.25),)
    assert typed(clamp, "off").view.interventions == (switched_off(A),)
    assert after(clamp, "X").view.interventions == ()
    assert after(clamp, "backspace").view.interventions == ()
    begun = typed(AT_A, "clamp the selected unit to a")
    assert isinstance(begun.typing, Palette) and begun.typing.text == "clamp "
    assert after(begun, "7", "enter").view.interventions == (clamped(A, 7),)
    rows = candidates(replace(AT_A, typing=Palette(AT_A.view, "clamp 5")))
    assert (rows[0].kind, rows[0].title) == (CandidateKind.WHAT_IF, "the selected unit clamped to 5")


def test_where_it_does_not_apply_one_sentence_says_why() -> None:
    missing = replace(AT_A, view=replace(AT_A.view, layer_index=3))
    assert said(missing, "X") == "there is no unit to change: warp: its type Warp is unknown"
    prob = replace(AT_A, view=replace(AT_A.view, layer_index=7))
    assert said(prob, "X").startswith("nothing follows prob, so nothing would change")
    assert after(missing, "X").view == missing.view and after(prob, "X").view == prob.view
    _, effects = COMMANDS["clear_interventions"].apply(AT_A)
    assert effects[0].sentence == "no unit is changed"


def test_values_and_words() -> None:
    some = with_intervention((switched_off(A),), clamped(B, -2))
    assert intervened_words(some) == "conv2 · 3 off, conv3 · 5 = −2"
    assert intervened_words((scaled(A, 0.5),)) == "conv2 · 3 scaled × 0.5"
    many = tuple(switched_off(Unit("conv2", channel)) for channel in range(5))
    assert intervened_words(many) == "conv2 · 0 off, conv2 · 1 off, conv2 · 2 off and 2 more"
    assert with_intervention(some, scaled(A, 2)) == (scaled(A, 2), clamped(B, -2))
    assert without_intervention(some, A) == (clamped(B, -2),)
    assert intervention_of(some, B) == clamped(B, -2) and intervention_of(some, Unit("conv2", 5)) is None
    assert (switched_off(A).factor, clamped(A, 4).factor, scaled(A, 4).factor) == (0, 0, 4)


def test_another_intervention_is_another_request() -> None:
    frame = Frame(1, None)  # type: ignore[arg-type]
    one, other = NetRequest(frame, interventions=(switched_off(A),)), NetRequest(frame)
    assert not one.same_as(other) and one.same_as(NetRequest(frame, interventions=(switched_off(A),)))
