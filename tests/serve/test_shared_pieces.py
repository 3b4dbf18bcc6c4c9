"""Each piece of a picture is coded once for all viewers, beside the event loop, and kept as long as the picture is."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from deepvis.serve import shared_pieces
from deepvis.serve.pictures import (
    COLS,
    ROWS,
    STILL,
    CodedPiece,
    CodedRect,
    Coding,
    ServedPicture,
    coded_piece,
    served_picture,
)
from deepvis.serve.shared_pieces import MOST_BLOCKS_IN_LOOP, SharedPieces, shares

SMALL: list[CodedRect] = [((row, 0, 1, 2), Coding()) for row in range(17)]
LARGE: list[CodedRect] = [((0, 0, 17, 20), STILL)]
Work = Callable[[SharedPieces, ServedPicture], Coroutine[Any, Any, None]]


@pytest.fixture
def threads_of_coding(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the thread in which each piece was coded."""
    names: list[str] = []

    def noted(*arguments: Any) -> CodedPiece:
        names.append(threading.current_thread().name)
        return coded_piece(*arguments)

    monkeypatch.setattr(shared_pieces, "coded_piece", noted)
    return names


def with_picture(work: Work) -> None:
    async def all_of_it() -> None:
        shared = SharedPieces()
        noise = np.random.default_rng(0).integers(0, 255, (17 * ROWS, 20 * COLS, 3), np.uint8)
        await work(shared, served_picture(noise))
        shared.close()

    with ThreadPoolExecutor(1) as threads:  # playwright's loop may run in this one
        threads.submit(asyncio.run, all_of_it()).result()


def test_seventeen_pieces_for_two_viewers_are_coded_seventeen_times(threads_of_coding: list[str]) -> None:
    async def work(shared: SharedPieces, picture: ServedPicture) -> None:
        first = await shared.get(picture, SMALL)
        assert await shared.get(picture, SMALL[::-1]) == first[::-1]
        assert first == [coded_piece(picture, rect, coding) for rect, coding in SMALL]

    with_picture(work)
    assert len(threads_of_coding) == 17


def test_large_ones_are_coded_beside_the_loop_and_once_though_a_page_leaves(threads_of_coding: list[str]) -> None:
    assert LARGE[0][0][2] * LARGE[0][0][3] > MOST_BLOCKS_IN_LOOP

    async def work(shared: SharedPieces, picture: ServedPicture) -> None:
        leaves, stays = (asyncio.create_task(shared.get(picture, LARGE)) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        assert await stays == [coded_piece(picture, *LARGE[0])]

    with_picture(work)
    assert len(threads_of_coding) == 1 and threads_of_coding[0].startswith("serve-coding")


def test_large_ones_are_shared_by_the_threads() -> None:
    sizes = (900, 30, 800, 60, 5)
    both = shares([((0, 0, 1, size), Coding()) for size in sizes])
    assert [[rect[3] for rect, _ in part] for part in both] == [[900], [800, 60, 30, 5]]
    assert shares(SMALL[:3]) == [SMALL[:3]]


def test_pieces_go_with_their_picture(threads_of_coding: list[str]) -> None:
    async def work(shared: SharedPieces, picture: ServedPicture) -> None:
        for _ in range(3):
            replaced = served_picture(picture.bgr)
            await shared.get(replaced, LARGE + SMALL)
        del replaced
        await shared.get(picture, SMALL)
        gc.collect()
        assert len(shared._coded) == 1

    with_picture(work)


def test_what_could_not_be_coded_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> CodedPiece:
        raise MemoryError("no memory for a piece")

    async def work(shared: SharedPieces, picture: ServedPicture) -> None:
        with monkeypatch.context() as failure:
            failure.setattr(shared_pieces, "coded_piece", failing)
            with pytest.raises(MemoryError):
                await shared.get(picture, LARGE)
        assert len(await shared.get(picture, LARGE)) == 1

    with_picture(work)
