"""Any photo file -> (H, W, 3) uint8 RGB, as a person sees it."""

from __future__ import annotations

import io
import logging
import os
import stat
import warnings
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps

from deepvis.core.content_errors import reason
from deepvis.core.regular_file import NotRegularError, bytes_of, check_regular
from deepvis.core.user_error import SentenceError
from deepvis.sources.opened_picture import PICTURE_ERRORS, check_decoded

# fmt: off
SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp",
    ".avif", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".jp2", ".ico",
})
# fmt: on
BACKGROUND = (255, 255, 255)  # behind transparent pixels: paper
MOST_PIXELS = 6_000_000  # larger photos are halved until they have no more, see load_photo
LEAST_SIDE = 512  # ... unless their shorter side would fall below this
LARGEST_FILE = 1 << 30  # bytes

# formats whose decoders take the file piece by piece and show the part that they got
STEPWISE = frozenset({"JPEG", "PNG", "GIF", "TIFF", "BMP", "PPM", "TGA"})

ImageFile.LOAD_TRUNCATED_IMAGES = True  # a truncated photo shows what there is of it; load_photo says so
# what is wrong with a file is said once, by PhotoError; of the warning of bombs the error at twice the size is kept
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
logging.getLogger("PIL").setLevel(logging.CRITICAL)


class PhotoError(SentenceError):
    """A file that gives no picture. The message is one sentence: the file, and the reason."""


@dataclass(frozen=True, eq=False)
class Photo:
    """rgb: (H, W, 3) uint8, RGB, read-only. is_cut: the file ends before the picture does."""

    rgb: np.ndarray
    is_cut: bool = False


def load_rgb(path: str | os.PathLike[str]) -> np.ndarray:
    """The picture in a file, (H, W, 3) uint8 RGB, read-only; see ``load_photo``."""
    return load_photo(path).rgb


def load_photo(path: str | os.PathLike[str]) -> Photo:
    """Decode a photo upright, whatever its format.

    EXIF orientation is honoured; gray, palette, CMYK and Lab become RGB; 16 bit becomes 8, floats are taken
    as 0..1 or 0..255 or else stretched; transparent pixels show ``BACKGROUND``; of an animation the first
    picture is taken. Photos of more than ``MOST_PIXELS`` are reduced by a whole factor, box-filtered, while
    their shorter side stays at ``LEAST_SIDE`` or more. A truncated file shows as far as it goes.

    Raises PhotoError for a file that is missing, unreadable, empty, no picture, or too large to decode
    safely.
    """
    return decoded(_content(path), path)


def decoded(content: bytes, path: str | os.PathLike[str], most_pixels: int | None = None) -> Photo:
    """The same of a file's content, wherever it comes from. path: what sentences call it.

    most_pixels: above that it is refused before anything is decoded. Raises PhotoError.
    """
    watched = _Watched(content)
    try:
        with Image.open(watched) as image:
            width, height = image.size
            if most_pixels is not None and width * height > most_pixels:
                raise PhotoError(f"{path} has {width}x{height} pixels, expected {most_pixels} at most; make it smaller")
            image.draft("RGB", _draft_size(image.size))
            check_decoded(image, len(content), _factor(*image.size), (width, height))
            image.load()
            is_cut = watched.ran_dry and image.format in STEPWISE
            rgb = _eight_bit_rgb(_upright(_reduced(image)))
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{path} is too large to decode safely ({error}); make it smaller") from error
    except Image.UnidentifiedImageError as error:
        raise PhotoError(f"{path} is no picture in a format that can be read") from error
    except MemoryError as error:
        raise PhotoError(f"{path} does not fit into memory; make it smaller") from error
    except PICTURE_ERRORS as error:
        raise PhotoError(f"{path} cannot be decoded ({reason(error)})") from error
    rgb.setflags(write=False)
    return Photo(rgb, is_cut)


