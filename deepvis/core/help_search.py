"""The help that is searched by typing: which rows fit, and what a key does there. Pure.

Letters are typed while the help is open; Enter does the chosen command, Esc clears what is typed, then closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from deepvis.core.commands import COMMANDS, Command, Group, command_of, perform, shown_keys
from deepvis.core.fuzzy import folded
from deepvis.core.history import undoable
from deepvis.core.state import AppState, HelpSearch, Outcome
from deepvis.core.word_forms import match_forms

MOST_LETTERS = 60
PAGE = 20  # rows
BY_KEY = 1000.0  # points of a row that has the typed key
STEPS = {"up": -1, "down": 1, "tab": 1, "ctrl+k": -1, "ctrl+j": 1, "pgup": -PAGE, "pgdn": PAGE}
OF_KEYS = frozenset(group.value for group in Group)


def groups(commands: Iterable[Command]) -> dict[str, list[Command]]:
    """The commands by their groups, both in the table's order."""
    found: dict[str, list[Command]] = {}
    for row in commands:
        found.setdefault(row.group, []).append(row)
    return found


def found_rows(text: str, rows: Iterable[Command]) -> list[Command]:
    """The rows that fit what is typed, best first; all, by their groups, for nothing. The mouse's come last."""
    listed = [row for group in groups(rows).values() for row in group]
    if not text.strip():
        return sorted(listed, key=lambda row: row.group not in OF_KEYS)
    points = {row.name: _points(text.strip(), row) for row in listed}
    fitting = [row for row in listed if points[row.name] >= 0]
    return sorted(fitting, key=lambda row: (row.group not in OF_KEYS, -points[row.name]))


def _points(text: str, row: Command) -> float:
    """How well a row fits: by its key, its name, its words, its heading; -1: not at all."""
    if text in row.keys or text in shown_keys(row):
        return BY_KEY
    if len(text) > 1 and any(folded(text) == folded(key) for key in row.keys):
        return BY_KEY - 1
    names = (row.help, row.name.replace("_", " "), f"{row.group} {row.help}")
    found = [each for each in (match_forms(text, name) for name in names) if each is not None]
    return max((each.points for each in found), default=-1.0)


def help_pressed(state: AppState, key: str) -> Outcome:
    """The state after a key while the help is open."""
    search, character = state.help_search, " " if key == "space" else key
    if len(character) == 1 and character.isprintable():
        return _typed(state, (search.text + character).lstrip()[:MOST_LETTERS])
    if key in ("esc", "backspace", "ctrl+z") and not search.text:
        return help_closed(state)
    if key in ("esc", "ctrl+z", "ctrl+u", "ctrl+w", "ctrl+backspace"):
        return _typed(state, "")
    if key == "backspace":
        return _typed(state, search.text[:-1])
    if key in STEPS:
        return _stepped(state, STEPS[key]), ()
    if key in ("home", "end"):
        return _stepped(replace(state, help_search=replace(search, row=0)), 0 if key == "home" else len(COMMANDS)), ()
    if key == "enter":
        rows = found_rows(search.text, COMMANDS.values())
        return help_row_done(state, search.row) if 0 <= search.row < len(rows) else (state, ())
    bound = command_of(key)
    return (state, ()) if bound is None else _searched_no_more(perform(state, bound))


def help_closed(state: AppState) -> Outcome:
    """The help closed, as one step of the history, and what was typed forgotten."""
    return perform(replace(state, help_search=HelpSearch()), COMMANDS["toggle_help"])


def _typed(state: AppState, text: str) -> Outcome:
    return replace(state, help_search=HelpSearch(text, 0 if text.strip() else -1)), ()


def _stepped(state: AppState, step: int) -> AppState:
    count = len(found_rows(state.help_search.text, COMMANDS.values()))
    row = state.help_search.row + step if step != -1 else max(state.help_search.row, 0) - 1
    row = row % max(count, 1) if abs(step) == 1 else min(max(row, 0), max(count - 1, 0))
    return replace(state, help_search=replace(state.help_search, row=row))


def help_row_done(state: AppState, number: int) -> Outcome:
    """The help closed, and the command of a row carried out, as one step of the history."""
    rows: Sequence[Command] = found_rows(state.help_search.text, COMMANDS.values())
    closed = replace(state, view=replace(state.view, help=False), help_search=HelpSearch())
    past = closed.history.past
    if past and past[-1].gives == undoable(closed) and not past[-1].effects:  # the step that opened the help
        closed = replace(closed, history=replace(closed.history, past=past[:-1]))
    if number >= len(rows) or rows[number].name == "toggle_help":
        return closed, ()
    return perform(closed, rows[number])


def _searched_no_more(done: Outcome) -> Outcome:
    """What was typed is forgotten once the help is closed."""
    state, effects = done
    return (state if state.view.help else replace(state, help_search=HelpSearch())), effects
