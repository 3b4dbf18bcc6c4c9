"""How the figures of a folder were made: ``figures.json`` beside them, so that none takes another one's place unasked.

Version 1: model and network (its identity), and of each figure by its file's name: title, titles of its rows, recipes,
how many pictures, and a digest of all that decides its pixels. Written before the first picture is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import write_file
from deepvis.core.json_file import read_table
from deepvis.core.own_files import not_ours
from deepvis.optimize.figures import NAMES, Figure
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.results import Origin, to_json

VERSION = 1
UNKNOWN = "is there already, and nothing says how it was made"


@dataclass(frozen=True)
class FigureFolder:
    """The figures in a folder. origin: the network in which they are asked for now."""

    folder: Path
    origin: Origin

    @property
    def file(self) -> Path:
        return self.folder / "figures.json"

    def png(self, name: str) -> Path:
        return self.folder / f"{name}.png"

    def check(self, figures: Sequence[Figure], is_drawn: Callable[[Figure], bool]) -> None:
        """Raises OptimizeError where figures were made in another way. Changes nothing.

        is_drawn: is the figure's file what would be drawn now? Asked where nothing says how it was made.
        """
        recorded = self._read()
        made = recorded["figures"] if recorded else {}
        if recorded and any(self.png(name).exists() for name in made) and not self.origin.matches(recorded):
            raise OptimizeError(
                f"{self.folder} holds figures of another network, {recorded['model']} ({self.file} says which); "
                "give --overwrite to overwrite them, or another --output"
            )
        asked = {figure.name: figure for figure in figures}
        for name in filter(lambda each: self.png(each).exists(), NAMES):
            if name in asked and name in made and made[name] != _how(asked[name]):
                said = f"was made in another way ({self.file} says how)"
            elif name in asked and name not in made and not is_drawn(asked[name]):
                said = UNKNOWN
            elif name not in asked and recorded is None and not_ours([self.png(name)]) is None:
                said = UNKNOWN  # of another network, perhaps
            else:
                continue
            raise OptimizeError(f"{self.png(name)} {said}; give --overwrite to go on all the same, or another --output")

    def begin(self, figures: Sequence[Figure], *, overwrite: bool) -> None:
        """Write down how the figures are made now. overwrite: what was made otherwise goes. Raises OSError."""
        try:
            recorded = self._read()
        except OptimizeError:
            recorded = None
        before = recorded["figures"] if recorded else {}
        is_ours = recorded is not None and self.origin.matches(recorded)
        now = {figure.name: _how(figure) for figure in figures}
        kept = {name: how for name, how in before.items() if is_ours and now.get(name, how) == how}
        for name in (before.keys() | now.keys()) - kept.keys() if overwrite else ():
            for path in (self.png(name), self.png(name).with_suffix(".jpg")):
                if not_ours([path]) is None:
                    path.unlink(missing_ok=True)
        made = {"version": VERSION, **self.origin.as_dict(), "figures": dict(sorted({**kept, **now}.items()))}
        if made != recorded:
            write_file(self.file, to_json(made))

    def _read(self) -> dict[str, Any] | None:
        try:
            content = read_table(self.file)
            figures = content["figures"]
            is_right = content["version"] == VERSION and isinstance(figures, dict) and set(figures) <= set(NAMES)
            if not is_right or not all(isinstance(content[key], str) for key in ("model", "network")):
                raise ValueError("it is of another version, or no record of figures")
            return content
        except FileNotFoundError:
            return None
        except CONTENT_ERRORS as error:
            raise OptimizeError(
                f"{self.file} cannot be read ({reason(error)}); give --overwrite to overwrite it, or another --output"
            ) from None


def _how(figure: Figure) -> dict[str, Any]:
    recipes = list(dict.fromkeys(json.dumps(job.recipe.as_dict(), sort_keys=True) for job in figure.jobs))
    pixels = [figure.title, figure.wrap, figure.side]
    pixels += [[row.title, list(row.captions), [job.as_dict() for job in row.jobs]] for row in figure.rows]
    made: dict[str, Any] = {
        "title": figure.title,
        "rows": [row.title for row in figure.rows],
        "recipes": [json.loads(recipe) for recipe in recipes],
        "pictures": len(figure.jobs),
        "digest": hashlib.sha256(json.dumps(pixels, sort_keys=True).encode()).hexdigest(),
    }
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found
