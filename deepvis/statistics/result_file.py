"""statistics.json: written, read again, and drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import write_file
from deepvis.core.json_file import read_json, read_table
from deepvis.core.own_files import in_the_way, not_ours
from deepvis.pages.render import write_page
from deepvis.statistics.plots import PLOTS, draw, plots_of
from deepvis.statistics.result_fields import check_fields
from deepvis.statistics.section_s1 import ENDS
from deepvis.statistics.statistics_error import StatisticsError
from deepvis.statistics.statistics_plan import VERSION, StatisticsFolder
from deepvis.statistics.text_tables import (
    LAYER_HEADINGS,
    RANK_HEADINGS,
    SPECTRUM_HEADINGS,
    layer_rows,
    rank_rows,
    spectrum_rows,
)


def write_result(result: dict[str, Any], folder: StatisticsFolder) -> None:
    """The same numbers give the same bytes. Raises OSError."""
    write_file(folder.result, json.dumps(result, separators=(",", ":")).encode())


def check_own(folder: StatisticsFolder) -> None:
    """Is all that will be written absent, or an earlier run's? Raises StatisticsError where another file has a name."""
    is_result = _is_result(folder)
    if folder.result.exists() and not is_result:
        raise StatisticsError(in_the_way(folder.result))
    plots = () if is_result else [folder.root / f"{name}.png" for name in PLOTS]  # earlier ones bear no mark
    if (path := not_ours([folder.page, *plots])) is not None:
        raise StatisticsError(in_the_way(path))


def _is_result(folder: StatisticsFolder) -> bool:
    """Is there a statistics.json of some version?"""
    try:
        result = read_json(folder.result)
    except (OSError, ValueError):
        return False
    return isinstance(result, dict) and {"version", "plan"} <= set(result)


def read_result(folder: StatisticsFolder) -> dict[str, Any] | None:
    """None where there is none. Raises StatisticsError for one that is not of this version, or has other fields."""
    try:
        result = read_table(folder.result)
        if result["version"] != VERSION:
            raise ValueError(f"version {result['version']}, expected {VERSION}")
        check_fields(result)
    except FileNotFoundError:
        return None
    except CONTENT_ERRORS as error:
        raise StatisticsError(
            f"{folder.result} cannot be read ({reason(error)}); start over with --overwrite"
        ) from error
    return result


def check_drawn(result: dict[str, Any], folder: StatisticsFolder) -> bool:
    """Draw the plots and the page unless they are there; was anything drawn? The page comes last.

    Raises StatisticsError where the result lacks what they show.
    """
    try:
        names = list(plots_of(result))
        if folder.page.exists() and all((folder.root / f"{name}.png").exists() for name in names):
            return False
        draw(result, folder.root)
        write_statistics_page(folder.page, result, names)
    except CONTENT_ERRORS as error:
        raise StatisticsError(
            f"{folder.result} cannot be drawn ({reason(error)}); start over with --overwrite"
        ) from error
    return True


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
