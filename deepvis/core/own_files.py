"""Which files this program has written: its pages and pictures bear its name, so that no others are overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from deepvis.core.regular_file import NotRegularError, open_regular

NAME = "deepvis"
PNG_TEXT = {"Software": NAME}  # of the PNG format's own keywords
MARKS = (
    f'<meta name="generator" content="{NAME}'.encode(),
    b"Software\0" + NAME.encode(),
    b"\xff\xfe" + (2 + len(NAME)).to_bytes(2, "big") + NAME.encode(),  # a comment of a JPEG file
    b"body { font: 14px/1.45 system-ui, sans-serif; background: #16181c;",  # pages before they bore the name
)
HEAD = 4096  # bytes, in which a mark stands


def not_ours(paths: Iterable[Path]) -> Path | None:
    """The first of the files that is there and that this program has not written. Raises OSError."""
    for path in paths:
        try:
            with open_regular(path) as file:
                head = file.read(HEAD)
        except FileNotFoundError:
            continue
        except (IsADirectoryError, NotRegularError):
            return path
        if not any(mark in head for mark in MARKS):
            return path
    return None


def in_the_way(path: Path) -> str:
    """One sentence about such a file."""
    return (
        f"{path} is there already and was not made by this program; nothing is overwritten: move it away, or give "
        "another --output"
    )
