"""Pieces of pictures, each coded once for all viewers: in threads of their own, so that the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

from deepvis.serve.pictures import CodedPiece, CodedRect, ServedPicture, coded_piece

THREADS = 2
MOST_BLOCKS_IN_LOOP = 128  # 0.25 ms; handing on takes 0.04, and up to 1 where the window's thread is at work


class SharedPieces:
    """Keeps the pieces of a picture as long as somebody holds that: the hub the newest, a viewer what it was sent."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "serve-coding")
        # of each piece: what its batch will give, and where it is in that
        self._coded: WeakKeyDictionary[ServedPicture, dict[CodedRect, tuple[asyncio.Future[list[CodedPiece]], int]]]
        self._coded = WeakKeyDictionary()

    async def get(self, picture: ServedPicture, wanted: Sequence[CodedRect]) -> list[CodedPiece]:
        """The pieces in that order; those that nobody has asked for are coded."""
        coded = self._coded.setdefault(picture, {})
        if missing := [each for each in dict.fromkeys(wanted) if each not in coded]:
            for part in shares(missing):
                batch = self._begun(picture, part)
                coded.update({each: (batch, at) for at, each in enumerate(part)})
        try:
            # shielded: a page that leaves does not take the batch from the others
            return [(await asyncio.shield(batch))[at] for batch, at in [coded[each] for each in wanted]]
        except Exception:
            self._coded.pop(picture, None)
            raise

    def close(self) -> None:
        """End the threads; what they have begun is waited for."""
        self._threads.shutdown(cancel_futures=True)

    def _begun(self, picture: ServedPicture, wanted: list[CodedRect]) -> asyncio.Future[list[CodedPiece]]:
        loop = asyncio.get_running_loop()
        if blocks_of(wanted) > MOST_BLOCKS_IN_LOOP:
            return loop.run_in_executor(self._threads, _pieces, picture, wanted)
        done = loop.create_future()
        done.set_result(_pieces(picture, wanted))
        return done


def shares(wanted: list[CodedRect]) -> list[list[CodedRect]]:
    """What each thread codes, about as much as the other; little goes as a whole."""
    if blocks_of(wanted) <= MOST_BLOCKS_IN_LOOP:
        return [wanted]
    found: list[list[CodedRect]] = [[] for _ in range(THREADS)]
    for each in sorted(wanted, key=lambda one: blocks_of([one]), reverse=True):
        min(found, key=blocks_of).append(each)
    return [part for part in found if part]


def blocks_of(wanted: Sequence[CodedRect]) -> int:
    """How many blocks they cover."""
    return sum(rect[2] * rect[3] for rect, _ in wanted)


def _pieces(picture: ServedPicture, wanted: list[CodedRect]) -> list[CodedPiece]:
    return [coded_piece(picture, rect, coding) for rect, coding in wanted]
