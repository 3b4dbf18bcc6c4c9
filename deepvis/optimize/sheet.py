"""The contact sheet of a search: one row a recipe, to sort, look at and keep from. A single HTML file, no network."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from deepvis.core.program import program
from deepvis.optimize.search import Tried
from deepvis.pages.render import render

COMMAND = "search --output THIS_FOLDER"


def contact_sheet(title: str, rows: Mapping[int, Sequence[Tried]]) -> str:
    """The sheet as HTML. rows: recipe's number -> what it made of each unit. Best mean objective first."""
    ordered = sorted(rows, key=lambda number: -_mean([t.objective for t in rows[number]], -math.inf))
    listed = [_row(number, rows[number]) for number in ordered]
    return render("contact_sheet.html", title=title, command=f"{program()} {COMMAND}", rows=listed)


def _row(number: int, tried: Sequence[Tried]) -> dict[str, object]:
    settings = tried[0].recipe.active
    return {
        "number": number,
        "recipe": json.dumps(settings),
        "objective": _mean([t.objective for t in tried], math.nan),
        "smoothness": _mean([t.smoothness for t in tried], math.nan),
        "tried": tried,
        "words": "\n".join(f"{name}: {_word(value)}" for name, value in settings.items()),
    }


def _word(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number:g}" for name, number in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _mean(values: Sequence[float], without: float) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else without
