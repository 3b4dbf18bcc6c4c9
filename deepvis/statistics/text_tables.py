"""The tables that the command prints and the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LAYER_HEADINGS = (
    "layer",
    "units",
    "dead",
    "active",
    "mean",
    "10 %",
    "90 %",
    "variation",
    "furthest tenth",
    "correlation",
)
ABSENT = "-"


def layer_rows(layers: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """A row of LAYER_HEADINGS for each layer."""
    return [
        (
            name,
            str(each["units"]),
            str(each["dead_units"]) if each["rectified"] else ABSENT,
            f"{100 * sum(each['active']) / len(each['active']):.0f} %",
            *(_number(each["spread"][key]) for key in ("mean", "low", "high")),
            _number(each["spread"]["variation"], ".2f"),
            _number(each["spread"]["few"], ".0%").replace("%", " %"),
            _number(each["correlation"] and each["correlation"]["mean_absolute"], ".3f"),
        )
        for name, each in layers.items()
    ]


def spectrum_rows(spectra: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Whose spectrum, its centre, its share above half of the highest frequency, how many gradients."""
    found = [("the photos", spectra["photos"], str(spectra["photos"]["count"]))]
    found += [(f"gradient of {each['layer']}", each, str(each["gradients"])) for each in spectra["layers"]]
    if spectra.get("gradient"):
        found.append(("gradient, all layers", spectra["gradient"], ""))
    words = {"filters": "noise through the filters", "weights": "the same by the readers' weights"}
    words["gradient"] = "the same by the gradient at each filter"
    found += [(words[name], each, "") for name, each in (spectra["predicted"] or {}).items()]
    found.append(("white noise", spectra["noise"], ""))
    return [
        (name, count, _number(each["centroid"], ".3f"), _number(each["share_high"], ".0%").replace("%", " %"))
        for name, each, count in found
    ]


SPECTRUM_HEADINGS = ("spectrum", "of", "centre, cycles a pixel", "above 0.25")
RANK_HEADINGS = ("edge filters of the first convolution", "rank correlation", "p", "filters")


def rank_rows(s1: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What is compared, Spearman's rank correlation, its p, the number of filters."""
    return [
        (key.replace("_", " "), _number(each["r"], "+.2f"), _number(each["p"], ".2g"), str(each["n"]))
        for key, each in s1["rank_correlations"].items()
    ]


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table; the first column to the left, the others to the right."""
    widths = [max(len(row[n]) for row in (headings, *rows)) for n in range(len(headings))]
    for row in (headings, *rows):
        first, *others = (cell.ljust(width) if n == 0 else cell.rjust(width) for n, (cell, width) in enumerate(
            zip(row, widths, strict=True)))  # fmt: skip
        yield "  ".join((first, *others)).rstrip()


def printed(result: Mapping[str, Any]) -> str:
    """All that the command prints of a result."""
    s1 = result["s1"]
    parts = [text_table(LAYER_HEADINGS, layer_rows(result["layers"]))]
    if s1.get("filters"):
        parts.append(text_table(RANK_HEADINGS, rank_rows(s1)))
    parts.append(text_table(SPECTRUM_HEADINGS, spectrum_rows(s1["spectra"])))
    return (
        "\n\n".join("\n".join(part) for part in parts)
        + f"\n\n{result['footnote_4']['conclusion']}\n\n{s1['conclusion']}\n"
    )


def _number(value: float | None, form: str = ".3g") -> str:
    return ABSENT if value is None else f"{value:{form}}"
