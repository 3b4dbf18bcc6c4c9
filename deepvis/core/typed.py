"""What a key does: its command; or while something is being typed, the number of a unit or a text in the palette. Pure.

The panes follow what is typed; Esc gives back the view from before. What Enter does is one step of the history.
"""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.candidates import Candidate, CandidateKind, candidates, why_none
from deepvis.core.commands import COMMANDS, command_of, perform
from deepvis.core.commands.back_projection import show_attribution
from deepvis.core.commands.changes import say, source, view
from deepvis.core.commands.intervening import intervene, typed_intervention
from deepvis.core.commands.moving import select_layer, select_unit
from deepvis.core.commands.presenting import enlarge_pane
from deepvis.core.commands.table import outcome
from deepvis.core.effects import OpenPath
from deepvis.core.help_search import help_pressed
from deepvis.core.history import remembered
from deepvis.core.naming import NameTyping, said, typed_key
from deepvis.core.numbered import performed
from deepvis.core.playing import MovingSource
from deepvis.core.saving import effect_of
from deepvis.core.state import AppState, Cursor, GoTo, Outcome, Palette, with_effect
from deepvis.core.types import Unit

PAGE = 8  # rows
MOST_LETTERS = 4096  # of a pasted path
MOST_DIGITS = 7
DIGITS = frozenset("0123456789")


def press(state: AppState, key: str) -> Outcome:
    """The state after a key, by its name, and the effects to carry out; unchanged if the key is bound to nothing.

    While something is being typed, keys are its letters.
    """
    if isinstance(state.typing, GoTo):
        return _in_go_to(state, state.typing, key)
    if isinstance(state.typing, Palette):
        return _in_palette(state, state.typing, key)
    if isinstance(state.typing, NameTyping):
        return _in_name(state, state.typing, key)
    if state.view.help:
        return help_pressed(state, key)
    bound = command_of(key)
    if bound is None:
        return state, ()
    state, effects = perform(state, bound)
    return press(state, key) if bound.name == "go_to" and key in DIGITS else (state, effects)


def pasted(state: AppState, text: str) -> AppState:
    """The state after a text was pasted: the palette, opened if need be, with the text in it."""
    text = " ".join(text.split("\n")[0].split("\r")[0].split("\t"))
    if not text.strip():
        return state
    if isinstance(state.typing, NameTyping):
        return replace(state, typing=replace(state.typing, text=(state.typing.text + text)[: state.typing.longest]))
    typing = state.typing if isinstance(state.typing, Palette) else Palette(_cancelled(state).view)
    return _with_text(state, typing, typing.text + text)


def _cancelled(state: AppState) -> AppState:
    """Nothing is being typed, and the view is as it was before."""
    return state if state.typing is None else replace(state, view=state.typing.before, typing=None)


def _accepted(state: AppState, after: AppState) -> AppState:
    """``after``, reached from what was before the typing, as one step."""
    return remembered(_cancelled(state), replace(after, typing=None))


# ------------------------------------------------------------- a unit's number


def number_problem(state: AppState) -> str:
    """Why the typed number names no unit of the layer, "" if it does."""
    text, layer = getattr(state.typing, "text", ""), state.layer
    if layer.missing:
        return layer.missing_words
    if not text or int(text) < layer.channels:
        return ""
    return f"{layer.name} has units 0 to {layer.channels - 1}"


def _in_go_to(state: AppState, typing: GoTo, key: str) -> Outcome:
    if key in DIGITS:
        return _with_number(state, typing, (typing.text + key)[:MOST_DIGITS]), ()
    if key == "backspace" and len(typing.text) > 1:
        return _with_number(state, typing, typing.text[:-1]), ()
    if key in ("esc", "backspace"):
        return _cancelled(state), ()
    problem = number_problem(state)
    state, effects = say(_cancelled(state), problem) if problem else (_accepted(state, state), ())
    if key == "enter":
        return state, effects
    state, more = press(state, key)  # any other key: the number is complete
    return state, (*effects, *more)


def _with_number(state: AppState, typing: GoTo, text: str) -> AppState:
    state = replace(state, view=typing.before, typing=replace(typing, text=text))
    return state if number_problem(state) else select_unit(state, int(text))


# ---------------------------------------------------------- a name or a note


def _in_name(state: AppState, typing: NameTyping, key: str) -> Outcome:
    if key == "esc":
        return _cancelled(state), ()
    if key == "enter":
        return _accepted(state, said(state, typing)), ()
    changed = typed_key(typing, key)
    return (state if changed is None else replace(state, typing=changed)), ()


# ----------------------------------------------------------------- the palette


