"""The table of commands: what a key does, how a command is entered, found, performed, and given other keys.

The help screen, the README, the palette and ``--keys`` read COMMANDS; ``python -m deepvis.cli.keys``
prints it as Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from deepvis.core.history import remembered
from deepvis.core.keys import is_key_name
from deepvis.core.state import AppState, Outcome

Change = Callable[[AppState], AppState | Outcome]


class Group(Enum):
    """The headings of the help screen, in its order."""

    MOVE = "Moving around"
    FIND = "Finding, and going back"
    BACK = "Back projection"
    KEEP = "Keeping what you see"
    SHOW = "What is shown"
    TIME = "Over time"
    INPUT = "Input"
    UNIT = "This unit"
    PROGRAM = "Program"


@dataclass(frozen=True)
class Command:
    """What a key does."""

    name: str
    keys: tuple[str, ...]  # as keys.py names them, the one to advertise first; none: it is in the palette alone
    words: str | Callable[[], str]  # what it does, in a sentence, or a function that says it when asked
    group: str  # a heading
    apply: Change
    is_held: bool = False  # presses that follow each other, as of a key held down, are one step of undo

    @property
    def help(self) -> str:
        return self.words if isinstance(self.words, str) else self.words()


COMMANDS: dict[str, Command] = {}
BY_PALETTE = "/"  # the key of what has none of its own
_BY_KEY: dict[str, Command] = {}


def command(
    *keys: str, group: Group, help: str | Callable[[], str], is_held: bool = False
) -> Callable[[Change], Change]:
    """Enter a function AppState -> AppState, or (AppState, effects), under its own name; see ``enter``."""

    def entered(apply: Change) -> Change:
        enter(apply.__name__, keys, group, help, apply, is_held=is_held)
        return apply

    return entered


def enter(
    name: str,
    keys: tuple[str, ...],
    group: Group,
    help: str | Callable[[], str],
    apply: Change,
    *,
    is_held: bool = False,
) -> None:
    """Enter a row. Raises ValueError for a key that is bound already."""
    for key in keys:
        if not is_key_name(key):
            raise ValueError(f"command {name!r}: {key!r} is not the name of a key (deepvis/core/keys.py)")
        if key in _BY_KEY:
            raise ValueError(f"key {key!r} is bound to {_BY_KEY[key].name!r} and {name!r}")
    _put(Command(name, keys, help, group.value, apply, is_held or group is Group.MOVE))


def command_of(key: str) -> Command | None:
    """The command of a key; a capital letter that has none of its own (Caps Lock) counts as the small one."""
    return _BY_KEY.get(key) or (_BY_KEY.get(key.lower()) if len(key) == 1 else None)


def perform(state: AppState, row: Command) -> Outcome:
    """The state after a command, with the step in its history, and the effects to carry out."""
    after, effects = outcome(row.apply(state))
    if after.to_confirm == state.to_confirm:
        after = replace(after, to_confirm="")  # only the very next key confirms
    return remembered(state, after, row.name if row.is_held else "", effects), effects


def outcome(result: AppState | Outcome) -> Outcome:
    """What a command has returned, with its effects: none, where it returned a state alone."""
    return (result, ()) if isinstance(result, AppState) else result


def markdown() -> str:
    """The table of all keys as Markdown, by group."""
    lines = []
    for group in Group:
        lines += [f"\n**{group.value}**\n", "| keys | what |", "|---|---|"]
        for row in COMMANDS.values():
            if row.group == group.value:
                keys = " ".join(f"`{key}`" for key in shown_keys(row)).replace("|", r"\|") or f"in `{BY_PALETTE}`"
                lines.append(f"| {keys} | {row.help} |")
    return "\n".join(lines).strip() + "\n"


def shown_keys(row: Command) -> tuple[str, ...]:
    """The keys as help and README name them: the ten digits are "0-9"."""
    if row.name != "go_to":
        return row.keys
    return ("0-9",) if len(row.keys) == 10 else ("digits",)


def rebind(table: Mapping[str, Sequence[str]]) -> list[str]:
    """Give commands further keys, the first of them to be advertised; each is taken from the command that had it.

    For the start of the program. table: names of commands -> names of keys. Returns a sentence for each key that
    another command had. Raises KeyError, ValueError.
    """
    taken = []
    for name, keys in table.items():
        for key in keys:
            if not is_key_name(key):
                raise ValueError(f"{key!r} is not the name of a key (deepvis/core/keys.py)")
            if key in _BY_KEY:
                former = _BY_KEY[key]
                if former.name not in (name, "go_to"):  # every digit is go_to's, to be given away
                    taken.append(f"the key {key} is now {name}, and no more {former.name}")
                _put(replace(former, keys=tuple(other for other in former.keys if other != key)))
        row = COMMANDS[name]
        _put(replace(row, keys=(*keys, *(key for key in row.keys if key not in keys))))
    return taken


def _put(row: Command) -> None:
    """Put a row in the place of the one of its name."""
    COMMANDS[row.name] = row
    for key in row.keys:
        _BY_KEY[key] = row
