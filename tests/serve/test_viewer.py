"""What one page is sent, and when: the newest picture, one at a time, only what changed, and answers at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest

from deepvis.core.geometry import Rect
from deepvis.serve import viewer as viewers
from deepvis.serve.adaptive_quality import TARGET_SECONDS
from deepvis.serve.pictures import (
    MESSAGE_HEADER,
    PIECE_HEADER,
    CodedPiece,
    CodedRect,
    ServedPicture,
    coded_piece,
    served_picture,
)
from deepvis.serve.viewer import Viewer

HEIGHT, WIDTH = 320, 640
TOP = Rect(0, 0, 9, WIDTH)


async def pieces(picture: ServedPicture, wanted: Sequence[CodedRect]) -> list[CodedPiece]:
    return [coded_piece(picture, rect, coding) for rect, coding in wanted]


class Socket:
    """Keeps what is sent."""

    closed = False

    def __init__(self) -> None:
        self.pictures: list[bytes] = []
        self.words: list[str] = []  # the types of what is no picture

    async def send_bytes(self, content: bytes) -> None:
        self.pictures.append(content)

    async def send_str(self, text: str) -> None:
        self.words.append(json.loads(text)["type"])


class Watched:
    """A viewer, and the picture that the window shows. drawn: so many of its messages were acknowledged."""

    def __init__(self) -> None:
        self.socket: Any = Socket()
        self.newest: ServedPicture | None = None
        self.viewer = Viewer(self.socket, "a", lambda: self.newest, lambda _: {}, pieces)
        self.drawn = 0
        self._bgr = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

    def show(
        self,
        value: int,
        *,
        rows: slice = slice(None),
        cols: slice = slice(None),
        answers: int = 0,
        early: Sequence[Rect] = (),
    ) -> int:
        """The window shows another picture, which differs in some rows and columns; its version."""
        self._bgr[rows, cols] = value
        self.newest = served_picture(self._bgr, answers, early)
        self.viewer.wake()
        return self.newest.version

    def draw(self) -> bool:
        """The page has drawn the next picture; True if it is the whole answer to a key."""
        version = MESSAGE_HEADER.unpack_from(self.socket.pictures[self.drawn])[0]
        self.drawn += 1
        return self.viewer.drawn(version, 0.0)

    def sent(self) -> list[int]:
        """The versions, in order."""
        return [MESSAGE_HEADER.unpack_from(content)[0] for content in self.socket.pictures]

    def rows_of(self, at: int) -> list[tuple[int, int]]:
        """(first row, height) of the pieces of a message."""
        return [(y, tall) for _, y, _, tall in self.rects_of(at)]

    def rects_of(self, at: int) -> list[tuple[int, int, int, int]]:
        """(x, y, width, height) of the pieces of a message."""
        content = self.socket.pictures[at]
        count = MESSAGE_HEADER.unpack_from(content)[3]
        return [
            PIECE_HEADER.unpack_from(content, MESSAGE_HEADER.size + i * PIECE_HEADER.size)[:4] for i in range(count)
        ]


def decoded_pieces(content: bytes) -> Iterator[tuple[tuple[int, int, int, int], np.ndarray]]:
    """(x, y, width, height) of each piece of a message, and its pixels."""
    count = MESSAGE_HEADER.unpack_from(content)[3]
    at = MESSAGE_HEADER.size + count * PIECE_HEADER.size
    for i in range(count):
        *rect, size = PIECE_HEADER.unpack_from(content, MESSAGE_HEADER.size + i * PIECE_HEADER.size)
        found = cv2.imdecode(np.frombuffer(content, np.uint8, size, at), cv2.IMREAD_COLOR)
        assert found is not None
        yield (rect[0], rect[1], rect[2], rect[3]), found
        at += size


def watched(work: Callable[[Watched], Awaitable[None]]) -> None:
    async def run() -> None:
        one = Watched()
        sending = asyncio.create_task(one.viewer.send_all())
        await work(one)
        sending.cancel()

    with ThreadPoolExecutor(1) as threads:  # playwright's loop may run in this one
        threads.submit(lambda: asyncio.run(run())).result()


async def soon() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "SHORTEST_INTERVAL", 0.0)
    monkeypatch.setattr(viewers, "INTERVAL_PER_DRAWING", 0.0)


def test_never_a_queue_and_always_the_newest() -> None:
    async def work(one: Watched) -> None:
        first = one.show(1)
        await soon()
        for value in range(2, 9):
            last = one.show(value)
            await soon()
        assert one.sent() == [first]  # it has not drawn that yet
        one.draw()
        await soon()
        assert one.sent() == [first, last]

    watched(work)


def test_an_answer_waits_for_no_other_picture_but_not_for_ever_more_of_them() -> None:
    async def work(one: Watched) -> None:
        first = one.show(1)
        await soon()
        one.show(2)
        answer = one.show(3, answers=1)
        await soon()
        assert one.sent() == [first, answer]
        one.show(4, answers=2)
        last = one.show(5, answers=2)  # it comes after an answer that has not been sent
        await soon()
        assert one.sent() == [first, answer]
        one.draw()
        await soon()
        assert one.sent() == [first, answer, last]

    watched(work)


def test_what_shows_a_key_at_once_comes_first_and_the_whole_answer_waits_for_nothing() -> None:
    async def work(one: Watched) -> None:
        first = one.show(1)
        await soon()
        one.show(2)  # it has to wait for the first
        early = one.show(3, rows=slice(0, 9), answers=1, early=[TOP])
        await soon()
        whole = one.show(4, rows=slice(48, HEIGHT), answers=2)
        await soon()
        assert one.sent() == [first, early, whole]
        assert [one.rows_of(at) for at in (1, 2)] == [[(0, 16)], [(16, HEIGHT - 16)]]
        one.show(5, answers=3, early=[TOP])
        await soon()
        assert len(one.sent()) == 3, "two whole pictures are on their way"
        assert [one.draw() for _ in range(3)] == [False, False, True]

    watched(work)


def test_a_page_ends_up_with_the_true_picture_whatever_came_early() -> None:
    """The pieces of all messages, laid over each other as a page does, are the window."""
    generator = np.random.default_rng(0)

    async def work(one: Watched) -> None:
        shown, answers = np.zeros((HEIGHT, WIDTH), int), 0
        for _ in range(60):
            top, left = int(generator.integers(0, HEIGHT - 50)), int(generator.integers(0, WIDTH - 90))
            answers += 1
            is_early = bool(generator.integers(0, 2))
            area = Rect(int(generator.integers(0, HEIGHT - 40)), 0, 40, int(generator.integers(1, WIDTH)))
            rows, cols = slice(top, top + 50), slice(left, left + 90)
            one.show(int(generator.integers(0, 255)), rows=rows, cols=cols, answers=answers, early=[area] * is_early)
            await soon()
            if generator.integers(0, 3):
                while one.drawn < len(one.socket.pictures):
                    one.draw()
                await soon()
        one.show(0, rows=slice(0, 0), answers=answers + 1)
        for _ in range(4):
            while one.drawn < len(one.socket.pictures):
                one.draw()
            await soon()
        for content in one.socket.pictures:
            for (x, y, wide, tall), piece_bgr in decoded_pieces(content):
                shown[y : y + tall, x : x + wide] = piece_bgr.mean(axis=2)
        assert one.newest is not None
        assert np.abs(shown - one.newest.bgr.mean(axis=2)).max() < 40, "JPEG's own error"

    watched(work)


@pytest.mark.parametrize(("seconds", "is_held"), [(1000.0, True), (0.0, False)])
def test_before_an_answer_nothing_else_is_sent(monkeypatch: pytest.MonkeyPatch, seconds: float, is_held: bool) -> None:
    monkeypatch.setattr(viewers, "RESERVED_SECONDS", seconds)

    async def work(one: Watched) -> None:
        first = one.show(1)
        await soon()
        one.draw()
        one.viewer.acted()
        other = one.show(2)
        await soon()
        assert one.sent() == ([first] if is_held else [first, other])
        answer = one.show(3, answers=1)
        await soon()
        assert one.sent()[-1] == answer

    watched(work)


def test_what_is_pressed_all_the_time_holds_nothing_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "RESERVED_SECONDS", 0.05)

    async def work(one: Watched) -> None:
        one.show(1)
        await soon()
        one.draw()
        value = 1
        while len(one.sent()) < 3:
            one.viewer.acted()
            value = value % 200 + 1
            one.show(value)
            await asyncio.sleep(0.005)
            while one.drawn < len(one.sent()):
                one.draw()

    watched(work)


def test_what_did_not_change_is_not_sent_again() -> None:
    async def work(one: Watched) -> None:
        one.show(1)
        await soon()
        one.draw()
        one.show(200, rows=slice(32, 48))
        await soon()
        assert one.rows_of(0) == [(0, HEIGHT)]
        assert one.rows_of(1) == [(32, 16)]
        one.draw()
        one.show(200)
        one.show(200, rows=slice(0, 5))  # the same picture again, but for what has been sent
        await soon()
        assert one.rows_of(2) == [(0, 32), (48, HEIGHT - 48)] or one.rows_of(2) == [(0, HEIGHT)]

    watched(work)


def test_what_stands_still_comes_again_in_full_quality_while_something_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepvis.serve.refinement.STILL_SECONDS", 0.05)

    async def work(one: Watched) -> None:
        one.show(1)
        await soon()
        one.draw()
        for value in range(40):
            one.show(value, rows=slice(304, 320))
            await asyncio.sleep(0.01)
            while one.drawn < len(one.socket.pictures):
                one.draw()
                await soon()
        pieces = [rect for i in range(1, len(one.socket.pictures)) for rect in one.rects_of(i)]
        area = sum(wide * tall for _, top, wide, tall in pieces if top != 304)
        assert 304 * WIDTH <= area < 1.2 * 304 * WIDTH  # once each, but for what portions share
        assert len(one.sent()) == len(set(one.sent()))  # in no messages of their own, as long as it moves

    watched(work)


def test_what_can_wait_goes_with_the_next_picture_that_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "MOVING_SECONDS", 1000.0)

    async def work(one: Watched) -> None:
        sent = [one.show(1)]
        await soon()
        one.draw()
        a_word: Any = {"rows": slice(0, 16), "cols": slice(0, 96)}  # 3 blocks of 400
        one.show(2, **a_word)
        await soon()
        assert one.sent() == sent
        sent.append(one.show(3, rows=slice(160, None)))
        await soon()
        assert one.sent() == sent and sorted(one.rows_of(1)) == [(0, 16), (160, 160)]
        one.draw()
        sent.append(one.show(4, **a_word, answers=1))
        await soon()
        assert one.sent() == sent

    watched(work)


def test_on_a_slow_link_a_picture_is_as_small_as_it_takes_soon_and_words_stay_sharp() -> None:
    rng = np.random.default_rng(0)

    async def work(one: Watched) -> None:
        one.viewer = Viewer(one.socket, "a", lambda: one.newest, lambda _: {}, pieces, rate=20_000.0)
        sending = asyncio.create_task(one.viewer.send_all())
        for _ in range(12):
            one._bgr[:160] = rng.integers(0, 255, (160, WIDTH, 3), np.uint8)
            one.show(int(rng.integers(0, 255)), rows=slice(304, 320), cols=slice(0, 96))
            await soon()
            one.draw()
        sending.cancel()
        sizes = [len(content) for content in one.socket.pictures]
        assert sizes[0] < TARGET_SECONDS * 20_000 and max(sizes) > 3 * sizes[0]  # the page has drawn them at once

    watched(work)


def test_a_page_hears_that_the_server_is_there_where_there_is_nothing_else_to_send(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(viewers, "ALIVE_SECONDS", 1000.0)

    async def work(one: Watched) -> None:
        one.show(50)
        while not one.sent():
            await asyncio.sleep(0.01)
        one.viewer.wake()
        await asyncio.sleep(0.05)
        assert one.socket.words == []
        monkeypatch.setattr(viewers, "ALIVE_SECONDS", 0.01)
        await asyncio.sleep(0.02)
        one.viewer.wake()
        while not one.socket.words:
            await asyncio.sleep(0.01)
        assert one.socket.words[0] == "alive"

    watched(work)
