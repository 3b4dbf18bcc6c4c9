"""Class names: a text file with one name per line."""

from __future__ import annotations

from pathlib import Path

from deepvis.core.regular_file import bytes_of
from deepvis.core.words import SYNSET, short_label
from deepvis.network.model_error import ModelError

MOST_LABELS, MOST_BYTES = 200_000, 16 << 20


def read_labels(path: str | Path) -> tuple[str, ...]:
    """The names in order. A WordNet id in front ("n01440764 tench, ...") is left out. Raises ModelError."""
    labels = tuple(short_label(line) for line in _lines(Path(path)))
    while labels and not labels[-1]:
        labels = labels[:-1]
    if not labels:
        raise ModelError(f"{path}: is empty, expected a class name per line")
    return labels


def read_synsets(path: str | Path) -> tuple[str, ...]:
    """The WordNet ids ("n01440764") in front of the names, in order; () where a line has none. Raises ModelError."""
    found = [SYNSET.match(line) for line in _lines(Path(path)) if line]
    return tuple(match[1] for match in found if match) if all(found) else ()


def _lines(path: Path) -> list[str]:
    try:
        raw = bytes_of(path)
        if len(raw) > MOST_BYTES or raw.count(b"\n") > MOST_LABELS:
            raise ModelError(
                f"{path}: has {len(raw)} bytes, expected a class name per line, {MOST_LABELS} lines at most"
            )
        text = _decoded(raw)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}), expected a class name per line") from None
    except ModelError:
        raise
    except ValueError as error:
        raise ModelError(f"{str(path)!r} is no file name ({error}), expected a text file of class names") from None
    if "\0" in text:
        raise ModelError(f"{path}: holds binary data, expected a class name per line")
    return [line.strip() for line in text.splitlines()]


def _decoded(raw: bytes) -> str:
    """UTF-16 where its mark says so, UTF-8 where it can be, else Latin-1 as Windows has it (cp1252)."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
