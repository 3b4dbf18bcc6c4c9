"""One page with the tables and plots of statistics.json; it opens from disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepvis.pages.render import write_page
from deepvis.statistics.section_s1 import ENDS
from deepvis.statistics.text_tables import (
    LAYER_HEADINGS,
    RANK_HEADINGS,
    SPECTRUM_HEADINGS,
    layer_rows,
    rank_rows,
    spectrum_rows,
)

MOST_SKIPPED = 50  # that are listed


def write_statistics_page(path: Path, result: Mapping[str, Any], plots: Sequence[str]) -> None:
    """plots: the names of those that lie beside it. Raises OSError."""
    s1, images = result["s1"], result["images"]
    tables: dict[str, tuple[Sequence[str], list[tuple[str, ...]]]] = {
        "layers": (LAYER_HEADINGS, layer_rows(result["layers"]))
    }
    if s1.get("filters"):
        tables["ranks"] = (RANK_HEADINGS, rank_rows(s1))
    tables["spectra"] = (SPECTRUM_HEADINGS, spectrum_rows(s1["spectra"]))
    write_page(
        path,
        "statistics.html",
        title=f"Statistics of {result['model']}",
        images=images,
        skipped=[*images["skipped"], *images["cut"]],
        most=MOST_SKIPPED,
        tables=tables,
        plots=list(plots),
        s1=s1,
        ends=s1.get("ends"),
        few=ENDS,
        follows=s1["spectra"]["follows"],
        footnote=result["footnote_4"]["conclusion"],
        pairs=_pairs(result["layers"]),
    )


def _pairs(layers: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Layer -> its most correlated pairs, in words."""
    found = []
    for name, each in layers.items():
        pairs = each["correlation"]["pairs"] if each["correlation"] else []
        if pairs:
            found.append((name, [f"{a} and {b}: {value:+.2f}" for (a, b), value in map(_of, pairs)]))
    return found


def _of(pair: Mapping[str, Any]) -> tuple[list[int], float]:
    return pair["units"], pair["correlation"]
