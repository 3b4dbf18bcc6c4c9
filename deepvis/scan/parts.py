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
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from deepvis.core.files import written_beside
from deepvis.scan.errors import ScanError
from deepvis.scan.statistics import BINS
from deepvis.scan.tracker import Maxes, TrackedLayer, merge

VERSION = 1


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

    maxes: Maxes
    skipped: tuple[FaultyImage, ...]
    identity: str
    plan_hash: str
    cut: tuple[FaultyImage, ...] = ()


class CorruptPart(Exception):
    """The file is not a whole partial result; its chunk is to be scanned again."""


def save_part(path: Path, part: Part) -> None:
    """Raises OSError, as for a full disk."""
    maxes = part.maxes
    flat = maxes.histogram.ravel()
    bins = np.flatnonzero(flat)
    with written_beside(path) as file:
        np.savez(
            file,
            version=VERSION,
            model=part.identity,
            plan=part.plan_hash,
            layers=json.dumps([asdict(layer) for layer in maxes.layers]),
            seen=np.int64(maxes.seen),
            values=maxes.values,
            images=maxes.images,
            places=maxes.places,
            active=maxes.active,
            sums=maxes.sums,
            bins=bins.astype(np.uint32),
            counts=flat[bins],
            skipped=_rows(part.skipped),
            cut=_rows(part.cut),
        )


def _rows(images: Iterable[FaultyImage]) -> str:
    return json.dumps([[image.index, image.path, image.reason] for image in images])


def _images(rows: str) -> tuple[FaultyImage, ...]:
    return tuple(FaultyImage(*row) for row in json.loads(rows))


def load_part(path: Path) -> Part:
    """Raises FileNotFoundError, or CorruptPart with what is wrong."""
    try:
        with np.load(path, allow_pickle=False) as table:
            if int(table["version"]) != VERSION:
                raise CorruptPart(f"version {table['version']}, expected {VERSION}")
            layers = tuple(TrackedLayer(**layer) for layer in json.loads(str(table["layers"])))
            units = sum(layer.channels for layer in layers)
            histogram = np.zeros(units * BINS, np.uint32)
            histogram[table["bins"]] = table["counts"]
            maxes = Maxes(
                layers,
                int(table["seen"]),
                table["values"],
                table["images"],
                table["places"],
                table["active"],
                table["sums"],
                histogram.reshape(units, BINS),
            )
            skipped = _images(str(table["skipped"]))
            cut = _images(str(table["cut"])) if "cut" in table else ()  # results of deepvis 0.1's first days lack it
            return Part(maxes, skipped, str(table["model"]), str(table["plan"]), cut)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, EOFError, IndexError, zipfile.BadZipFile) as error:
        raise CorruptPart(str(error) or type(error).__name__) from error


def add_parts(a: Part, b: Part) -> Part:
    """Associative and commutative, like ``merge``."""
    skipped, cut = (
        tuple(sorted(both, key=lambda image: image.index)) for both in (a.skipped + b.skipped, a.cut + b.cut)
    )
    return Part(merge(a.maxes, b.maxes), skipped, a.identity, a.plan_hash, cut)


def sum_parts(paths: Iterable[Path], identity: str, plan_hash: str) -> tuple[Part | None, list[tuple[Path, str]]]:
    """(the sum of the parts in ``paths``, [(file, what is wrong with it), ...]).

    Raises ScanError for a part of another model or another plan: it must not be mixed in.
    """
    total: Part | None = None
    broken = []
    for path in paths:
        try:
            part = load_part(path)
        except (CorruptPart, FileNotFoundError) as error:
            broken.append((path, str(error)))
            continue
        if part.identity != identity:
            raise ScanError(
                f"{path} was made with another model ({part.identity[:12]}, expected "
                f"{identity[:12]}); start over with --overwrite, or name another --output"
            )
        if part.plan_hash != plan_hash:
            raise ScanError(
                f"{path} belongs to another scan (other images, layers or options); start over with --overwrite, "
                "or name another --output"
            )
        total = part if total is None else add_parts(total, part)
    return total, broken
