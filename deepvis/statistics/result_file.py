"""statistics.json: written, read again, and drawn."""

from __future__ import annotations

import json
from typing import Any

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import write_file
from deepvis.core.json_file import read_json, read_table
from deepvis.core.own_files import in_the_way, not_ours
from deepvis.statistics.plots import PLOTS, draw, plots_of
from deepvis.statistics.statistics_error import StatisticsError
from deepvis.statistics.statistics_page import write_statistics_page
from deepvis.statistics.statistics_plan import VERSION, StatisticsFolder


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
    """None where there is none. Raises StatisticsError for a file that is none of this version."""
    try:
        result = read_table(folder.result)
        if result["version"] != VERSION or not isinstance(result["plan"], dict):
            raise ValueError(f"version {result['version']}, expected {VERSION}")
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
