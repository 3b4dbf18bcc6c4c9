"""The plots of statistics.json, as PNG files. matplotlib is loaded when the first is drawn: an extra of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis.core.files import write_file
from deepvis.core.own_files import PNG_TEXT
from deepvis.core.program import pip_install
from deepvis.statistics.frequencies import FilterKind
from deepvis.statistics.statistics_error import StatisticsError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, GRID = "#22262e", "#6b7280", "#e3e6ea"
BLUE, ORANGE, RED, GREEN = "#2f6fb5", "#d9822b", "#c0392b", "#2e8b57"
LOWEST_SHOWN = 1e-3  # of a layer's mean
LETTERS = 26  # of a layer's name below a plot
DPI = 130
MAP = "viridis"  # for layers, first to last

PLOTS = ("means", "correlation", "conv1", "filters", "gradient")  # all that there may be, by the names of their files

Result = Mapping[str, Any]


def plots_of(result: Result) -> dict[str, Callable[[Result], Figure]]:
    """Name of the file -> what draws it; those that there are numbers for."""
    found: dict[str, Callable[[Result], Figure]] = {"means": means, "correlation": correlation}
    s1 = result["s1"]
    if s1.get("filters"):
        found |= {"conv1": first_convolution_plot, "filters": filters}
    if any(each["radial"] for each in s1["spectra"]["layers"]):
        found["gradient"] = gradient
    return found


def check_matplotlib() -> None:
    """Before the work. Raises StatisticsError with how to get it."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise StatisticsError(
            f"the plots need matplotlib, which is not installed; get it with: {pip_install('matplotlib')}"
        ) from error


def draw(result: Result, folder: Path) -> None:
    """Write every plot into the folder. Raises OSError."""
    check_matplotlib()
    from matplotlib import rc_context  # late: it takes a second to load

    with rc_context({"font.size": 9, "axes.edgecolor": FAINT, "axes.labelcolor": INK, "text.color": INK}):
        for name, plot in plots_of(result).items():
            content = BytesIO()
            plot(result).savefig(content, format="png", dpi=DPI, metadata=PNG_TEXT)
            write_file(folder / f"{name}.png", content.getvalue())


