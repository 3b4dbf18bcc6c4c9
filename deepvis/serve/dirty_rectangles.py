"""Dirty rectangles: few that cover the changed blocks of a picture, found by cutting, as panes lie. Pure."""

from __future__ import annotations

import numpy as np

PIECE_COST = 120  # blocks: so many unchanged ones are sent along rather than one more piece, 0.8 ms of a page's work
MOST_PIECES = 60
LARGE = 500  # blocks: a page decodes two halves beside each other
BlockRect = tuple[int, int, int, int]  # row, col, height, width, in blocks


def dirty_rectangles(
    blocks: np.ndarray, piece_cost: int = PIECE_COST, most_pieces: int = MOST_PIECES
) -> list[BlockRect]:
    """Cover every True one of (rows, columns) of blocks, and few others.

    What lies around all True ones is cut in two, from edge to edge, where that leaves out the most blocks, and each
    half again, as long as a cut leaves out more than a piece costs. At most most_pieces.
    """
    cost = max(piece_cost, blocks.size // most_pieces)
    done: list[BlockRect] = []
    todo = [(0, 0, blocks)]
    while todo:
        row, col, part = todo.pop()
        rows, cols = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        if not len(rows):
            continue
        row, col = row + int(rows[0]), col + int(cols[0])
        part = part[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        if part.size - np.count_nonzero(part) <= cost:  # no cut can leave out more
            done.append((row, col, *part.shape))
            continue
        (by_rows, across), (by_cols, down) = _best_cut(part), _best_cut(part.T)
        if max(by_rows, by_cols) <= cost:
            done.append((row, col, *part.shape))
        elif by_rows >= by_cols:
            todo += [(row, col, part[:across]), (row + across, col, part[across:])]
        else:
            todo += [(row, col, part[:, :down]), (row, col + down, part[:, down:])]
    return done


def halved(rects: list[BlockRect]) -> list[BlockRect]:
    """The same with large ones in two, so that two threads code them, and two of the page decode them."""
    found = []
    for row, col, tall, wide in rects:
        upper = tall // 2 if tall * wide > LARGE else 0
        found += [(row, col, upper, wide)] if upper else []
        found.append((row + upper, col, tall - upper, wide))
    return found


def _best_cut(part: np.ndarray) -> tuple[int, int]:
    """(blocks that it leaves out, the first row below) of the best cut between two rows; (0, 0) if there is none."""
    tall, wide = part.shape
    if tall < 2:
        return 0, 0
    has = part.any(axis=1)
    left = np.where(has, part.argmax(axis=1), wide)
    right = np.where(has, wide - part[:, ::-1].argmax(axis=1), 0)
    rows = np.arange(tall)
    top, bottom = np.where(has, rows, tall), np.where(has, rows + 1, 0)
    above = _widths(left, right) * np.maximum.accumulate(bottom)
    below = (_widths(left[::-1], right[::-1]) * (tall - np.minimum.accumulate(top[::-1])))[::-1]
    kept = above[:-1] + below[1:]
    at = int(kept.argmin())
    return tall * wide - int(kept[at]), at + 1


def _widths(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of what lies around the first row, the first two, ... of rows that begin and end there."""
    widths: np.ndarray = np.maximum.accumulate(right) - np.minimum.accumulate(left)
    return widths
