"""The relative change of every layer from frame to frame: collected, summed up, written, drawn (docs/over-time.md)."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.files import write_file
from deepvis.core.steadiness import relative_change
from deepvis.statistics.plots import DPI, GRID, INK, LETTERS, MAP, check_matplotlib

FORMAT = 1  # of steadiness.json


@dataclass
class LayerChanges:
    """seconds: of the second frame of each pair. changes: layer -> one number a pair, in the network's order."""

    seconds: list[float] = field(default_factory=list)
    changes: dict[str, list[float]] = field(default_factory=dict)

    def take(self, frames: Iterable[tuple[float, Mapping[str, np.ndarray]]]) -> LayerChanges:
        """Add the changes between each two neighbours. frames: seconds, and the values of the layers."""
        before: Mapping[str, np.ndarray] | None = None
        for seconds, values in frames:
            if before is not None:
                self.seconds.append(seconds)
                for layer in values:
                    self.changes.setdefault(layer, []).append(relative_change(before[layer], values[layer]))
            before = values
        return self

    def facts(self) -> list[dict[str, Any]]:
        """Mean, median and largest change of each layer."""
        return [
            {
                "layer": layer,
                "mean": float(np.mean(found)),
                "median": float(np.median(found)),
                "largest": float(np.max(found)),
            }
            for layer, found in self.changes.items()
        ]


def document(found: LayerChanges, about: Mapping[str, Any]) -> dict[str, Any]:
    """What steadiness.json holds. about: the network, the frames."""
    what = "|after - before| / ((|before| + |after|) / 2), Euclidean norms over all values of a layer"
    return {
        "format": FORMAT,
        **about,
        "change": what,
        "pairs": len(found.seconds),
        "layers": found.facts(),
        "seconds": [round(each, 4) for each in found.seconds],
        "changes": {layer: [shown(each) for each in row] for layer, row in found.changes.items()},
    }


def shown(value: float) -> float | None:
    """Six digits; None for what is no number."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def table(found: LayerChanges) -> str:
    """The same as CSV: a row for each pair, a column for each layer."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["seconds", *found.changes])
    for number, seconds in enumerate(found.seconds):
        rows.writerow([f"{seconds:.4f}", *(f"{row[number]:.6g}" for row in found.changes.values())])
    return text.getvalue()


def draw(found: LayerChanges, title: str, path: Path) -> None:
    """Every layer over time, and its mean, as a PNG file. Raises StatisticsError without matplotlib, OSError."""
    check_matplotlib()
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained")
    over_time, means = figure.subplots(1, 2, width_ratios=(3, 2))
    names = list(found.changes)
    colors = [colormaps[MAP](n / max(len(names) - 1, 1) * 0.92) for n in range(len(names))]
    for name, color in zip(names, colors, strict=True):
        over_time.plot(found.seconds, found.changes[name], color=color, linewidth=1)
    over_time.set(xlabel="seconds", ylabel="relative change from frame to frame", title=title, yscale="log")
    over_time.grid(color=GRID)
    places = range(len(names))
    means.barh(places, [float(np.mean(found.changes[name])) for name in names], color=colors)
    means.set(yticks=places, title="mean", xlabel="relative change")
    means.set_yticklabels([name[-LETTERS:] for name in names], fontsize=7, color=INK)
    means.invert_yaxis()
    means.grid(color=GRID, axis="x")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None})
    write_file(path, content.getvalue())
