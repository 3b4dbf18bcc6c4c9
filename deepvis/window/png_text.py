"""A PNG with facts in it: text chunks (iTXt, PNG 1.2 section 11.3.4.5), which any viewer of metadata shows."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

import cv2
import numpy as np

BEHIND_HEADER = 8 + 25  # the signature and the chunk IHDR: text may stand anywhere after it


def png_of(bgr: np.ndarray, facts: Mapping[str, str]) -> bytes:
    """A picture, (H, W, 3) uint8 BGR, as a PNG file with a text chunk for each fact.

    facts: keyword, 1 to 79 letters of Latin-1 -> text. Raises ValueError for another keyword.
    """
    done, encoded = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise ValueError(f"a picture of shape {bgr.shape} cannot be written as PNG")
    content = encoded.tobytes()
    chunks = b"".join(_chunk(keyword, text) for keyword, text in facts.items())
    return content[:BEHIND_HEADER] + chunks + content[BEHIND_HEADER:]


def _chunk(keyword: str, text: str) -> bytes:
    name = keyword.encode("latin-1")
    if not 1 <= len(name) <= 79:
        raise ValueError(f"the keyword {keyword!r} has {len(name)} letters, expected 1 to 79")
    body = name + b"\0\0\0\0\0" + text.replace("\0", " ").encode("utf-8", "replace")
    return struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
