"""Class names: a text file with one name per line."""

from __future__ import annotations

import re
from pathlib import Path

from deepvis.model.errors import ModelError

_SYNSET = re.compile(r"^n\d{8}\s+")


def read_labels(path: str | Path) -> tuple[str, ...]:
    """The names in order. A WordNet id in front ("n01440764 tench, ...") is left out. Raises ModelError."""
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}), expected a class name per line") from None
    except ValueError as error:
        raise ModelError(f"{str(path)!r} is no file name ({error}), expected a text file of class names") from None
    if "\0" in text:
        raise ModelError(f"{path}: holds binary data, expected a class name per line")
    labels = tuple(_SYNSET.sub("", line.strip()) for line in text.splitlines())
    while labels and not labels[-1]:
        labels = labels[:-1]
    if not labels:
        raise ModelError(f"{path}: is empty, expected a class name per line")
    return labels
