"""What the subcommands about a photo share: how a unit and a class are named, how the photo is read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from deepvis.cli.guard import warn
from deepvis.cli.parser import bad
from deepvis.core.nearest import nearest
from deepvis.core.regular_file import instead_of_file
from deepvis.core.user_error import UsageError
from deepvis.core.words import short_label

if TYPE_CHECKING:
    import numpy as np

    from deepvis.core.types import NetInfo, Unit

T = TypeVar("T")


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


def class_unit(info: NetInfo, name: str | None, run: Any) -> Unit:
    """The unit of a class by its name, a part of it or its number; None: of the most probable. Raises UsageError."""
    from deepvis.core.types import Unit

    layer = info.prob_layer or info.class_layer("")
    if not layer:
        raise UsageError(f"{info.name} has no layer of classes; name a unit, --unit LAYER:N")
    if name is None:
        values = run().activations[layer]
        return Unit(layer, int(values.reshape(len(values), -1).max(axis=1).argmax()))
    if name.isdecimal():
        return Unit(layer, int(name))
    wanted = name.casefold()
    names = [[each.strip().casefold() for each in short_label(label).split(",")] for label in info.labels]
    exact = [index for index, each in enumerate(names) if wanted in each]
    found = exact or [index for index, each in enumerate(names) if any(wanted in part for part in each)]
    if len(found) == 1:
        return Unit(layer, found[0])
    if found:
        some = ", ".join(f"{short_label(info.labels[index])} ({index})" for index in found[:8])
        raise UsageError(f"--class {name}: found {len(found)} such classes, expected one: {some}; give its number")
    labels = [short_label(label) for label in info.labels]
    raise UsageError(f"--class {name}: {info.name} has no such class; {nearest(name, labels, 'give its number')}")


def photos_below(folder: Path) -> list[Path]:
    """The photos of ``--images``: of a folder and those within it, in order. Raises UsageError where there are none."""
    from deepvis.scan.images import find_images

    if not folder.is_dir():
        found = instead_of_file(folder) if folder.exists() else "no such folder"
        raise UsageError(f"--images {folder}: found {found}, expected a folder with photos")
    paths = sorted(folder / path for path in find_images(folder))
    if not paths:
        raise UsageError(f"--images {folder}: found no photo there, expected files such as *.jpg or *.png")
    return paths


def with_bar(paths: Sequence[Path], act: Callable[[Path], T], name: str) -> Iterator[tuple[Path, T]]:
    """Each photo with what ``act`` gives for it; one that cannot be read is named and passed over, others go on.

    A bar where a terminal is. name: of the subcommand.
    """
    from deepvis.jobs.progress import Bar, Progress
    from deepvis.sources.photos import PhotoError

    progress = Bar(" photos") if sys.stderr.isatty() else Progress()
    progress.begin(len(paths))
    for path in paths:
        try:
            found = act(path)
        except (PhotoError, UsageError) as error:
            warn([str(error).removeprefix("--image ")], name)
        else:
            yield path, found
        progress.advance(1)
    progress.end()
