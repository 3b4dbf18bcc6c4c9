"""What was pressed or pasted before the network was there, and then comes in its turn."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.core.commands import COMMANDS, Command, Group
from deepvis.window.ui.events import Pasted

NEEDS_NETWORK = frozenset(
    group.value for group in (Group.MOVE, Group.FIND, Group.BACK, Group.TIME, Group.UNIT, Group.KEEP)
)


class EarlyGestures:
    """waiting: keys that need the network and what came after them; texts to be pasted. The oldest first."""

    def __init__(self) -> None:
        self._waiting: list[str | Pasted] = []

    @property
    def waiting(self) -> Sequence[str | Pasted]:
        return self._waiting

    def holds_back(self, bound: Command | None) -> bool:
        """Before the network is there: a key of this command has to wait. Behind one that waits all do, but to quit."""
        if bound is COMMANDS["quit"]:
            return False
        return bool(self._waiting) or (bound is not None and bound.group in NEEDS_NETWORK)

    def add(self, gesture: str | Pasted) -> None:
        self._waiting.append(gesture)

    def take(self) -> list[str | Pasted]:
        """All of them: the network is there."""
        taken = self._waiting[:]
        self._waiting.clear()
        return taken