def means(result: Result) -> Figure:
    """Mean activation of every unit beside its layer's, and the share of dead units."""
    layers = {name: each for name, each in result["layers"].items() if each["rectified"] and each["spread"]["mean"]}
    figure = _figure(max(7.0, 0.42 * len(layers) + 2), 5.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    rng = np.random.default_rng(0)
    for place, each in enumerate(layers.values()):
        alive = np.array(each["mean"])[~np.array(each["dead"])] / each["spread"]["mean"]
        x = place + rng.uniform(-0.28, 0.28, len(alive))
        above.scatter(x, np.maximum(alive, LOWEST_SHOWN), s=5, color=BLUE, alpha=0.35, linewidths=0)
        low, high = (max(each["spread"][name] / each["spread"]["mean"], LOWEST_SHOWN) for name in ("low", "high"))
        above.plot([place, place], [low, high], color=INK, linewidth=1.2)
        middle = max(each["spread"]["middle"] / each["spread"]["mean"], LOWEST_SHOWN)
        above.plot([place - 0.25, place + 0.25], [middle, middle], color=INK, linewidth=1.6)
    above.set_yscale("log")
    above.set_ylabel("mean of a unit / mean of its layer")
    above.set_title("Mean activations by layer: every unit, the middle one, and the middle 80 %", loc="left")
    dead = [100 * each["dead_units"] / each["units"] for each in layers.values()]
    below.bar(range(len(layers)), dead, color=RED, width=0.6)
    below.set_ylabel("dead units, %")
    if not any(dead):
        below.text(0.5, 0.5, "no dead units", transform=below.transAxes, ha="center", va="center", color=FAINT)
    below.set_ylim(0, max(5.0, *dead) * 1.1 if dead else 5)
    _layer_names(below, list(layers))
    return _finished(figure, above, below)


def correlation(result: Result) -> Figure:
    """Mean absolute correlation between the units of each layer."""
    found = {name: each["correlation"] for name, each in result["layers"].items() if each["correlation"]}
    found = {name: each for name, each in found.items() if each["mean_absolute"] is not None}
    figure = _figure(max(7.0, 0.42 * len(found) + 2), 3.8)
    axes = figure.subplots()
    axes.bar(range(len(found)), [each["mean_absolute"] for each in found.values()], color=BLUE, width=0.6)
    tops = [abs(each["pairs"][0]["correlation"]) for each in found.values()]
    axes.scatter(range(len(found)), tops, color=ORANGE, s=18, zorder=3, label="the most correlated pair")
    axes.set_ylim(0, 1.05)
    axes.set_ylabel("absolute correlation")
    axes.set_title("Correlation between the units of a layer, on average over pairs", loc="left")
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    _layer_names(axes, list(found))
    return _finished(figure, axes)


def first_convolution_plot(result: Result) -> Figure:
    """Section S1's steps: means, weights and gradient of the first convolution's filters by their frequency."""
    s1 = result["s1"]
    figure = _figure(9.4, 7.2)
    all_axes = figure.subplots(2, 2).ravel()
    for axes, (x, y, key, title) in zip(
        all_axes,
        (
            ("frequency", "mean", "mean_by_frequency", "Mean activation by frequency"),
            ("frequency", "weight", "weight_by_frequency", "Incoming weight by frequency"),
            ("mean", "weight", "weight_by_mean", "Incoming weight by mean activation"),
            ("frequency", "gradient", "gradient_by_frequency", "Gradient that arrives, by frequency"),
        ),
        strict=True,
    ):
        _scatter(axes, s1, x, y)
        found = s1["rank_correlations"][key]
        said = "" if found["r"] is None else f"\nrank correlation {found['r']:+.2f}, p {found['p']:.2g}"
        axes.set_title(title + said, loc="left")
    return _finished(figure, *all_axes)


def _scatter(axes: Axes, s1: Result, x: str, y: str) -> None:
    units = {
        "frequency": f"centre frequency in {s1['layer']}, cycles a pixel",
        "mean": f"mean activation of {s1['activation']}",
        "weight": f"mean absolute weight in {', '.join(s1['readers'][:2]) or 'the next convolution'}",
        "gradient": "gradient (root mean square, 1 on average)",
    }
    for kind, colour, marker in ((FilterKind.EDGE, BLUE, "o"), (FilterKind.COLOUR, ORANGE, "s")):
        rows = [row for row in s1["filters"] if row["kind"] == kind.value and None not in (row[x], row[y])]
        words = {FilterKind.EDGE: "edge filters", FilterKind.COLOUR: "colour filters"}[kind]
        axes.scatter([row[x] for row in rows], [row[y] for row in rows], s=22, color=colour, marker=marker,
                     alpha=0.75, linewidths=0, label=f"{len(rows)} {words}")  # fmt: skip
    axes.set_xlabel(units[x])
    axes.set_ylabel(units[y])
    axes.legend(frameon=False, fontsize=8)


def filters(result: Result) -> Figure:
    """The first convolution's filters by frequency, edges, colours and blank ones apart."""
    s1 = result["s1"]
    columns, cell = 12, 1.0
    figure = _figure(9.4, 1.0)
    axes = figure.subplots()
    top = 0.0
    for kind in FilterKind:
        rows = sorted((row for row in s1["filters"] if row["kind"] == kind.value), key=lambda row: row["frequency"])
        if not rows:
            continue
        axes.text(0, top + 0.3, f"{len(rows)} {kind.value} filters", weight="bold", va="center")
        top += 0.6
        for n, row in enumerate(rows):
            left, upper = n % columns * cell, top + n // columns * 1.32
            picture = np.array(s1["pictures"][row["unit"]], np.uint8)
            axes.imshow(picture, extent=(left, left + 0.92, upper + 0.92, upper), interpolation="nearest", zorder=2)
            mean = "" if row["mean"] is None else f"  {_small(row['mean'])}"
            axes.text(left, upper + 1.1, f"{row['frequency']:.2f}{mean}", fontsize=6.5, color=FAINT, va="center")
        top += -(-len(rows) // columns) * 1.32 + 0.25
    axes.set_xlim(-0.05, columns * cell)
    axes.set_ylim(top, -0.1)
    axes.set_aspect("equal")
    axes.axis("off")
    figure.set_size_inches(9.4, max(1.2, 9.4 * top / (columns * cell)))
    axes.set_title("Filters by centre frequency (cycles a pixel), with their mean activation", loc="left")
    return figure


def gradient(result: Result) -> Figure:
    """Radial averages: photos against the gradient of units at the pixels; what the first filters alone would give."""
    from matplotlib import colormaps

    spectra = result["s1"]["spectra"]
    figure = _figure(10.4, 4.4)
    left, right = figure.subplots(1, 2, sharey=True)
    x = np.array(spectra["frequencies"])
    layers = [each for each in spectra["layers"] if each["radial"]]
    _line(left, x, spectra["photos"], INK, "the photos", 2.2)
    for n, each in enumerate(layers):
        _line(left, x, each, colormaps[MAP](0.85 * n / max(len(layers) - 1, 1)), _short(each["layer"]))
    left.set_title("Gradient of single units at the pixels", loc="left")
    left.set_ylabel("radial average of the power, sum 1")
    if spectra.get("gradient"):
        _line(right, x, spectra["gradient"], INK, "gradient measured, all layers", 2.2)
        for name, colour, words in (
            ("filters", BLUE, "the filters, all alike"),
            ("weights", ORANGE, "by the readers' weights"),
            ("gradient", GREEN, "by the gradient at each filter"),
        ):
            if name in spectra["predicted"]:
                _line(right, x, spectra["predicted"][name], colour, words)
        right.set_title("Noise that comes down through the first filters", loc="left")
    else:
        right.set_axis_off()
    for axes in (left, right):
        axes.set_yscale("log")
        axes.set_xlabel("cycles a pixel")
        axes.legend(frameon=False, fontsize=7.5) if axes.lines else None
    return _finished(figure, left, right)


def _line(axes: Axes, x: np.ndarray, spectrum: Result, colour: Any, label: str, width: float = 1.4) -> None:
    if spectrum["radial"] is None:
        return
    y = np.array(spectrum["radial"])
    shown = y > 0
    axes.plot(x[shown], y[shown], color=colour, linewidth=width, label=f"{label} ({spectrum['centroid']:.2f})")


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def _finished(figure: Figure, *all_axes: Axes) -> Figure:
    for axes in all_axes:
        axes.grid(color=GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=FAINT, labelsize=8)
        axes.title.set_fontsize(9.5)
    return figure


def _layer_names(axes: Axes, names: list[str]) -> None:
    axes.set_xticks(range(len(names)), [_short(name) for name in names], rotation=60, ha="right")
    axes.set_xlim(-0.7, max(len(names) - 0.3, 0.7))


def _small(value: float) -> str:
    """Three digits, without an exponent."""
    return f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.0f}"


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"...{name[3 - LETTERS :]}"
