"""What changed between two pictures of the window, and the message with that as JPEG or WebP pieces. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import cv2
import numpy as np

from deepvis.core.geometry import Rect
from deepvis.serve.adaptive_quality import STEPS
from deepvis.serve.dirty_rectangles import BlockRect

ROWS, COLS = 16, 32  # of a block; whole units of JPEG's, so that a piece does not blur into its neighbour
WORDS = COLS * 3 // 8  # of 64 bits in a row of a block
MESSAGE_HEADER, PIECE_HEADER = struct.Struct("<IHHH"), struct.Struct("<HHHHI")
WEBP_QUALITY = 0.6  # of JPEG's quality with which it looks the same
_versions = count(1)


@dataclass(frozen=True, eq=False)
class ServedPicture:
    """A picture of the window. bgr: (H, W, 3) uint8 inside an array of whole blocks. version: rises.

    answers: how many pictures so far have answered a key or the mouse. early: the areas in which a key is seen at once,
    if they alone are to be shown, before the whole picture; none: all is.
    """

    bgr: np.ndarray
    blocks: np.ndarray  # (rows of pixels, 64-bit words), the same memory, padded
    version: int
    answers: int
    early: tuple[Rect, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.early

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.bgr.shape[0], self.bgr.shape[1]


def served_picture(bgr: np.ndarray, answers: int = 0, early: Sequence[Rect] = ()) -> ServedPicture:
    """A copy of a picture, (H, W, 3) uint8."""
    height, width = bgr.shape[:2]
    tall, wide = -(-height // ROWS) * ROWS, -(-width // COLS) * COLS
    padded = np.empty((tall, wide, 3), np.uint8)
    padded[:height, :width] = bgr
    padded[height:] = 0
    padded[:height, width:] = 0
    blocks = padded.reshape(tall, -1).view(np.uint64)
    return ServedPicture(padded[:height, :width], blocks, next(_versions), answers, tuple(early))


def changed_blocks(before: ServedPicture | None, now: ServedPicture) -> np.ndarray:
    """(rows, columns) of blocks, True where the two differ; all where there is none before, or of another size."""
    tall, words = now.blocks.shape
    if before is None or before.size != now.size:
        return np.ones((tall // ROWS, words // WORDS), np.bool_)
    differs = (before.blocks != now.blocks).reshape(tall // ROWS, ROWS, words)
    in_rows: np.ndarray = np.logical_or.reduce(differs, axis=1)
    found: np.ndarray = np.logical_or.reduce(in_rows.reshape(tall // ROWS, words // WORDS, WORDS), axis=2)
    return found


def blocks_in(areas: Sequence[Rect], shape: tuple[int, ...]) -> np.ndarray:
    """(rows, columns) of blocks, True where they lie in one of the areas, if only in part."""
    found = np.zeros(shape, np.bool_)
    for area in areas:
        found[area.row // ROWS : -(-area.bottom // ROWS), area.col // COLS : -(-area.right // COLS)] = True
    return found


def with_rects(before: ServedPicture, now: ServedPicture, rects: Sequence[BlockRect]) -> ServedPicture:
    """A picture of the same size with these rectangles of blocks from another."""
    blocks = before.blocks.copy()
    for row, col, tall, wide in rects:
        place = slice(row * ROWS, (row + tall) * ROWS), slice(col * WORDS, (col + wide) * WORDS)
        blocks[place] = now.blocks[place]
    height, width = before.size
    bgr = blocks.view(np.uint8).reshape(len(blocks), -1, 3)[:height, :width]
    return ServedPicture(bgr, blocks, now.version, now.answers)


@dataclass(frozen=True)
class Coding:
    """quality: as of JPEG, 1 to 100. has_all_colours: else they are at half the resolution.

    shrink: how many pixels of a side become one of the piece, which the page enlarges again. is_webp: a third smaller
    than JPEG where it looks the same, words two thirds, and 30 times the work.
    """

    quality: int = STEPS[0][0]
    has_all_colours: bool = False
    shrink: int = 1
    is_webp: bool = False


STILL = Coding(94, has_all_colours=True)  # of what does not move
CodedRect = tuple[BlockRect, Coding]  # what is to be coded, and how


@dataclass(frozen=True)
class CodedPiece:
    """A rectangle of a picture in pixels, and what it is coded as: a JPEG, or WebP."""

    x: int
    y: int
    width: int
    height: int
    content: bytes


def coded_piece(picture: ServedPicture, rect: BlockRect, coding: Coding) -> CodedPiece:
    """A rectangle of blocks of a picture, as far as the picture goes."""
    row, col, tall, wide = rect
    top, left = row * ROWS, col * COLS
    bottom, right = min(top + tall * ROWS, picture.size[0]), min(left + wide * COLS, picture.size[1])
    return CodedPiece(left, top, right - left, bottom - top, _coded(picture.bgr[top:bottom, left:right], coding))


def message(picture: ServedPicture, pieces: Sequence[CodedPiece]) -> bytes:
    """Pieces of a picture for the page.

    Little-endian: version (4 bytes), height, width, number of pieces (2 each); of each piece x, y, width, height (2
    each) and the bytes of its content (4); then their contents in that order.
    """
    head = MESSAGE_HEADER.pack(picture.version & 0xFFFFFFFF, *picture.size, len(pieces))
    heads = [PIECE_HEADER.pack(each.x, each.y, each.width, each.height, len(each.content)) for each in pieces]
    return b"".join([head, *heads, *(each.content for each in pieces)])


def _coded(bgr: np.ndarray, coding: Coding) -> bytes:
    if coding.shrink > 1:
        size = max(bgr.shape[1] // coding.shrink, 1), max(bgr.shape[0] // coding.shrink, 1)
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    if coding.is_webp:
        _, coded = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, round(WEBP_QUALITY * coding.quality)])
        return coded.tobytes()
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if coding.has_all_colours else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    parameters = [cv2.IMWRITE_JPEG_QUALITY, coding.quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, coded = cv2.imencode(".jpg", bgr, parameters)
    return coded.tobytes()
