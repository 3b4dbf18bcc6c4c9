"""Text that another program has copied or selected, asked for on a connection of its own to the X server.

ICCCM 2.4: who wants a selection names a property of a window of his; the owner writes the text there and says so.
Only pieces that fit into one message are taken: some hundred kilobytes, more than a path has.
"""

from __future__ import annotations

import time

from deepvis.window.ui import xlib

SELECTION_NOTIFY = 31  # X.h
CURRENT_TIME = 0
MOST_LONGS = 65536  # of 4 bytes
PATIENCE = 2.0  # seconds until an owner that does not answer is given up


class Clipboard:
    """Asks for "CLIPBOARD" (what was copied) or "PRIMARY" (what is selected), and takes the text when it has come.

    Does nothing where there is no libX11 or no server.
    """

    def __init__(self) -> None:
        self._requested_at: float | None = None
        self._server = xlib.connected()
        if self._server is not None:
            self._window = self._server.new_window(self._server.root, 1)  # never shown

    def request(self, selection: str) -> None:
        """Ask for the text; ``take`` has it a little later."""
        if self._server is None:
            return
        x, display = self._server.x, self._server.display
        atoms = [self._server.atom(name) for name in (selection, "UTF8_STRING", "DEEPVIS_PASTED")]
        x.XConvertSelection(display, *atoms, self._window, CURRENT_TIME)
        x.XFlush(display)
        self._requested_at = time.monotonic()

    def take(self) -> str:
        """The text that was asked for, once; "" as long as it has not come, and where there is none."""
        if self._requested_at is None or self._server is None:
            return ""
        for event in self._server.events():
            if event.type == SELECTION_NOTIFY:
                self._requested_at = None
                place = event.selection.property
                return self._server.taken_text(self._window, place, MOST_LONGS) if place else ""
        if time.monotonic() - self._requested_at > PATIENCE:
            self._requested_at = None
        return ""

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = self._requested_at = None
