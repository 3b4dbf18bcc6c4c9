"""Which keys a page sends: the names of browsers (UI Events, KeyboardEvent.key) -> ours, and those that they keep."""

from __future__ import annotations

from deepvis.core.commands import COMMANDS

KEY_NAMES = {
    **{f"Arrow{way}": way.lower() for way in ("Left", "Right", "Up", "Down")},
    **{name: name.lower() for name in ("Home", "End", "Enter", "Tab", "Backspace", "Delete", "Insert")},
    **{"PageUp": "pgup", "PageDown": "pgdn", "Escape": "esc", " ": "space"},
    **{f"F{number}": f"f{number}" for number in (1, 2, 3, 4, 6, 7, 8, 9, 10)},
}
BROWSERS_OWN = frozenset(
    {"ctrl+n", "ctrl+r", "ctrl+t", "ctrl+w", "f5", "f11", "f12"}
)  # loading anew, tabs, full screen


def ctrl_keys() -> list[str]:
    """The keys with Ctrl that a page takes from the browser: those that do something here."""
    bound = {key for command in COMMANDS.values() for key in command.keys if key.startswith("ctrl+")}
    return sorted(bound - BROWSERS_OWN)