def rgb_of(image: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8 RGB of a picture that is open already, upright; see ``load_photo``. It is left as it is."""
    return _eight_bit_rgb(_upright(image.copy()))


def is_picture_name(name: str) -> bool:
    """True for the file names that a folder's pictures have; hidden files are none."""
    stem, dot, suffix = name.rpartition(".")
    return not name.startswith(".") and (dot + suffix).lower() in SUFFIXES and bool(stem)


class _Watched(io.BytesIO):
    """A file's content that remembers whether a decoder wanted more of it than there is."""

    ran_dry = False

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        if size is not None and size > 0 and not content:
            self.ran_dry = True
        return content


def _content(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a regular file; a pipe or a device would block, or never end."""
    try:
        check_regular(path)
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise PhotoError(f"{path} is a folder, not a picture")
        if status.st_size == 0:
            raise PhotoError(f"{path} is empty (0 bytes)")
        if status.st_size > LARGEST_FILE:
            raise PhotoError(f"{path} is {status.st_size / 1e9:.1f} GB large, more than a picture should be")
        return bytes_of(path)
    except FileNotFoundError as error:
        raise PhotoError(f"{path} does not exist") from error
    except NotRegularError as error:
        raise PhotoError(f"{path} is no regular file ({error.strerror})") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise PhotoError(f"{path} cannot be read ({reason})") from error


def _factor(width: int, height: int) -> int:
    """By which whole number a photo is reduced: a power of two, 1 for most."""
    factor = 1
    while width * height > MOST_PIXELS * factor**2 and min(width, height) >= 2 * factor * LEAST_SIDE:
        factor *= 2
    return factor


def _draft_size(size: tuple[int, int]) -> tuple[int, int]:
    """What a JPEG decoder is asked for: it can skip detail by halves at no cost."""
    factor = _factor(*size)
    return max(1, size[0] // factor), max(1, size[1] // factor)


def _reduced(image: Image.Image) -> Image.Image:
    factor = _factor(*image.size)
    if factor == 1:
        return image
    if image.mode in ("P", "PA", "1"):
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode.startswith("I;16"):
        image = Image.fromarray(_stretched(image))
    return image.reduce(factor)


def _upright(image: Image.Image) -> Image.Image:
    """Turned as EXIF says; unreadable EXIF says nothing."""
    with suppress(*PICTURE_ERRORS):
        ImageOps.exif_transpose(image, in_place=True)  # in place: an upright photo is not copied
    return image


def _eight_bit_rgb(image: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8, in memory of its own, of an image in any of Pillow's modes."""
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_stretched(image))
    elif image.mode in ("CMYK", "LAB"):
        image = _through_profile(image)
    elif image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = _over_background(image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _stretched(image: Image.Image) -> np.ndarray:
    """(H, W) uint8 of 16 or 32 bit gray: full scale is the type's, or for other numbers their own range."""
    gray = np.asarray(image)
    if gray.dtype == np.int32 and gray.min() >= 0 and gray.max() <= 255:
        return gray.astype(np.uint8)
    if gray.dtype.kind in "ui" and gray.min() >= 0 and gray.max() <= 65535:
        return ((gray.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    gray = np.nan_to_num(gray.astype(np.float64), posinf=0, neginf=0)
    low, high = float(gray.min()), float(gray.max())
    if low >= 0 and high <= 255 and gray.size:
        low, high = 0.0, 1.0 if high <= 1 else 255.0
    return np.rint((gray - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def _over_background(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBa", "La"):
        image = image.convert("RGBA" if image.mode == "RGBa" else "LA")
    image = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, (*BACKGROUND, 255))
    return Image.alpha_composite(paper, image)


def _through_profile(image: Image.Image) -> Image.Image:
    """To RGB by the photo's own colour profile, where it has one that works."""
    profile = image.info.get("icc_profile")
    source: io.BytesIO | ImageCms.core.CmsProfile | None = io.BytesIO(profile) if profile else None
    if source is None and image.mode == "LAB":
        source = ImageCms.createProfile("LAB")
    if source is not None:
        try:
            target = ImageCms.createProfile("sRGB")
            seen = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            return seen or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB")
