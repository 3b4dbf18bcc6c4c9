"""One page that looks at the window: one picture on its way at most, always the newest, and only what changed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis.serve.limits import (
    MESSAGES_A_SECOND,
    MESSAGES_AT_ONCE,
    SILENT_SECONDS,
    RateLimit,
)
from deepvis.serve.pictures import ServedPicture, changed_blocks, message

if TYPE_CHECKING:
    from aiohttp import web

LIVE_SECONDS = 1 / 20  # between two pictures; the answer to a key or the mouse does not wait for it
PAUSE = 1.6  # the same in times that the last picture took to be drawn: the network has the cores in between
LONGEST_PAUSE = 0.5  # on a slow network
STILL_SECONDS = 0.5  # without a new picture until the one that stands is sent in full quality
EAGER_SECONDS = 0.5  # after a key or the mouse


class Viewer:
    """name: the page's own, which it has after a reload too. newest: the picture of now. coded: makes the message.

    facts: what the page is to know beside the picture, a JSON object; sent when it changes.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        name: str,
        newest: Callable[[], ServedPicture | None],
        facts: Callable[[Viewer], dict[str, Any]],
        coded: Callable[[ServedPicture | None, ServedPicture, np.ndarray], bytes],
    ) -> None:
        self.socket, self.name = socket, name
        self.allowance = RateLimit(MESSAGES_A_SECOND, MESSAGES_AT_ONCE)
        self.frames_to_ask = 0  # of its camera
        self._newest, self._facts, self._coded = newest, facts, coded
        self._wake = asyncio.Event()
        self._drawn: ServedPicture | None = None
        self._on_its_way: ServedPicture | None = None
        self._rough: np.ndarray | None = None  # blocks that the page has in live quality only
        self._sent_at = self._acted_at = float("-inf")
        self._pause = LIVE_SECONDS
        self._sent_facts: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Something may have to be sent."""
        self._wake.set()

    def acted(self) -> None:
        """The viewer pressed or pointed: what comes of it is sent at once."""
        self._acted_at = time.monotonic()

    def drawn(self, version: int) -> None:
        """The page shows the picture of that version."""
        if self._on_its_way is not None and self._on_its_way.version & 0xFFFFFFFF == version:
            self._pause = min(max(LIVE_SECONDS, PAUSE * (time.monotonic() - self._sent_at)), LONGEST_PAUSE)
            self._drawn, self._on_its_way = self._on_its_way, None
            self.wake()

    async def send_all(self) -> None:
        """Until the socket is closed: whatever there is to send, one after the other."""
        with suppress(ConnectionError):
            while not self.socket.closed:
                await self._wake.wait()
                self._wake.clear()
                if (facts := self._facts(self)) != self._sent_facts:
                    self._sent_facts = facts
                    await self.socket.send_str(json.dumps({"type": "facts", **facts}))
                if self.frames_to_ask:
                    asked, self.frames_to_ask = self.frames_to_ask, 0
                    await self.socket.send_str(json.dumps({"type": "frames", "count": asked}))
                if (content := self._next_message()) is not None:
                    await self.socket.send_bytes(content)
        if self._timer is not None:
            self._timer.cancel()

    def is_silent(self) -> bool:
        """True if it has not taken its picture for long."""
        return self._on_its_way is not None and time.monotonic() - self._sent_at > SILENT_SECONDS

    def _next_message(self) -> bytes | None:
        """The changes of now, if it is time for them."""
        picture, now = self._newest(), time.monotonic()
        if picture is None or self._on_its_way is not None:
            return None
        if picture is self._drawn:
            return self._in_full_quality(picture, now)
        is_eager = now - self._acted_at < EAGER_SECONDS
        if not is_eager and now - self._sent_at < self._pause:
            self._later(self._sent_at + self._pause - now)
            return None
        blocks = changed_blocks(self._drawn, picture)
        if not blocks.any():
            self._drawn = picture
            return self._in_full_quality(picture, now)
        rough = self._rough
        self._rough = blocks if rough is None or rough.shape != blocks.shape else blocks | rough
        self._on_its_way, self._sent_at = picture, now
        return self._coded(self._drawn, picture, blocks)

    def _in_full_quality(self, picture: ServedPicture, now: float) -> bytes | None:
        rough = self._rough
        if rough is None or not rough.any():
            return None
        if now - self._sent_at < STILL_SECONDS:
            self._later(self._sent_at + STILL_SECONDS - now)
            return None
        self._rough, self._on_its_way, self._sent_at = None, picture, now
        return message(picture, rough, is_still=True)

    def _later(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.wake)
