"""``fetched.json`` of a model's folder: what was put there, and what is on its way.

    {"version": 1, "sha256": {"w.caffemodel": "..."}, "begun": {"https://...": "the server's word for the content"}}

begun: of downloads that have not come to their end; left out where there are none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.files import write_file
from deepvis.core.json_file import read_table

RECORD_NAME = "fetched.json"


class FetchRecord:
    """sums: file -> sha256 of what was put there. A record that cannot be read counts as none."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / RECORD_NAME
        self.sums: dict[str, str] = {}
        self._begun: dict[str, str] = {}
        try:
            content = read_table(self.path)
            self.sums = _words(content["sha256"])
            self._begun = _words(content.get("begun", {}))
        except (OSError, *CONTENT_ERRORS):
            pass

    def validator(self, url: str) -> str:
        """The server's word for the content whose download was begun, "" where there is none."""
        return self._begun.get(url, "")

    def begin(self, url: str, validator: str) -> None:
        """A download begins. Raises OSError."""
        if self.validator(url) != validator:
            self._begun[url] = validator
            self._write()

    def remember(self, path: str, sha256: str, urls: Sequence[str] = ()) -> None:
        """A file is whole, of one of these addresses. Raises OSError."""
        self.sums[path] = sha256
        for url in urls:
            self._begun.pop(url, None)
        self._write()

    def _write(self) -> None:
        begun = {"begun": self._begun} if self._begun else {}
        write_file(self.path, (json.dumps({"version": 1, "sha256": self.sums, **begun}, indent=1) + "\n").encode())


def _words(table: object) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(each, str) for each in (*table, *table.values())):
        raise ValueError("no table of words")
    return dict(table)
