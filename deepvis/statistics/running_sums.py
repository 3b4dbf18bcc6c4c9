"""How far a run has come: its sums, in one file that is written anew from time to time and read by the next run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.array_files import arrays_of, with_shape
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import written_beside
from deepvis.core.json_file import parsed_json
from deepvis.core.user_error import SentenceError
from deepvis.scan.parts import FaultyImage
from deepvis.statistics.frequencies import RINGS
from deepvis.statistics.statistics_plan import StatisticsPlan
from deepvis.statistics.unit_sums import JointSums, UnitSums, no_joint_sums, no_unit_sums

UNIT_ARRAYS = ("mean", "squares", "maximum", "minimum", "active")


@dataclass(frozen=True, eq=False)
class GradientSums:
    """Sums over photos of spectra and shares, each of which adds up to 1.

    photo_power (RINGS,): of ``photos`` photos as the network gets them. power (L, RINGS): of the gradients of L layers'
    units at the pixels, ``samples`` (L,) of them. channels (L, K): share of the squared gradient that arrives at each
    channel of the first convolution.
    """

    photos: int
    photo_power: np.ndarray
    samples: np.ndarray
    power: np.ndarray
    channels: np.ndarray


def no_gradient_sums(layers: int, channels: int) -> GradientSums:
    """Of no photo."""
    return GradientSums(
        0, np.zeros(RINGS), np.zeros(layers, np.int64), np.zeros((layers, RINGS)), np.zeros((layers, channels))
    )


def add_gradients(a: GradientSums, b: GradientSums) -> GradientSums:
    """Both together, in the order of the photos."""
    return GradientSums(
        a.photos + b.photos,
        a.photo_power + b.photo_power,
        a.samples + b.samples,
        a.power + b.power,
        a.channels + b.channels,
    )


@dataclass(frozen=True, eq=False)
class RunningSums:
    """The sums so far, a value: what is interrupted leaves the one before or the one after, never half of both.

    images: how many of the list are in them. joint: None for layers with too many units. gradient_batches: how many
    batches of photos are in ``gradient``, which is None before the first.
    """

    images: int
    units: tuple[UnitSums, ...]
    joint: tuple[JointSums | None, ...]
    gradient_batches: int = 0
    gradient: GradientSums | None = None
    skipped: tuple[FaultyImage, ...] = ()
    cut: tuple[FaultyImage, ...] = ()


class CorruptSums(SentenceError):
    """The file cannot be read as the sums of a run."""


def no_sums(plan: StatisticsPlan) -> RunningSums:
    """Of no photo."""
    units = [count for _, count in plan.layers]
    joint = tuple(no_joint_sums(count) if each else None for count, each in zip(units, plan.correlated, strict=True))
    return RunningSums(0, tuple(map(no_unit_sums, units)), joint)


def save_sums(path: Path, sums: RunningSums, plan: StatisticsPlan) -> None:
    """Raises OSError, as for a full disk."""
    facts = {
        "plan": plan.as_dict(),
        "images": sums.images,
        "gradient_batches": sums.gradient_batches,
        "photos": [each.photos for each in sums.units],
        "observations": [each.observations for each in sums.units],
        "joint_observations": [each.observations if each else 0 for each in sums.joint],
        "gradient_photos": sums.gradient.photos if sums.gradient else 0,
        "skipped": [asdict(image) for image in sums.skipped],
        "cut": [asdict(image) for image in sums.cut],
    }
    arrays = {f"{name}{i}": getattr(each, name) for i, each in enumerate(sums.units) for name in UNIT_ARRAYS}
    for i, each in enumerate(sums.joint):
        if each is not None:
            arrays |= {f"joint_mean{i}": each.mean, f"products{i}": each.products}
    if sums.gradient is not None:
        arrays |= {name: getattr(sums.gradient, name) for name in ("photo_power", "samples", "power", "channels")}
    with written_beside(path) as file:
        np.savez(file, facts=json.dumps(facts), **arrays)


def load_sums(path: Path) -> tuple[RunningSums, dict[str, Any]]:
    """(the sums, the plan that they were made by). Raises FileNotFoundError, CorruptSums."""
    try:
        with arrays_of(path) as table:
            facts = parsed_json(str(table["facts"]))
            if not isinstance(facts["plan"], dict):
                raise CorruptSums("its plan is no table")
            return _sums(facts, table), facts["plan"]
    except (FileNotFoundError, CorruptSums):
        raise
    except (OSError, *CONTENT_ERRORS) as error:
        raise CorruptSums(reason(error)) from error


def _sums(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> RunningSums:
    """Raises what CONTENT_ERRORS names where they do not go with the plan or with each other."""
    sizes = [size for _, size in facts["plan"]["layers"]]
    rows = zip(sizes, facts["photos"], facts["observations"], facts["joint_observations"], strict=True)
    units, joint = [], []
    for i, (size, photos, observations, together) in enumerate(rows):
        own = (with_shape(arrays, f"{name}{i}", "iu" if name == "active" else "f", (size,)) for name in UNIT_ARRAYS)
        units.append(UnitSums(int(photos), int(observations), *own))
        pair = None
        if f"products{i}" in arrays:
            mean = with_shape(arrays, f"joint_mean{i}", "f", (size,))
            pair = JointSums(int(together), mean, with_shape(arrays, f"products{i}", "f", (size, size)))
        joint.append(pair)
    faults = (tuple(FaultyImage(**image) for image in facts[name]) for name in ("skipped", "cut"))
    gradient = _gradient(facts, arrays) if "power" in arrays else None
    return RunningSums(
        int(facts["images"]), tuple(units), tuple(joint), int(facts["gradient_batches"]), gradient, *faults
    )


def _gradient(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> GradientSums:
    samples = with_shape(arrays, "samples", "iu", (None,))
    return GradientSums(
        int(facts["gradient_photos"]),
        with_shape(arrays, "photo_power", "f", (RINGS,)),
        samples,
        with_shape(arrays, "power", "f", (len(samples), RINGS)),
        with_shape(arrays, "channels", "f", (len(samples), None)),
    )
