"""Changed blocks, rectangles, and the message: what a page draws is what the window shows."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepvis.serve.adaptive_quality import SIZES, STEPS, TARGET_SECONDS, AdaptiveQuality
from deepvis.serve.dirty_rectangles import LARGE, MOST_PIECES, PIECE_COST, dirty_rectangles, halved
from deepvis.serve.pictures import (
    MESSAGE_HEADER,
    PIECE_HEADER,
    STILL,
    Coding,
    ServedPicture,
    changed_blocks,
    coded_piece,
    message,
    served_picture,
)
from deepvis.serve.refinement import BYTES_OF_BLOCK, LEAST_BLOCKS, MOST_BLOCKS, STILL_SECONDS, Refinement


def drawn(content: bytes, canvas: np.ndarray | None = None) -> np.ndarray:
    """What the page has after a message, (H, W, 3) BGR."""
    _, height, width, count = MESSAGE_HEADER.unpack_from(content)
    if canvas is None or canvas.shape[:2] != (height, width):
        canvas = np.zeros((height, width, 3), np.uint8)
    body = MESSAGE_HEADER.size + count * PIECE_HEADER.size
    for i in range(count):
        x, y, wide, tall, size = PIECE_HEADER.unpack_from(content, MESSAGE_HEADER.size + i * PIECE_HEADER.size)
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8, size, body), cv2.IMREAD_COLOR)
        assert bgr is not None
        canvas[y : y + tall, x : x + wide] = bgr
        body += size
    assert body == len(content)
    return canvas


def changes(before: ServedPicture | None, now: ServedPicture, coding: Coding) -> bytes:
    """The message from one picture to another."""
    return message(now, [coded_piece(now, rect, coding) for rect in dirty_rectangles(changed_blocks(before, now))])


def test_only_what_changed_is_sent() -> None:
    rng = np.random.default_rng(0)
    before = np.full((301, 507, 3), 40, np.uint8)
    after = before.copy()
    after[100:140, 200:260] = rng.integers(0, 255, (40, 60, 3), np.uint8)
    first, second = served_picture(before), served_picture(after)
    page = drawn(changes(None, first, Coding()))
    small = changes(first, second, STILL)
    page = drawn(small, page)
    assert len(dirty_rectangles(changed_blocks(first, second))) == 1
    assert np.abs(page.astype(int) - after).mean() < 2
    assert not changed_blocks(second, served_picture(after)).any()


def test_the_last_row_and_column_count() -> None:
    before = np.zeros((170, 333, 3), np.uint8)
    after = before.copy()
    after[-1, -1] = 255
    assert changed_blocks(served_picture(before), served_picture(after)).sum() == 1
    assert changed_blocks(served_picture(before), served_picture(before[:-1])).all()


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 10**6))
def test_dirty_rectangles_cover_all_and_are_few(rows: int, cols: int, share: float, seed: int) -> None:
    blocks = np.random.default_rng(seed).random((rows, cols)) < share
    covered = np.zeros_like(blocks)
    found = dirty_rectangles(blocks)
    for row, col, tall, wide in found:
        assert row + tall <= rows and col + wide <= cols
        covered[row : row + tall, col : col + wide] = True
    assert (covered | ~blocks).all()
    assert len(found) <= MOST_PIECES


def test_panes_that_lie_beside_each_other_are_few_pieces() -> None:
    blocks = np.zeros((58, 47), np.bool_)
    blocks[1:18, :9] = blocks[20:53, 12:36] = blocks[56, 40:] = True
    blocks[30, 15:30] = False  # less than what a piece costs
    assert sorted(dirty_rectangles(blocks)) == [(1, 0, 17, 9), (20, 12, 33, 24), (56, 40, 1, 7)]
    assert dirty_rectangles(np.zeros((3, 4), np.bool_)) == []
    blocks[:] = False
    blocks[0, 0] = blocks[5, 5] = True
    assert PIECE_COST > 36 - 2
    assert dirty_rectangles(blocks) == [(0, 0, 6, 6)]


def test_large_rectangles_become_two() -> None:
    assert halved([(0, 0, 3, 5), (4, 7, 29, 25)]) == [(0, 0, 3, 5), (4, 7, 14, 25), (18, 7, 15, 25)]
    assert halved([(0, 0, 1, LARGE + 1)]) == [(0, 0, 1, LARGE + 1)], "one row of blocks"


def test_what_stands_still_comes_once_more_in_portions() -> None:
    rough, shape = Refinement(), (40, 40)
    assert rough.take_due(0.0) is None and rough.due_in(0.0) is None
    rough.sent_coarse(shape, [(0, 0, 40, 40)], 10.0)
    rough.sent_coarse(shape, [(38, 0, 2, 40)], 10.4)  # this still moves
    assert rough.take_due(10.4) is None
    assert np.isclose(rough.due_in(10.4) or 0, STILL_SECONDS - 0.4)
    seen = np.zeros(shape, int)
    while (blocks := rough.take_due(10.0 + STILL_SECONDS)) is not None:
        assert 0 < blocks.sum() <= MOST_BLOCKS
        seen += blocks
    assert (seen[:38] == 1).all() and (seen[38:] == 0).all()
    assert (taken_last := rough.take_due(11.0)) is not None and taken_last.sum() == 80
    assert rough.due_in(11.0) is None
    rough.sent_coarse((1, 2000), [(0, 0, 1, 2000)], 20.0)
    assert (row := rough.take_due(30.0)) is not None and row.sum() == MOST_BLOCKS


def test_the_quality_follows_a_slow_link_and_comes_back() -> None:
    quality = AdaptiveQuality()
    assert quality.now == STEPS[0] and quality.budget == float("inf")
    for _ in range(20):
        quality.took(150_000, 0.05)
    assert quality.now == STEPS[0] and quality.budget > 150_000
    for _ in range(20):
        quality.took(150_000, 1.5)
    assert 45_000 < quality.budget < 55_000  # of 100 kB/s
    while quality.lower(10**9):
        pass
    assert quality.now == STEPS[-1]
    quality.took(2_000, 5.0)  # few bytes say nothing of the rate
    assert quality.now == STEPS[-1]
    for _ in range(len(STEPS) + 20):
        quality.took(8_000, 0.06)
    assert quality.now == STEPS[0]


def test_a_picture_that_is_much_too_large_is_not_coded_in_every_step() -> None:
    quality = AdaptiveQuality(60_000.0)  # 30 kB a picture
    assert quality.lower(580_000) and quality.now == (40, 3)  # of 45 kB, as measured; the next has 27
    assert quality.lower(45_000) and quality.now == (40, 4)
    assert quality.lower(31_000) and quality.now == STEPS[-1]
    assert not quality.lower(31_000)
    assert len(SIZES) == len(STEPS) and list(SIZES) == sorted(SIZES, reverse=True)


def test_what_is_known_of_the_link_counts_from_the_first_picture() -> None:
    assert AdaptiveQuality(20_000.0).budget == 20_000 * TARGET_SECONDS
    rows = Refinement()
    rows.sent_coarse((40, 10), [(0, 0, 40, 10)], 0.0)
    taken = rows.take_due(1.0, 25 * BYTES_OF_BLOCK)
    assert taken is not None and taken.sum() == 25
    taken = rows.take_due(1.0, 1.0)
    assert taken is not None and taken.sum() == LEAST_BLOCKS


def test_words_on_a_slow_link_have_a_third_of_the_bytes_as_webp() -> None:
    bgr = np.full((32, 640, 3), 20, np.uint8)
    cv2.putText(
        bgr, "conv1  pool1  norm1  conv2", (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (220, 220, 220), 1, cv2.LINE_AA
    )
    picture = served_picture(bgr)
    for quality, shrink in STEPS[4:]:
        pieces = [
            coded_piece(picture, (0, 0, 2, 20), Coding(quality, shrink=shrink, is_webp=each)) for each in (False, True)
        ]
        assert len(pieces[1].content) < len(pieces[0].content) / 2
        as_shown = [cv2.imdecode(np.frombuffer(each.content, np.uint8), cv2.IMREAD_COLOR) for each in pieces]
        assert as_shown[0] is not None and as_shown[1] is not None and as_shown[0].shape == as_shown[1].shape
        assert np.abs(as_shown[0].astype(int) - as_shown[1]).mean() < 12


def test_a_step_that_is_better_is_taken_where_the_link_has_room_for_it() -> None:
    quality = AdaptiveQuality(100_000.0)
    assert quality.lower(300_000) and quality.now == (40, 1)
    assert quality.lower(156_000) and quality.now == (82, 2)
    for _ in range(9):
        quality.took(20_000, 0.2)  # twice would have room, but with all pixels it has almost four times
    assert quality.now == (82, 2)
    for _ in range(9):
        quality.took(10_000, 0.1)
    assert quality.now[1] == 1


def test_a_shrunk_piece_says_how_large_it_is_to_be_drawn() -> None:
    rng = np.random.default_rng(0)
    picture = served_picture(cv2.resize(rng.integers(0, 255, (10, 16, 3), np.uint8), (512, 320)))
    whole, shrunk = (coded_piece(picture, (0, 0, 20, 16), Coding(40, shrink=shrink)) for shrink in (1, 4))
    assert (shrunk.width, shrunk.height) == (whole.width, whole.height) == (512, 320)
    assert len(shrunk.content) < len(whole.content) / 3
    small = cv2.imdecode(np.frombuffer(shrunk.content, np.uint8), cv2.IMREAD_COLOR)
    assert small is not None and small.shape == (80, 128, 3)