def _in_palette(state: AppState, typing: Palette, key: str) -> Outcome:
    character = " " if key == "space" else key
    if len(character) == 1 and character.isprintable():
        return _with_text(state, typing, typing.text + character), ()
    if key in ("esc", "ctrl+p") or (key == "backspace" and not typing.text):
        return _cancelled(state), ()
    if key == "backspace":
        return _with_text(state, typing, typing.text[:-1]), ()
    if key in ("ctrl+u", "ctrl+backspace", "ctrl+w"):
        return _with_text(state, typing, ""), ()
    if key in _STEPS:
        count = len(candidates(state))
        row = typing.row + _STEPS[key]
        row = row % max(count, 1) if abs(_STEPS[key]) == 1 else min(max(row, 0), max(count - 1, 0))
        return _previewed(state, replace(typing, row=row)), ()
    return _chosen(state) if key == "enter" else (state, ())


_STEPS = {"up": -1, "down": 1, "tab": 1, "ctrl+k": -1, "ctrl+j": 1, "pgup": -PAGE, "pgdn": PAGE}


def _with_text(state: AppState, typing: Palette, text: str) -> AppState:
    return _previewed(state, replace(typing, text=text[:MOST_LETTERS], row=0))


def clicked_while_typing(state: AppState, row: int | None) -> Outcome:
    """The state after a click while something is being typed: the candidate of that number chosen, or as Esc has it."""
    if row is not None and isinstance(state.typing, Palette):
        return _chosen(replace(state, typing=replace(state.typing, row=row)))
    return _cancelled(state), ()


def chosen_row(state: AppState) -> Candidate | None:
    """The highlighted candidate."""
    rows = candidates(state)
    row = state.typing.row if isinstance(state.typing, Palette) else 0
    return rows[min(row, len(rows) - 1)] if rows else None


def _previewed(state: AppState, typing: Palette) -> AppState:
    """The panes show the highlighted unit or layer; else the view from before. An empty text shows nothing new."""
    state = replace(state, view=typing.before, typing=typing)
    row = chosen_row(state)
    return state if row is None or not (typing.text.strip() or typing.row) else _selected(state, row)


def _selected(state: AppState, row: Candidate) -> AppState:
    """The unit or the layer of a candidate selected; as it is for any other."""
    if row.kind is CandidateKind.LAYER and isinstance(row.target, int):
        return view(select_layer(state, row.target), cursor=Cursor.LAYERS)
    if isinstance(row.target, Unit):
        names = [layer.name for layer in state.info.layers]
        return select_unit(select_layer(state, names.index(row.target.layer)), row.target.channel)
    return state


def moving_source_of(state: AppState, row: Candidate) -> MovingSource:
    """The camera or the video of a candidate; what the user wants of a video stays."""
    video, camera = ("", int(str(row.target))) if row.kind is CandidateKind.CAMERA else (str(row.target), 0)
    return replace(state.input.moving_source, video=video, camera=camera)


def files_opened(state: AppState, path: str | None) -> AppState:
    """The photos of a path, which can be opened, are shown, as one step of the history. None: the sample photos."""
    return remembered(state, source(state, moving=False, frozen=False, file_index=0, images=path, photo=""))


def _chosen(state: AppState) -> Outcome:
    """What Enter does with the highlighted candidate."""
    row, base = chosen_row(state), _cancelled(state)
    if row is None:
        return say(state, why_none(state))
    if row.kind is CandidateKind.COMMAND:
        return perform(base, COMMANDS[str(row.target)])
    if row.kind is CandidateKind.ATTRIBUTION:
        shown, effects = outcome(show_attribution(base, str(row.target)))
        return _accepted(state, shown), effects
    if row.kind is CandidateKind.WHAT_IF and (typed_words := typed_intervention(str(row.target))) is not None:
        changed, effects = outcome(intervene(base, *typed_words))
        return _accepted(state, changed), effects
    if row.kind is CandidateKind.SAVE:
        return with_effect(base, effect_of(str(row.target)))
    if row.kind is CandidateKind.PANE:
        shown, effects = outcome(enlarge_pane(base, str(row.target)))
        return _accepted(state, shown), effects
    if row.kind is CandidateKind.MODEL:
        return say(base, f"quit with q, then start with --model {row.target}")
    if row.kind is CandidateKind.NUMBERED:
        after, effects = outcome(performed(base, str(row.target)))
        return _accepted(state, after), effects
    if row.kind in (CandidateKind.CAMERA, CandidateKind.VIDEO):
        chosen = moving_source_of(base, row)
        return _accepted(state, source(base, moving=True, frozen=False, moving_source=chosen)), ()
    if row.kind is CandidateKind.PHOTO:
        return _accepted(state, source(base, moving=False, frozen=False, file_index=row.target, photo="")), ()
    if row.kind is CandidateKind.FIRST_PHOTOS:
        return _accepted(state, files_opened(base, state.palette_lists.first_images)), ()
    if row.kind is CandidateKind.PATH:
        return with_effect(base, lambda id: OpenPath(id, str(row.target)))
    return _accepted(state, _selected(base, row)), ()
