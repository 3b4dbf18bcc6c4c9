"""Undo and redo of what the user changed, and back and forward through the units that were visited. Pure.

A step is one change of view, input or preset, and what undoes the effects that came with it. Frames of the camera,
the window's size and the ends of optimizations change none of these. Presses of one key that follow each other are
one step until ``closed``: the loop closes the step after a pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deepvis.core.effects import REVERSE, Effect, Say
from deepvis.core.layer_list import revealed
from deepvis.core.scanning import AGAIN
from deepvis.core.state import AppState, Cursor, History, HistoryStep, Outcome, Undoable, with_effect
from deepvis.core.types import Frame, Unit

MOST_STEPS = 1000
MOST_BYTES = 24 << 20  # of frames that steps hold: pinned ones, and those at which the source was frozen
MOST_VISITED = 200


def undoable(state: AppState) -> Undoable:
    """What undo gives back; not the help, in which backspace is a key like any other and would open it again."""
    return Undoable(replace(state.view, help=False), state.input, state.live.preset, state.naming.own)


def remembered(before: AppState, after: AppState, grows: str = "", effects: Sequence[Effect] = ()) -> AppState:
    """``after`` with the step from ``before`` in its history; as it is where nothing has changed.

    grows: a name; a change that follows one of the same name belongs to its step. "": it is a step of its own.
    effects: those that came with the change. A state whose history the change itself has made stays as it is.
    """
    if after.history is not before.history:
        return after
    if after.unit != before.unit and after.view.looked_back is not None:
        after = replace(after, view=replace(after.view, looked_back=None))  # the newest again on return
    reverse = tuple(REVERSE[type(effect)] for effect in effects if type(effect) in REVERSE)
    was, history = undoable(before), before.history
    if undoable(after) == was and not reverse:
        return after
    belongs = bool(grows) and grows == history.growing and bool(history.past)
    past = history.past if belongs else bounded((*history.past, HistoryStep(was, reverse)))
    if before.unit == after.unit:
        return replace(after, history=replace(history, past=past, future=(), growing=grows))
    visited = _visited(history, before.unit, after.unit, belongs)
    return replace(after, history=History(past, (), grows, visited, len(visited) - 1))


def remembered_late(state: AppState, reverse: type[Effect]) -> AppState:
    """The state with a step for what was asked for earlier and is done now. reverse: the effect that undoes it."""
    past = bounded((*state.history.past, HistoryStep(undoable(state), (reverse,))))
    return replace(state, history=replace(state.history, past=past, future=(), growing=""))


def bounded(past: tuple[HistoryStep, ...]) -> tuple[HistoryStep, ...]:
    """The newest steps, ``MOST_STEPS`` at most, with ``MOST_BYTES`` of frames at most; the last in any case."""
    if not past or not frames_of(past[-1]):
        return past[-MOST_STEPS:]  # the last is new: without frames of its own nothing is to be counted again
    room, seen = MOST_BYTES, set[int]()
    for count, step in enumerate(reversed(past[-MOST_STEPS:])):
        new = {id(frame): frame.rgb.nbytes for frame in frames_of(step) if id(frame) not in seen}
        seen.update(new)
        room -= sum(new.values())
        if room < 0 and count:
            return past[-count:]
    return past[-MOST_STEPS:]


def frames_of(step: HistoryStep) -> tuple[Frame, ...]:
    """The pictures that a step holds."""
    compared, held = step.gives.view.compared, step.gives.input.held
    pinned = None if compared is None else compared.frame
    return tuple(frame for frame in (pinned, held) if frame is not None)


def _visited(history: History, was: Unit, now: Unit, belongs: bool) -> tuple[Unit, ...]:
    """The units visited, ``now`` last; those to which one could have gone forward are dropped."""
    visited = history.visited[: history.place + 1]
    if not visited or visited[-1] != was:
        visited = (*visited, was)
    passed = belongs and len(visited) > 1  # a unit that a held key has passed over
    return (*(visited[:-1] if passed else visited), now)[-MOST_VISITED:]


def closed(state: AppState) -> AppState:
    """The state after a pause: the next press of the same key is a step of its own."""
    return replace(state, history=replace(state.history, growing="")) if state.history.growing else state


def undone(state: AppState) -> Outcome:
    """The state before the newest step, and what undoes its effects."""
    history = state.history
    if not history.past:
        return with_effect(state, lambda id: Say(id, "there is nothing to undo"))
    return _gone_to(state, history.past[-1], history.past[:-1], (*history.future, _way_back(state, history.past[-1])))


def redone(state: AppState) -> Outcome:
    """The state before the newest undo, and the effects of that step once more."""
    history = state.history
    if not history.future:
        return with_effect(state, lambda id: Say(id, "there is nothing to do again"))
    step = history.future[-1]
    return _gone_to(state, step, (*history.past, _way_back(state, step)), history.future[:-1])


def _way_back(state: AppState, step: HistoryStep) -> HistoryStep:
    return HistoryStep(undoable(state), tuple(REVERSE[effect] for effect in step.effects))


def _gone_to(
    state: AppState, step: HistoryStep, past: tuple[HistoryStep, ...], future: tuple[HistoryStep, ...]
) -> Outcome:
    history = replace(state.history, past=past, future=future, growing="")
    live = replace(state.live, preset=step.gives.preset)
    naming = replace(state.naming, own=step.gives.own_names)
    state = replace(state, view=step.gives.view, input=step.gives.input, live=live, naming=naming, history=history)
    effects: tuple[Effect, ...] = ()
    for kind in step.effects:
        state, more = AGAIN[kind](state) if kind in AGAIN else with_effect(state, kind)
        effects += more
    return state, effects


def visited_before(state: AppState) -> AppState:
    """The unit visited before this one selected; as it is at the first."""
    return _walked(state, -1)


def visited_after(state: AppState) -> AppState:
    """The unit selected from which ``visited_before`` came."""
    return _walked(state, 1)


def _walked(state: AppState, way: int) -> AppState:
    history = state.history
    visited, place = history.visited, history.place
    strayed = bool(visited) and visited[place] != state.unit  # by undo
    place += 0 if strayed and way < 0 else way
    if not 0 <= place < len(visited):
        return state
    names = [layer.name for layer in state.info.layers]
    unit = visited[place]
    if unit.layer not in names:
        return state
    shown = revealed(state.info, state.view, names.index(unit.layer))
    view = replace(shown, layer_index=names.index(unit.layer), channel=unit.channel, cursor=Cursor.UNITS)
    walked = remembered(state, replace(state, view=view))
    return replace(walked, history=replace(walked.history, visited=visited, place=place))
