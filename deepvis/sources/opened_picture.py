"""A picture's file opened with Pillow: what a broken one raises, and how much memory decoding it may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from deepvis.core.allowed_bytes import allowed_bytes
from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.regular_file import open_regular

# what Pillow and its plugins raise on broken files, and on those that decode to far more than they are
PICTURE_ERRORS = (OSError, Image.DecompressionBombError, *CONTENT_ERRORS)
ANY_PICTURE = 224 << 20  # bytes that decoding may take whatever the file's size: 58 million pixels of three colours
DECODED = 4  # bytes of a pixel of most modes, in Pillow's memory
CONVERTED = 16  # more of one that is converted at its full size
OWN_BUFFER = frozenset({"WEBP", "AVIF", "JPEG2000"})  # their decoders hold a whole picture of their own, and a copy


@contextmanager
def opened_picture(path: str | os.PathLike[str]) -> Iterator[Image.Image]:
    """A picture that this program or another one has written, not decoded yet. Raises PICTURE_ERRORS."""
    with open_regular(path) as file, Image.open(file) as image:
        check_decoded(image, os.fstat(file.fileno()).st_size)
        yield image


def check_decoded(image: Image.Image, file_bytes: int, factor: int = 1, whole: tuple[int, int] | None = None) -> None:
    """Raise DecompressionBombError for a picture whose decoding would take far more than its file.

    A few kilobytes of a packed format can declare any number of equal pixels. factor: by which the picture is reduced
    once it is decoded. whole: (width, height) before ``Image.draft``, which asks a JPEG for a smaller picture.
    """
    wanted = bytes_to_decode(image, factor, whole or image.size)
    if wanted > allowed_bytes(file_bytes, ANY_PICTURE):
        width, height = image.size
        raise Image.DecompressionBombError(
            f"{file_bytes} bytes declare {width}x{height} pixels, which take {wanted >> 20} MiB"
        )


def bytes_to_decode(image: Image.Image, factor: int, whole: tuple[int, int]) -> int:
    """Of memory, about. factor, whole: as of ``check_decoded``."""
    pixels = image.size[0] * image.size[1]
    each = DECODED + (CONVERTED if factor == 1 or image.mode.startswith("I;16") else 0)
    each += CONVERTED if image.format in OWN_BUFFER else 0
    return pixels * each + _coefficients(image, whole)


def _coefficients(image: Image.Image, whole: tuple[int, int]) -> int:
    """A progressive JPEG's are all held, 2 bytes each, before the first pixel is made, whatever size is asked for."""
    layers = getattr(image, "layer", None)
    if not image.info.get("progressive") or not layers:
        return 0
    shares = [across * down for _, across, down, *_ in layers]
    return 2 * whole[0] * whole[1] * sum(shares) // max(*shares, 1)
