"""What a unit's preferred pictures have reached: its activation, as the json beside them says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deepvis.core.cache import ByteCache
from deepvis.core.files import file_stamp
from deepvis.core.json_file import finite
from deepvis.live.users_nine import read_json

CACHE = 64  # files of those read last: a unit's nine, and its layer's, are read at every look


class ReachedValues:
    """Reads them; a file is read again when it has changed. What is missing or broken says nothing."""

    def __init__(self) -> None:
        self._contents: ByteCache[dict[str, Any]] = ByteCache(CACHE, lambda content: 1)

    def of_live(self, path: Path) -> float | None:
        """Of one picture. path: of its json."""
        content = self.content(path)
        if "value" in content:
            return finite(content["value"])
        parameters = content.get("parameters")  # of earlier versions
        is_a_unit = isinstance(parameters, dict) and not {"push_terms"} & parameters.keys()
        return finite(content.get("best_objective")) if is_a_unit else None

    def of_layer(self, how: Path, channel: int) -> float | None:
        """Of a unit of a layer whose pictures optimize-layer has made. how: its how.json."""
        content = self.content(how)
        units = content.get("units")
        if content.get("place") == "whole" or not isinstance(units, list) or channel >= len(units):
            return None
        return finite(units[channel])

    def content(self, path: Path) -> dict[str, Any]:
        """Of a json; empty where there is none, or something else."""
        stamp = file_stamp(path)
        if stamp is None:
            return {}
        found = self._contents.get(stamp)
        if found is None:
            found = read_json(path)
            self._contents.put(stamp, found)
        return found
