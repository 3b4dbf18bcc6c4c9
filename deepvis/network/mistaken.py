"""Files that are given in place of a network or its weights, by mistake or by a broken download: what they are."""

from __future__ import annotations

from pathlib import Path

from deepvis.core.regular_file import open_regular

AGAIN = "download the file itself again"
SWAPPED = "are the two files swapped?"
HEAD = 256  # first bytes that are looked at
# first bytes -> (what the file is, the next step), of what no download should have brought
_BROKEN: dict[bytes, tuple[str, str]] = {
    b"<": ("a web page", f"{AGAIN}, not the page about it"),
    b"version https://git-lfs": ("a Git LFS pointer", f"{AGAIN}: git lfs pull, or the file's raw address"),
    b'{"': ("JSON, as a server's message", AGAIN),
    b"404": ("a server's message that there is no such file", AGAIN),
    b"Not Found": ("a server's message that there is no such file", AGAIN),
}
_PYTORCH = "name PyTorch's network by --network FILE.py:NAME"
# the same of files of other programs, where Caffe's are expected
_FOREIGN: dict[bytes, tuple[str, str]] = {
    b"PK\x03\x04": ("a zip archive, as PyTorch's weights are", f"unpack it, or {_PYTORCH}"),
    b"\x1f\x8b": ("a gzip archive", "unpack it"),
    b"\x89HDF": ("HDF5", "give it a name that ends in .h5"),
    b"\x93NUMPY": ("a numpy array", "a mean goes with --mean"),
    b"\x80\x02": ("a Python pickle", _PYTORCH),
}


def broken_download(path: Path) -> tuple[str, str] | None:
    """(what the file is, the next step) of one that no download should have brought; None for others, and for none."""
    try:
        with open_regular(path) as file:
            return _first_match(file.read(HEAD), _BROKEN)
    except (OSError, ValueError):
        return None


def _first_match(head: bytes, beginnings: dict[bytes, tuple[str, str]]) -> tuple[str, str] | None:
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((found for start, found in beginnings.items() if begin.startswith(start)), None)


def mistaken(head: bytes) -> tuple[str, str] | None:
    """(what a file with this beginning is, the next step); None for anything that may be Caffe's."""
    return _first_match(head, {**_BROKEN, **_FOREIGN})


def is_text(head: bytes) -> bool:
    """True for a beginning that holds nothing but text, as no binary format's does."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and all(letter.isprintable() or letter in "\t\r\n" for letter in text)
