"""``statistics.json`` of ``deepvis statistics``: for each layer, lists by unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.json_file import finite, read_table
from deepvis.core.regular_file import instead_of_file
from deepvis.gallery.gallery_error import GalleryError

NAME = "statistics.json"
SHOWN = {  # key of the file -> what the pages call it
    "mean": "mean activation",
    "std": "deviation",
    "maximum": "maximum",
    "active": "active in",
}
Row = dict[str, float]


@dataclass(frozen=True)
class UnitStatistics:
    """What the file says of a unit. values: by the keys of ``SHOWN``; what is absent or no number is left out."""

    values: Mapping[str, float]
    dead: bool | None


class StatisticsFile:
    """The statistics of a network's layers. path: None where there is no file."""

    def __init__(self, path: Path | None, layers: Mapping[str, Mapping[str, Any]]) -> None:
        self.path, self._layers = path, layers

    def has(self, layer: str) -> bool:
        return layer in self._layers

    def unit(self, layer: str, channel: int) -> UnitStatistics | None:
        """None where the file says nothing of it."""
        lists = self._layers.get(layer)
        if lists is None:
            return None
        values = {name: number for name in SHOWN if (number := _at(lists.get(name), channel)) is not None}
        dead = _at(lists.get("dead"), channel)
        return UnitStatistics(values, None if dead is None else bool(dead)) if values or dead is not None else None


def find_statistics(named: Path | None, folders: Iterable[Path]) -> Path | None:
    """The file that is named, or the first that lies in one of these folders, or in ``statistics`` of one.

    Raises GalleryError where the one that is named is not there.
    """
    if named is not None:
        if not named.is_file():
            raise GalleryError(
                f"--statistics {named}: found {instead_of_file(named)}, expected the {NAME} that deepvis "
                "statistics has written"
            )
        return named
    places = (place for folder in folders for place in (folder / NAME, folder / "statistics" / NAME))
    return next((place for place in places if place.is_file()), None)


def read_statistics_file(path: Path | None, network: str) -> StatisticsFile:
    """network: the identity; a file that names another is refused. Raises GalleryError."""
    if path is None:
        return StatisticsFile(None, {})
    try:
        content = read_table(path)
        layers = _layers(content["layers"])
    except (OSError, *CONTENT_ERRORS) as error:
        raise GalleryError(
            f"{path} holds no statistics of layers ({reason(error)}); make it anew, or move it away"
        ) from None
    if content.get("network", network) != network:
        raise GalleryError(
            f"{path} holds the statistics of another network (it names {content['network']!r}, expected {network!r}); "
            "name this one's with --statistics"
        )
    return StatisticsFile(path, layers)


def _layers(content: Any) -> dict[str, Mapping[str, Any]]:
    """By name; a list of tables that have a name each does too."""
    rows = (
        content.items() if isinstance(content, dict) else ((row.get("name", row.get("layer")), row) for row in content)
    )
    found = {str(name): row for name, row in rows}
    for name, row in found.items():
        if not isinstance(row, dict):
            raise TypeError(f"layer {name!r} is no table")
    return {name: row["units"] if isinstance(row.get("units"), dict) else row for name, row in found.items()}


def _at(values: Any, channel: int) -> float | None:
    if not isinstance(values, list) or channel >= len(values):
        return None
    value = values[channel]
    return float(value) if isinstance(value, bool) else finite(value)
