"""One page that looks at the window: always the newest picture, never a queue of old ones, and only what changed."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deepvis.serve.covering import BlockRect, rectangles
from deepvis.serve.limits import (
    MESSAGES_A_SECOND,
    MESSAGES_AT_ONCE,
    SILENT_SECONDS,
    RateLimit,
)
from deepvis.serve.live_quality import LiveQuality
from deepvis.serve.pictures import STILL, Coding, ServedPicture, changed_blocks, message
from deepvis.serve.rough_blocks import RoughBlocks

if TYPE_CHECKING:
    from aiohttp import web

LIVE_SECONDS = 1 / 20  # between two pictures; the first after a key or the mouse does not wait for it
PAUSE = 1.6  # the same in times that the last picture took to be drawn: the network has the cores in between
LONGEST_PAUSE = 0.5  # on a slow network
ANSWER_SECONDS = 0.06  # after a key or a click until its answer has come, as a rule; until then nothing else is sent


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
        coded: Callable[[ServedPicture | None, ServedPicture, list[BlockRect], Coding], bytes],
    ) -> None:
        self.socket, self.name = socket, name
        self.allowance = RateLimit(MESSAGES_A_SECOND, MESSAGES_AT_ONCE)
        self.frames_to_ask = 0  # of its camera
        self._newest, self._facts, self._coded = newest, facts, coded
        self._wake = asyncio.Event()
        self._sent: ServedPicture | None = None  # what the page shows once it has drawn all that is on its way
        self._on_its_way: deque[tuple[int, float]] = deque()  # version and time of what it has not drawn yet
        self._rough, self._quality = RoughBlocks(), LiveQuality()
        self._sent_at = self._held_until = float("-inf")
        self._pause = LIVE_SECONDS
        self._sent_facts: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Something may have to be sent."""
        self._wake.set()

    def acted(self) -> None:
        """The viewer pressed a key or a button: what comes of it is not to wait behind another picture."""
        now = time.monotonic()
        if now > self._held_until + ANSWER_SECONDS:  # what is pressed all the time does not hold all
            self._held_until = now + ANSWER_SECONDS

    def drawn(self, version: int, drawing: float) -> None:
        """The page shows the picture of that version. drawing: seconds that it took there."""
        if self._on_its_way and self._on_its_way[0][0] == version:
            seconds = time.monotonic() - self._on_its_way.popleft()[1]
            self._pause = min(max(LIVE_SECONDS, PAUSE * seconds), LONGEST_PAUSE)
            self._quality.took(seconds - drawing)
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
        return bool(self._on_its_way) and time.monotonic() - self._on_its_way[0][1] > SILENT_SECONDS

    def _next_message(self) -> bytes | None:
        """The changes of now, if it is time for them; else what stands still, in full quality."""
        picture, now = self._newest(), time.monotonic()
        if picture is None:
            return None
        is_answer = self._sent is not None and picture.answers != self._sent.answers
        if len(self._on_its_way) >= (2 if is_answer else 1):  # an answer does not wait until another picture is drawn
            return None
        if picture is not self._sent:
            wait = 0 if is_answer else max(self._sent_at + self._pause, self._held_until) - now
            if wait > 0:
                self._later(wait)
            elif (content := self._changes(picture, now)) is not None:
                return content
        return None if self._on_its_way else self._full_quality(now)

    def _changes(self, picture: ServedPicture, now: float) -> bytes | None:
        blocks = changed_blocks(self._sent, picture)
        before, self._sent = self._sent, picture
        if not blocks.any():
            return None
        pieces = rectangles(blocks)
        self._rough.sent_live(blocks.shape, pieces, now)
        self._sent_at = now
        self._on_its_way.append((picture.version & 0xFFFFFFFF, now))
        return self._coded(before, picture, pieces, Coding(self._quality.now))

    def _full_quality(self, now: float) -> bytes | None:
        if self._sent is None or (blocks := self._rough.take(now)) is None:
            if (wait := self._rough.due_in(now)) is not None:
                self._later(wait)
            return None
        self._on_its_way.append((self._sent.version & 0xFFFFFFFF, now))
        return message(self._sent, rectangles(blocks), STILL)

    def _later(self, seconds: float) -> None:
        """Look again after so long, or earlier where that was asked for already."""
        loop = asyncio.get_running_loop()
        if self._timer is not None and not self._timer.cancelled():
            if loop.time() <= self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self.wake)
