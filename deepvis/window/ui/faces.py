"""Which font draws a letter: the window's own, or for letters that it lacks a font of the system."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FONTS = Path(__file__).parent / "fonts"
FINE = 4  # renderings and places per pixel
PROBE = 24  # pixels at which a font is asked for a letter
NO_LETTER = "\U0010ffff"  # no font has it: what is drawn for it stands for every letter that is missing
ANSWER_SECONDS = 3.0  # fontconfig may have to read all fonts the first time

# where fontconfig is missing: fonts that come with the system, wide ones first
WELL_KNOWN = {
    "win32": [
        Path("C:/Windows/Fonts") / name
        for name in ("segoeui.ttf", "msyh.ttc", "msgothic.ttc", "malgun.ttf", "Nirmala.ttf", "Nirmala.ttc",
                     "leelawui.ttf", "seguisym.ttf", "seguiemj.ttf")
    ],
    "darwin": [
        Path("/System/Library/Fonts") / name
        for name in ("Supplemental/Arial Unicode.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc",
                     "AppleSDGothicNeo.ttc", "Apple Symbols.ttf")
    ],
    "linux": [Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")],
}  # fmt: skip

_found: list[tuple[str, int]] = []  # (file, number in it) of the system's fonts that have served


@lru_cache(maxsize=64)
def own_face(px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The window's font with an em square of ``px`` pixels, FINE times as large."""
    return _opened(str(FONTS / ("Inter-SemiBold.ttf" if bold else "Inter-Regular.ttf")), 0, px * FINE)


def face_of(letter: str, px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The font that draws a letter, as large as own_face; the window's own if none has it."""
    font = None if letter.isascii() else _font_of(letter)
    return own_face(px, bold) if font is None or font == OWN else _opened(*font, px * FINE)


def is_drawable(letter: str) -> bool:
    """True if some font here has the letter."""
    return letter.isascii() or _font_of(letter) is not None


OWN = (str(FONTS / "Inter-Regular.ttf"), 0)


@lru_cache(maxsize=8192)
def _font_of(letter: str) -> tuple[str, int] | None:
    """(file, number in it) of the first font that has the letter; None if there is none."""
    for font in (OWN, *_found):
        if has(*font, letter):
            return font
    for font in fonts_for(ord(letter)):
        if has(*font, letter):
            _found.append(font)
            return font
    return None


def has(file: str, index: int, letter: str) -> bool:
    """True if a font draws the letter otherwise than one that does not exist."""
    try:
        face = _opened(file, index, PROBE)
        drawn, missing = face.getmask(letter), _missing(file, index)
    except (OSError, ValueError):  # such as a font of bitmaps, which has not every size
        return False
    return (drawn.size, bytes(drawn)) != missing


@lru_cache(maxsize=64)
def _missing(file: str, index: int) -> tuple[tuple[int, int], bytes]:
    drawn = _opened(file, index, PROBE).getmask(NO_LETTER)
    return drawn.size, bytes(drawn)


@lru_cache(maxsize=256)
def _opened(file: str, index: int, px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, px, index=index, layout_engine=ImageFont.Layout.BASIC)


def fonts_for(code: int) -> list[tuple[str, int]]:
    """Fonts of the system that may have a letter: fontconfig's choice, or the well-known ones without fontconfig."""
    if shutil.which("fc-match"):
        return _of_block(_block(code))
    platform = sys.platform if sys.platform in WELL_KNOWN else "linux"
    return [(str(path), 0) for path in WELL_KNOWN[platform] if path.is_file()]


def _block(code: int) -> int:
    """The first of the letters that one question to fontconfig serves: 128, or all Han or Hangul."""
    large = ((0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x3FFFF))
    return next((first for first, last in large if first <= code <= last), code & ~0x7F)


@lru_cache(maxsize=64)
def _of_block(block: int) -> list[tuple[str, int]]:
    """What fontconfig has for two letters of a block: asked once for all of it, as that takes some milliseconds."""
    found: list[tuple[str, int]] = []
    for code in (block | 0x2A, block | 0x4A):
        request = [
            "fc-match",
            "--format",
            "%{file}\t%{index}",
            f"sans-serif:charset={code:x}:scalable=true:color=false",
        ]
        try:
            reply = subprocess.run(request, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True).stdout
        except (OSError, subprocess.SubprocessError):
            continue
        file, _, index = reply.partition("\t")
        if Path(file).is_file():
            found.append((file, int(index) & 0xFFFF if index.isdigit() else 0))
    return found
