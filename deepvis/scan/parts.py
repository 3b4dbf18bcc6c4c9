"""Partial and final results as npz files, and the sum of the partial ones.

version 1, U units of all layers one after the other, K images each::

    version () int; model () str: the network's identity; plan () str: its hash    layers () str: json    seen () int64
    values (U, K) float32    images (U, K) int64    places (U, K) int32
    active (U,) int64    sums (U, 4) int64
    bins (n,) uint32, counts (n,) uint32: the histogram where it is not 0, at unit * BINS + bin
    skipped (), cut () str: json, [[index, path, reason], ...]

Not compressed: the same numbers give the same bytes, whatever zlib is at hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from deepvis.core.array_files import arrays_of, with_shape
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import written_beside
from deepvis.core.json_file import parsed_json
from deepvis.core.user_error import SentenceError
from deepvis.jobs.store import adopt
from deepvis.scan.statistics import BINS
from deepvis.scan.tracker import NO_IMAGE, TopActivations, merge, tracked_layers

VERSION = 1
ARRAYS = ("values", "images", "places", "active", "sums")  # of ``TopActivations``, in the order of the file


@dataclass(frozen=True)
class FaultyImage:
    """An image that could not be used, or not all of it."""

    index: int
    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Part:
    """A result, of one chunk or of several, with the network's identity and the hash of the plan that it belongs to.

    cut: images whose files end before the picture does; what there is of them was used.
    """

    top_activations: TopActivations
    skipped: tuple[FaultyImage, ...]
    identity: str
    plan_hash: str
    cut: tuple[FaultyImage, ...] = ()


class CorruptPart(SentenceError):
    """The file is not a whole partial result; its chunk is to be scanned again."""


def save_part(path: Path, part: Part) -> None:
    """Raises OSError, as for a full disk."""
    top = part.top_activations
    flat = top.histogram.ravel()
    bins = np.flatnonzero(flat)
    with written_beside(path) as file:
        np.savez(
            file,
            version=VERSION,
            model=part.identity,
            plan=part.plan_hash,
            layers=json.dumps([asdict(layer) for layer in top.layers]),
            seen=np.int64(top.seen),
            **{name: getattr(top, name) for name in ARRAYS},
            bins=bins.astype(np.uint32),
            counts=flat[bins],
            skipped=_rows(part.skipped),
            cut=_rows(part.cut),
        )


def _rows(images: Iterable[FaultyImage]) -> str:
    return json.dumps([[image.index, image.path, image.reason] for image in images])


def _images(rows: np.ndarray) -> tuple[FaultyImage, ...]:
    return tuple(FaultyImage(int(index), str(path), str(why)) for index, path, why in parsed_json(str(rows)))


def load_part(path: Path) -> Part:
    """Raises FileNotFoundError, or CorruptPart with what is wrong."""
    try:
        with arrays_of(path) as table:
            if int(table["version"]) != VERSION:
                raise CorruptPart(f"version {table['version']}, expected {VERSION}")
            skipped = _images(table["skipped"])
            cut = _images(table["cut"]) if "cut" in table else ()  # results of deepvis 0.1's first days lack it
            return Part(_top_activations(table), skipped, str(table["model"]), str(table["plan"]), cut)
    except (FileNotFoundError, CorruptPart):
        raise
    except (OSError, *CONTENT_ERRORS) as error:
        raise CorruptPart(reason(error)) from error


def _top_activations(table: Mapping[str, np.ndarray]) -> TopActivations:
    """Raises ValueError where the arrays do not go with each other."""
    layers = tracked_layers(parsed_json(str(table["layers"])))
    units = sum(layer.channels for layer in layers)
    top, values = with_shape(table, "values", "f", (None, None)).shape[1], len(table["values"])
    if units != values or not top:
        raise ValueError(f"its layers have {units} units, its values {values} of {top} images")
    shapes = {"images": (units, top), "places": (units, top), "active": (units,), "sums": (units, 4)}
    arrays = {name: with_shape(table, name, "iu", shape) for name, shape in shapes.items()}
    for name, least in (("images", NO_IMAGE), ("places", 0)):
        if arrays[name].size and arrays[name].min() < least:
            raise ValueError(f"its {name} begin below {least}")
    bins = with_shape(table, "bins", "u", (None,))
    histogram = np.zeros(units * BINS, np.uint32)
    histogram[bins] = with_shape(table, "counts", "u", bins.shape)
    return TopActivations(
        layers, int(table["seen"]), table["values"], histogram=histogram.reshape(units, BINS), **arrays
    )


def adopt_parts(folder: Path, paths: Sequence[Path], identity: str, plan_hash: str) -> None:
    """Give the parts that 0.1.0 has left in a folder, part_0000007.npz, their names of today."""
    for chunk, path in enumerate(paths):
        earlier = folder / f"part_{chunk:07d}.npz"
        try:
            with arrays_of(earlier) as table:
                fits = (str(table["model"]), str(table["plan"])) == (identity, plan_hash)
        except (OSError, *CONTENT_ERRORS):
            continue
        if fits:
            adopt(earlier, path)


def add_parts(a: Part, b: Part) -> Part:
    """Associative and commutative, like ``merge``."""
    skipped, cut = (
        tuple(sorted(both, key=lambda image: image.index)) for both in (a.skipped + b.skipped, a.cut + b.cut)
    )
    return Part(merge(a.top_activations, b.top_activations), skipped, a.identity, a.plan_hash, cut)


def sum_parts(paths: Iterable[Path]) -> tuple[Part | None, list[tuple[Path, str]]]:
    """(the sum of the parts in ``paths``, [(file, what is wrong with it), ...])."""
    total: Part | None = None
    broken = []
    for path in paths:
        try:
            part = load_part(path)
        except (CorruptPart, FileNotFoundError) as error:
            broken.append((path, str(error)))
            continue
        total = part if total is None else add_parts(total, part)
    return total, broken
