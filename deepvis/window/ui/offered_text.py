"""Text that other programs can paste, offered on a connection of its own to the X server.

ICCCM 2.1 and 2.2: the owner of the selection "CLIPBOARD" writes the text into a property of the window of whoever asks,
and says so. It is offered until this program ends, or another one copies something.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, ClassVar

from deepvis.window.ui import xlib
from deepvis.window.ui.clipboard import CURRENT_TIME, SELECTION_NOTIFY

SELECTION_REQUEST = 30  # X.h
XA_ATOM, REPLACE = 4, 0  # Xatom.h, PropModeReplace


class _Request(xlib.AnyEvent):
    """XSelectionRequestEvent; of AnyEvent the window is the owner."""

    _fields_: ClassVar[Sequence[tuple[str, Any]]] = (
        ("requestor", ctypes.c_ulong),
        ("selection", ctypes.c_ulong),
        ("target", ctypes.c_ulong),
        ("property", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
    )


class OfferedText:
    """Offers a text; ``answer`` is to be called now and then. Does nothing where there is no libX11 or no server."""

    def __init__(self) -> None:
        self._server: xlib.Connection | None = None
        self._text = b""
        self._window = 0

    def offer(self, text: str) -> bool:
        """Offer this text from now on; False where that cannot be."""
        self._server = self._server or xlib.connected()
        if self._server is None:
            return False
        x, display = self._server.x, self._server.display
        self._window = self._window or self._server.new_window(self._server.root, 1)  # never shown
        self._text = text.encode("utf-8", "replace")
        clipboard = self._server.atom("CLIPBOARD")
        x.XSetSelectionOwner(display, clipboard, self._window, CURRENT_TIME)
        x.XFlush(display)
        return bool(x.XGetSelectionOwner(display, clipboard) == self._window)

    def answer(self) -> None:
        """Hand the text to those who have asked for it since."""
        if self._server is None:
            return
        for event in self._server.events():
            if event.type == SELECTION_REQUEST:
                self._hand_over(self._server, ctypes.cast(ctypes.byref(event), ctypes.POINTER(_Request)).contents)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None

    def _hand_over(self, server: xlib.Connection, asked: _Request) -> None:
        x, display = server.x, server.display
        targets, text = server.atom("TARGETS"), server.atom("UTF8_STRING")
        place = asked.property or asked.target  # of old programs
        if asked.target == targets:
            atoms = (ctypes.c_ulong * 2)(targets, text)
            x.XChangeProperty(display, asked.requestor, place, XA_ATOM, 32, REPLACE, atoms, 2)
        elif asked.target == text:
            x.XChangeProperty(display, asked.requestor, place, text, 8, REPLACE, self._text, len(self._text))
        else:
            place = 0  # it is refused
        said = xlib.XEvent()
        said.type = SELECTION_NOTIFY
        reply = said.selection
        reply.window, reply.selection, reply.target = asked.requestor, asked.selection, asked.target
        reply.property, reply.time, reply.display = place, asked.time, display
        x.XSendEvent(display, asked.requestor, 0, 0, ctypes.byref(said))
        x.XFlush(display)
