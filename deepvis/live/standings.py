"""The statistics that a scan has left of a layer's units: read from the folders of unit images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deepvis.core.files import file_stamp
from deepvis.core.types import UnitStanding
from deepvis.core.unit_files import UnitFileError, UnitImagePaths, read_stats, unit_image_paths
from deepvis.live.provenance import PictureOrigin, Provenance

OTHER_FOLDER = "name a folder for this one with --unit-images"


class StandingsReader:
    """Of a layer's own statistics only: a borrowed layer's values are others. Those of the layer read last stay."""

    def __init__(self, folders: Sequence[Path], provenance: Provenance) -> None:
        self._folders, self._provenance = folders, provenance
        self._last: tuple[object, tuple[UnitStanding, ...], str] = (None, (), "")  # the file's stamp, what it gave

    def __call__(self, layer: str, notes: dict[str, str]) -> tuple[UnitStanding, ...]:
        """Of all units, () where there are none; then ``notes`` gets a sentence on why those there are not shown."""
        for folder in self._folders:
            place = unit_image_paths(folder, layer)
            stamp = file_stamp(place.stats)
            if stamp is None:
                continue
            if stamp != self._last[0]:
                self._last = (stamp, *self._read(place, folder))
            _, standings, problem = self._last
            if not problem:
                return standings
            notes["standing"] = problem
        return ()

    def _read(self, place: UnitImagePaths, folder: Path) -> tuple[tuple[UnitStanding, ...], str]:
        """(the layer's statistics, "") or ((), why they are not shown)."""
        made_in = self._provenance.of_stats(place, folder)
        if made_in is PictureOrigin.ANOTHER:
            return (), made_in_another(place.stats, OTHER_FOLDER)
        if made_in is PictureOrigin.OLDER:
            return (), f"the statistics in {place.stats} are of older weights"
        try:
            return read_stats(place.stats), ""
        except (OSError, UnitFileError) as error:
            return (), str(error)


def made_in_another(path: Path, next_step: str) -> str:
    return f"{path} was made in another network (other weights, mean or size); {next_step}"
