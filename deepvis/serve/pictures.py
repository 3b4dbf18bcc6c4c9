"""What changed between two pictures of the window, as rectangles, and these as one message of JPEG pieces. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import count, pairwise

import cv2
import numpy as np

ROWS, COLS = 16, 32  # of a block; whole units of JPEG's, so that a piece does not blur into its neighbour
WORDS = COLS * 3 // 8  # of 64 bits in a row of a block
MOST_PIECES = 24
LIVE_QUALITY, STILL_QUALITY = 82, 94  # while it moves, colours at half the resolution; of what stands still, all
HEADER, PIECE = struct.Struct("<IHHH"), struct.Struct("<HHHHI")
_versions = count(1)


@dataclass(frozen=True, eq=False)
class ServedPicture:
    """A picture of the window. bgr: (H, W, 3) uint8 inside an array of whole blocks. version: rises."""

    bgr: np.ndarray
    blocks: np.ndarray  # (rows of pixels, 64-bit words), the same memory, padded
    version: int

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.bgr.shape[0], self.bgr.shape[1]


def taken(bgr: np.ndarray) -> ServedPicture:
    """A copy of a picture, (H, W, 3) uint8."""
    height, width = bgr.shape[:2]
    tall, wide = -(-height // ROWS) * ROWS, -(-width // COLS) * COLS
    padded = np.empty((tall, wide, 3), np.uint8)
    padded[:height, :width] = bgr
    padded[height:] = 0
    padded[:height, width:] = 0
    return ServedPicture(padded[:height, :width], padded.reshape(tall, -1).view(np.uint64), next(_versions))


def changed_blocks(before: ServedPicture | None, now: ServedPicture) -> np.ndarray:
    """(rows, columns) of blocks, True where the two differ; all where there is none before, or of another size."""
    tall, words = now.blocks.shape
    if before is None or before.size != now.size:
        return np.ones((tall // ROWS, words // WORDS), np.bool_)
    differs = (before.blocks != now.blocks).reshape(tall // ROWS, ROWS, words)
    in_rows: np.ndarray = np.logical_or.reduce(differs, axis=1)
    found: np.ndarray = np.logical_or.reduce(in_rows.reshape(tall // ROWS, words // WORDS, WORDS), axis=2)
    return found


def rectangles(blocks: np.ndarray) -> list[tuple[int, int, int, int]]:
    """(row, col, height, width) in blocks that cover every True one, and few others; at most MOST_PIECES."""
    open_runs: dict[tuple[int, int], int] = {}  # (first column, column behind the last) -> first row
    done: list[tuple[int, int, int, int]] = []
    for row in range(len(blocks) + 1):
        runs = _runs(blocks[row]) if row < len(blocks) else set()
        for (left, right), top in [item for item in open_runs.items() if item[0] not in runs]:
            done.append((top, left, row - top, right - left))
            del open_runs[left, right]
        for run in runs:
            open_runs.setdefault(run, row)
    return done if len(done) <= MOST_PIECES else _fewer(done)


def _runs(row: np.ndarray) -> set[tuple[int, int]]:
    """(first, behind the last) of the runs of True; gaps of two blocks are bridged."""
    places = np.flatnonzero(row)
    if not len(places):
        return set()
    cuts = np.flatnonzero(np.diff(places) > 3)
    firsts, lasts = places[np.r_[0, cuts + 1]], places[np.r_[cuts, len(places) - 1]]
    return {(int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True)}


def _fewer(pieces: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Neighbours joined, where that adds the least, until there are few enough."""
    pieces = sorted(pieces)
    while len(pieces) > MOST_PIECES:
        joined = [_around(a, b) for a, b in pairwise(pieces)]
        added = [j[2] * j[3] - a[2] * a[3] - b[2] * b[3] for j, a, b in zip(joined, pieces, pieces[1:], strict=False)]
        at = int(np.argmin(added))
        pieces[at : at + 2] = [joined[at]]
    return pieces


def _around(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    top, left = min(a[0], b[0]), min(a[1], b[1])
    bottom, right = max(a[0] + a[2], b[0] + b[2]), max(a[1] + a[3], b[1] + b[3])
    return top, left, bottom - top, right - left


def message(picture: ServedPicture, blocks: np.ndarray, *, is_still: bool = False) -> bytes:
    """The changed blocks of a picture for the page.

    Little-endian: version (4 bytes), height, width, number of pieces (2 each); of each piece x, y, width, height (2
    each) and the bytes of its JPEG (4); then the JPEGs in that order.
    """
    height, width = picture.size
    heads, pieces = [], []
    for row, col, tall, wide in rectangles(blocks):
        top, left = row * ROWS, col * COLS
        bottom, right = min(top + tall * ROWS, height), min(left + wide * COLS, width)
        coded = _jpeg(picture.bgr[top:bottom, left:right], is_still=is_still)
        heads.append(PIECE.pack(left, top, right - left, bottom - top, len(coded)))
        pieces.append(coded)
    return b"".join([HEADER.pack(picture.version & 0xFFFFFFFF, height, width, len(heads)), *heads, *pieces])


def _jpeg(bgr: np.ndarray, *, is_still: bool) -> bytes:
    quality, sampling = (
        (STILL_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
        if is_still
        else (LIVE_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    )
    parameters = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, coded = cv2.imencode(".jpg", bgr, parameters)
    return coded.tobytes()
