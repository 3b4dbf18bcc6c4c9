"""Anti-aliased text: lines rendered once with Pillow, kept as masks, blended where they are drawn.

The font is Inter (SIL Open Font License, fonts/OFL.txt). Pillow's basic layout is used, so that
the same letters come out with and without libraqm (whose ligatures turn 5x5 into 5×5).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deepvis.ui.theme import BGR

FONTS = Path(__file__).parent / "fonts"
ELLIPSIS = "…"


@lru_cache(maxsize=64)
def font(px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The window's font with an em square of ``px`` pixels."""
    path = FONTS / ("Inter-SemiBold.ttf" if bold else "Inter-Regular.ttf")
    return ImageFont.truetype(str(path), px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=64)
def line_height(px: int, bold: bool = False) -> int:
    """Pixels from the top of the highest letter to the bottom of the lowest."""
    return sum(font(px, bold).getmetrics())


@lru_cache(maxsize=16384)
def text_width(text: str, px: int, bold: bool = False) -> int:
    """Pixels that a line takes."""
    return int(np.ceil(font(px, bold).getlength(text)))


@lru_cache(maxsize=4096)
def _mask(text: str, px: int, bold: bool) -> np.ndarray:
    """(height, width, 1) uint16, 0..256: how much of the colour each pixel takes."""
    image = Image.new("L", (max(text_width(text, px, bold) + 1, 1), line_height(px, bold)))
    ImageDraw.Draw(image).text((0, 0), text, font=font(px, bold), fill=255)
    mask = np.asarray(image, np.uint16)
    return (mask + (mask >> 7))[..., None]


def draw_text(
    canvas: np.ndarray,
    row: int,
    col: int,
    text: str,
    px: int,
    color: BGR,
    *,
    bold: bool = False,
    width: int | None = None,
    align: str = "left",
) -> int:
    """Blend a line into ``canvas`` with its upper left corner at (row, col); return its width.

    width: of the field it must stay in; a longer line ends in an ellipsis. align: "left", "right"
    or "centre" within that field. What lies outside the canvas is not drawn.
    """
    if width is not None:
        text = elide(text, px, width, bold)
    wide = text_width(text, px, bold)
    if not text:
        return 0
    if width is not None and align != "left":
        col += (width - wide) // (1 if align == "right" else 2)
    mask = _mask(text, px, bold)
    top, left = max(-row, 0), max(-col, 0)
    part = canvas[row + top : row + mask.shape[0], col + left : col + mask.shape[1]]
    if not part.size:
        return wide
    mask = mask[top : top + part.shape[0], left : left + part.shape[1]]
    part[:] = (part * (256 - mask) + np.asarray(color, np.uint16) * mask) >> 8
    return wide


@lru_cache(maxsize=4096)
def elide(text: str, px: int, width: int, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits into ``width`` pixels with an ellipsis."""
    if text_width(text, px, bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + ELLIPSIS, px, bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS if low else ""


@lru_cache(maxsize=512)
def wrap(text: str, px: int, width: int, lines: int | None = None) -> tuple[str, ...]:
    """The text cut at spaces into lines of at most ``width`` pixels; words that are longer are broken.

    lines: the most that there may be; the last one then ends in an ellipsis.
    """
    result: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            while text_width(word, px) > width and len(word) > 1:
                cut = max(len(elide(word, px, width)) - 1, 1)
                result.extend([line] if line else [])
                line = ""
                result.append(word[:cut])
                word = word[cut:]
            longer = f"{line} {word}".strip()
            if text_width(longer, px) <= width:
                line = longer
            else:
                result.append(line)
                line = word
        if line:
            result.append(line)
    if lines is not None and len(result) > lines:
        result[lines - 1 :] = [elide(" ".join(result[lines - 1 :]), px, width)]
    return tuple(result)
