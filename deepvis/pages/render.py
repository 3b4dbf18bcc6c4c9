"""Templates filled with values. What stands in a value is text, never markup: jinja2 escapes it."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deepvis.core.files import written_beside

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).resolve().parent / "templates"


def render(template: str, **values: Any) -> str:
    """The text of a page. template: a file of ``templates``. Raises jinja2.UndefinedError for an absent value."""
    return _environment().get_template(template).render(values)


def write_page(path: Path, template: str, **values: Any) -> None:
    """The same in a file, as UTF-8; of file names that are no text the bytes become "?". Raises OSError."""
    with written_beside(path) as file:
        file.write(render(template, **values).encode("utf-8", "replace"))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # late: only what writes a page waits for it

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["address"] = lambda path: quote(os.fsencode(path))
    environment.filters["percent"] = lambda share, digits=0: f"{share:.{digits}%}"
    environment.filters["number"] = lambda value, form: f"{value:{form}}"
    return environment
