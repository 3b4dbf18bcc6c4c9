"""Changed blocks, rectangles, and the message: what a page draws is what the window shows."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepvis.serve.pictures import (
    HEADER,
    MOST_PIECES,
    PIECE,
    changed_blocks,
    message,
    rectangles,
    taken,
)


def drawn(content: bytes, canvas: np.ndarray | None = None) -> np.ndarray:
    """What the page has after a message, (H, W, 3) BGR."""
    _, height, width, count = HEADER.unpack_from(content)
    if canvas is None or canvas.shape[:2] != (height, width):
        canvas = np.zeros((height, width, 3), np.uint8)
    body = HEADER.size + count * PIECE.size
    for i in range(count):
        x, y, wide, tall, size = PIECE.unpack_from(content, HEADER.size + i * PIECE.size)
        piece = cv2.imdecode(np.frombuffer(content, np.uint8, size, body), cv2.IMREAD_COLOR)
        assert piece is not None
        canvas[y : y + tall, x : x + wide] = piece
        body += size
    assert body == len(content)
    return canvas


def test_only_what_changed_is_sent() -> None:
    rng = np.random.default_rng(0)
    before = np.full((301, 507, 3), 40, np.uint8)
    after = before.copy()
    after[100:140, 200:260] = rng.integers(0, 255, (40, 60, 3), np.uint8)
    first, second = taken(before), taken(after)
    page = drawn(message(first, changed_blocks(None, first)))
    small = message(second, changed_blocks(first, second), is_still=True)
    page = drawn(small, page)
    assert len(rectangles(changed_blocks(first, second))) == 1
    assert np.abs(page.astype(int) - after).mean() < 2
    assert not changed_blocks(second, taken(after)).any()


def test_the_last_row_and_column_count() -> None:
    before = np.zeros((170, 333, 3), np.uint8)
    after = before.copy()
    after[-1, -1] = 255
    assert changed_blocks(taken(before), taken(after)).sum() == 1
    assert changed_blocks(taken(before), taken(before[:-1])).all()


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 10**6))
def test_rectangles_cover_all_and_are_few(rows: int, cols: int, share: float, seed: int) -> None:
    blocks = np.random.default_rng(seed).random((rows, cols)) < share
    covered = np.zeros_like(blocks)
    found = rectangles(blocks)
    for row, col, tall, wide in found:
        assert row + tall <= rows and col + wide <= cols
        covered[row : row + tall, col : col + wide] = True
    assert (covered | ~blocks).all()
    assert len(found) <= MOST_PIECES
