"""One page that looks at the window: always the newest picture, never a queue of old ones, and only what changed."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deepvis.serve.adaptive_quality import AdaptiveQuality
from deepvis.serve.dirty_rectangles import BlockRect, dirty_rectangles, halved
from deepvis.serve.limits import (
    MESSAGES_A_SECOND,
    MESSAGES_AT_ONCE,
    UNACKNOWLEDGED_SECONDS,
    RateLimit,
)
from deepvis.serve.pictures import (
    STILL,
    CodedPiece,
    CodedRect,
    Coding,
    ServedPicture,
    blocks_in,
    changed_blocks,
    message,
    with_rects,
)
from deepvis.serve.refinement import Refinement

if TYPE_CHECKING:
    from aiohttp import web

SHORTEST_INTERVAL = 1 / 20  # between two pictures; the first after a key or the mouse does not wait for it
INTERVAL_PER_DRAWING = 1.6  # the same in times that the last picture took to be drawn: the network has the cores then
LONGEST_INTERVAL = 0.5  # on a slow network
RESERVED_SECONDS = 0.06  # after a key or a click until its answer has come, as a rule; until then nothing else is sent
MOVING_SECONDS = 0.25  # after a picture that plays: what can wait goes with the next one, as each message has its price
ALIVE_SECONDS = 2.0  # without anything to send, until the page is sent that the server is there
STILL_PIECE_COST = 40  # as PIECE_COST, of blocks in full quality, which take longer
WORDS_BLOCKS, WORDS_SHARE = 64, 0.06  # of a piece that is not shrunk: its most blocks, and bytes of what the link takes
SMALL_SHARE = 0.03  # of all blocks: fewer than that changed, as in a line of words, can wait


class InFlight(NamedTuple):
    """What a page has not drawn yet. begun_at: when its coding began. size: in bytes."""

    version: int
    begun_at: float
    sent_at: float
    size: int
    is_answer: bool  # of a key
    is_whole: bool  # as of ServedPicture


class Viewer:
    """name: the page's own, which it has after a reload too. newest: the picture of now. pieces: codes parts of one.

    may_control: False for one whose token lets it look on alone.
    rate: bytes a second of its link, if something is known of it.
    facts: what the page is to know beside the picture, a JSON object; sent when it changes.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        name: str,
        newest: Callable[[], ServedPicture | None],
        facts: Callable[[Viewer], dict[str, Any]],
        pieces: Callable[[ServedPicture, Sequence[CodedRect]], Awaitable[list[CodedPiece]]],
        *,
        may_control: bool = True,
        rate: float = float("inf"),
    ) -> None:
        self.socket, self.name, self.may_control = socket, name, may_control
        self.allowance = RateLimit(MESSAGES_A_SECOND, MESSAGES_AT_ONCE)
        self.frames_to_ask = 0  # of its camera
        self.uploading = asyncio.Lock()  # a photo of its page
        self._newest, self._facts, self._pieces = newest, facts, pieces
        self._wake = asyncio.Event()
        self._sent: ServedPicture | None = None  # what the page shows once it has drawn all that is on its way
        self._in_flight: deque[InFlight] = deque()
        self._refinement, self._quality = Refinement(), AdaptiveQuality(rate)
        self._sent_at = self._moved_at = self._drawn_at = self._reserved_until = float("-inf")
        self._interval = SHORTEST_INTERVAL
        self._sent_facts: dict[str, Any] = {}
        self._said_at = time.monotonic()  # when the page was last sent something
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Something may have to be sent."""
        self._wake.set()

    def acted(self) -> None:
        """The viewer pressed a key or a button: what comes of it is not to wait behind another picture."""
        now = time.monotonic()
        if now > self._reserved_until + RESERVED_SECONDS:  # what is pressed all the time does not hold all
            self._reserved_until = now + RESERVED_SECONDS

    def drawn(self, version: int, drawing: float) -> bool:
        """The page shows the picture of that version; True if it is the whole answer to a key.

        drawing: seconds that it took there.
        """
        if not self._in_flight or self._in_flight[0].version != version:
            return False
        sent, now = self._in_flight.popleft(), time.monotonic()
        self._interval = min(max(SHORTEST_INTERVAL, INTERVAL_PER_DRAWING * (now - sent.begun_at)), LONGEST_INTERVAL)
        if sent.sent_at >= self._drawn_at:  # else it had to wait for the one before it
            self._quality.took(sent.size, now - sent.sent_at - drawing)
        self._drawn_at = now
        self.wake()
        return sent.is_answer and sent.is_whole

    async def send_all(self) -> None:
        """Until the socket is closed: whatever there is to send, one after the other."""
        try:
            with suppress(ConnectionError):
                while not self.socket.closed:
                    await self._wake.wait()
                    self._wake.clear()
                    await self._send_newest()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def _send_newest(self) -> None:
        """Facts, what is asked of the camera, a picture: each where there is something new."""
        if (facts := self._facts(self)) != self._sent_facts:
            self._sent_facts = facts
            await self._say({"type": "facts", **facts})
        if self.frames_to_ask:
            asked, self.frames_to_ask = self.frames_to_ask, 0
            await self._say({"type": "frames", "count": asked})
        if (content := await self._next_message()) is not None:
            await self.socket.send_bytes(content)
            self._said_at = time.monotonic()
        if time.monotonic() - self._said_at > ALIVE_SECONDS:
            await self._say({"type": "alive"})

    async def _say(self, words: dict[str, Any]) -> None:
        await self.socket.send_str(json.dumps(words))
        self._said_at = time.monotonic()

    def is_unresponsive(self) -> bool:
        """True if it has not taken its picture for long."""
        return bool(self._in_flight) and time.monotonic() - self._in_flight[0].begun_at > UNACKNOWLEDGED_SECONDS

    async def _next_message(self) -> bytes | None:
        """The changes of now, if it is time for them; else what stands still, in full quality."""
        picture, now = self._newest(), time.monotonic()
        if picture is None:
            return None
        is_answer = self._sent is not None and picture.answers != self._sent.answers
        whole = sum(each.is_whole for each in self._in_flight)
        if (whole >= 2) if is_answer else self._in_flight:  # an answer does not wait until another picture is drawn
            return None
        if self._sent is None or picture.version != self._sent.version:
            wait = 0 if is_answer else max(self._sent_at + self._interval, self._reserved_until) - now
            if wait > 0:
                self._later(wait)
            elif (content := await self._changes(picture, now, is_answer=is_answer)) is not None:
                return content
        return None if self._in_flight else await self._refined_alone(now)

    async def _changes(self, picture: ServedPicture, now: float, *, is_answer: bool) -> bytes | None:
        """What differs from what was sent; None where nothing does, or little that can wait."""
        blocks = changed_blocks(self._sent, picture)
        is_small = np.count_nonzero(blocks) <= SMALL_SHARE * blocks.size
        if is_small and not is_answer and blocks.any() and self._is_moving(now):
            return None
        rects = self._to_send(picture, blocks)
        if not rects:
            return None
        if is_answer and not self._quality.is_lowered:  # the network waits, so that there are cores
            rects = halved(rects)
        self._refinement.sent_coarse(blocks.shape, rects, now)
        pieces = await self._coarse(picture, rects)
        if not is_answer:
            pieces += await self._refined(picture, now)
            self._moved_at = self._moved_at if is_small else now
        self._sent_at = now
        return self._message(picture, pieces, now, is_answer=is_answer)

    def _to_send(self, picture: ServedPicture, blocks: np.ndarray) -> list[BlockRect]:
        """Rectangles around the blocks that have changed, which count as sent. Of an early picture: in its areas."""
        before, limits = self._sent, self._quality.piece_limits
        if picture.is_whole or before is None or before.size != picture.size:
            self._sent = picture
            return dirty_rectangles(blocks, *limits)
        rects = dirty_rectangles(blocks & blocks_in(picture.early, blocks.shape), *limits)
        self._sent = with_rects(before, picture, rects)
        return rects

    async def _coarse(self, picture: ServedPicture, rects: list[BlockRect]) -> list[CodedPiece]:
        """Pieces in the quality of moving pictures, which becomes lower until the link takes them soon."""
        while True:
            pieces = await self._in_quality(picture, rects, *self._quality.now)
            size = sum(len(each.content) for each in pieces)
            if size <= self._quality.budget or not self._quality.lower(size):
                return pieces

    async def _in_quality(
        self, picture: ServedPicture, rects: list[BlockRect], quality: int, shrink: int
    ) -> list[CodedPiece]:
        """Pieces; small ones that have few bytes, as a line of words, are not shrunk."""
        small = [rect for rect in rects if shrink > 1 and rect[2] * rect[3] <= WORDS_BLOCKS]
        sharp = await self._pieces(picture, [(rect, Coding(quality, is_webp=True)) for rect in small])
        most_bytes = WORDS_SHARE * self._quality.budget
        words = {rect: each for rect, each in zip(small, sharp, strict=True) if len(each.content) <= most_bytes}
        others = [(rect, Coding(quality, shrink=shrink, is_webp=shrink > 1)) for rect in rects if rect not in words]
        return [*words.values(), *await self._pieces(picture, others)]

    async def _refined(self, picture: ServedPicture, now: float) -> list[CodedPiece]:
        """Pieces of what stands still, in full quality; as many as the link takes soon."""
        blocks = self._refinement.take_due(now, self._quality.budget / 2)
        rects = [] if blocks is None else dirty_rectangles(blocks, STILL_PIECE_COST)
        return await self._pieces(picture, [(rect, STILL) for rect in rects])

    async def _refined_alone(self, now: float) -> bytes | None:
        """What stands still in a message of its own, where nothing moves that it could go with."""
        if self._sent is None or (wait := self._refinement.due_in(now)) is None or self._is_moving(now):
            return None
        pieces = await self._refined(self._sent, now)
        if not pieces:
            self._later(wait)
        return self._message(self._sent, pieces, now) if pieces else None

    def _is_moving(self, now: float) -> bool:
        """A picture that plays was sent a moment ago. If so, it is looked again when that is over."""
        wait = self._moved_at + MOVING_SECONDS - now
        if wait > 0:
            self._later(wait)
        return wait > 0

    def _message(
        self, picture: ServedPicture, pieces: list[CodedPiece], now: float, *, is_answer: bool = False
    ) -> bytes:
        content = message(picture, pieces)
        version = picture.version & 0xFFFFFFFF
        self._in_flight.append(InFlight(version, now, time.monotonic(), len(content), is_answer, picture.is_whole))
        return content

    def _later(self, seconds: float) -> None:
        """Look again after so long, or earlier where that was asked for already."""
        loop = asyncio.get_running_loop()
        if self._timer is not None and not self._timer.cancelled():
            if loop.time() <= self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self.wake)
