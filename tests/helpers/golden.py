"""The golden data: what real Caffe computed (tests/golden/README.md explains the files)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

GROUPS = ("in", "data", "seed", "diff", "bp", "dc", "stat", "samp")


@dataclass(frozen=True, eq=False)
class Case:
    """One folder: meta.json, and the arrays of case.npz by kind ("in", "data", ...) and name."""

    folder: Path
    meta: Mapping[str, Any]
    arrays: Mapping[str, Mapping[str, np.ndarray]]

    @property
    def files(self) -> tuple[Path, Path | None]:
        """Prototxt and weights, where there are any; the weights may be another case's."""
        weights = self.folder / self.meta.get("model", {}).get("weights", "weights.caffemodel")
        return self.folder / "net.prototxt", weights if weights.exists() else None


def folders(root: Path, kind: str) -> list[Path]:
    """The cases of one kind ("layers", "nets"), sorted."""
    return sorted(path.parent for path in (root / kind).glob("*/meta.json"))


def load(folder: Path) -> Case:
    arrays: dict[str, dict[str, np.ndarray]] = {group: {} for group in GROUPS}
    with np.load(folder / "case.npz") as stored:
        for key in stored.files:
            kind, name = key.split("__", 1)
            arrays[kind][name] = stored[key]
    return Case(folder, json.loads((folder / "meta.json").read_text()), arrays)


def distance(got: np.ndarray, want: np.ndarray) -> float:
    """Largest difference as a share of the wanted array's largest magnitude; infinite where shapes differ or at nan."""
    if got.shape != want.shape or not np.isfinite(got).all():
        return np.inf
    if want.size == 0:
        return 0.0
    scale = min(float(np.abs(want).max()), 1e6)  # empty windows of MAX pooling hold -FLT_MAX
    away = np.abs(got.astype(np.float64) - want)[np.abs(want) < 1e30]
    return float(away.max(initial=0.0)) / max(scale, 1e-5)


def samples(array: np.ndarray) -> np.ndarray:
    """The 64 values that stand for a large blob."""
    flat = array.reshape(-1)
    return flat[(np.arange(64) * 2654435761 + 12345) % flat.size]
