"""How many frames a browser's camera is asked for: as many as the network takes. Pure."""

from __future__ import annotations

AHEAD = 2  # frames asked for or not shown yet: while one is computed with, the next is on its way


class CameraPace:
    """Counts frames between the request and the picture that shows what came of them."""

    def __init__(self) -> None:
        self._asked = self._unseen = 0

    def begin(self) -> None:
        """Another camera: nothing is on its way."""
        self._asked = self._unseen = 0

    def due(self) -> int:
        """How many more to ask for now; they count as asked for."""
        count = max(AHEAD - self._asked - self._unseen, 0)
        self._asked += count
        return count

    def came(self) -> bool:
        """A frame has come; False for one that was not asked for."""
        if not self._asked:
            return False
        self._asked -= 1
        self._unseen += 1
        return True

    def shown(self) -> None:
        """The window shows another picture: the network has taken a frame, or may have."""
        self._unseen = max(self._unseen - 1, 0)

    def waited(self) -> None:
        """Nothing has come of it for long: begin anew."""
        self._unseen = 0
