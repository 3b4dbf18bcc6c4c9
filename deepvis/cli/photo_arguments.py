"""What the subcommands about a photo share: how a unit is named, how the photo is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.cli.parser import bad
from deepvis.core.user_error import UsageError

if TYPE_CHECKING:
    import numpy as np

    from deepvis.core.types import Unit


def unit_named(words: str) -> Unit:
    """ "conv5:151"; the layer's name may have colons. Raises ArgumentTypeError."""
    from deepvis.core.types import Unit

    layer, _, number = words.rpartition(":")
    if not layer or not number.isdecimal():
        raise bad(words, "a layer and the number of a unit, LAYER:N")
    return Unit(layer, int(number))


def photo_rgb(path: Path) -> np.ndarray:
    """The photo of ``--image``, (H, W, 3) uint8 RGB. Raises UsageError."""
    from deepvis.sources.photos import PhotoError, load_rgb

    try:
        return load_rgb(path)
    except PhotoError as error:
        raise UsageError(f"--image {error}") from None
