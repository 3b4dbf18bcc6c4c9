"""From a unit to its pictures on disk, with a byte-bounded memory of what was read. No thread."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from deepvis.core.cache import ByteCache
from deepvis.core.types import NetInfo, Patch, Unit, UnitImages, UnitStanding, WholeLayer
from deepvis.core.unit_files import (
    SAVED_TOP,
    UnitFileError,
    UnitImagePaths,
    network_of_pictures,
    original_image_paths,
    read_patches,
    read_stats,
    unit_image_paths,
)
from deepvis.live.unit_image_commands import Commands
from deepvis.sources.photos import PhotoError, load_rgb

CACHE_BYTES = 64 << 20


class UnitImageReader:
    """Reads unit pictures from folders in the layout of ``core.unit_files``.

    own_folder: the one of ``folders`` where the window saves. network: its fingerprint; preferred pictures that say
    they were made in another network are not shown. The first folder that has a picture wins; a unit's
    top 9 and its projections come from the same one. A layer's own pictures come before those of the layer that it
    borrows from; names with slashes are looked for in the original's sub-folders too. A picture is kept in memory,
    at most ``cache_bytes`` of them, and read again when its file has changed. Files that are missing or broken
    become notes.
    """

    def __init__(
        self,
        folders: Sequence[str | os.PathLike[str]],
        info: NetInfo,
        commands: Commands,
        cache_bytes: int = CACHE_BYTES,
        own_folder: Path | None = None,
        network: str = "",
    ) -> None:
        self._network = network
        self._own_folder = own_folder
        self._folders = tuple(Path(folder) for folder in folders if str(folder))
        self._info = info
        self._commands = commands
        self._pictures: ByteCache[np.ndarray] = ByteCache(cache_bytes, lambda picture: picture.nbytes)
        self._standings: tuple[object, tuple[UnitStanding, ...]] = (None, ())  # of the layer read last, with its stamp

    def unit(self, unit: Unit, version: int) -> UnitImages:
        """What there is of a unit; each missing picture leaves a note on how to make it."""
        notes: dict[str, str] = {}
        places = list(self._places(unit))
        optimized = self._optimized(unit, places, notes)
        top, paths = self._first([(place.top, place) for place in places], "top", notes)
        folder = None if paths is None else self._folder_of(paths)
        beside = [place for place in places if folder in (None, self._folder_of(place))]
        top_back, _ = self._first([(place.top_back, place) for place in beside], "top_back", notes)
        if folder is not None and folder == self._own_folder:
            notes["top"] = SAVED_TOP
        for name, picture in (("top", top), ("top_back", top_back)):
            if picture is None:
                notes.setdefault(name, f"none yet; {self._commands.top(self._source_layer(unit.layer))} makes them")
        return UnitImages(
            unit=unit,
            version=version,
            optimized=optimized,
            top=top,
            top_back=top_back,
            notes=notes,
            patches=self._patches(paths, notes),
            standing=self._standing(unit, notes),
        )

    def whole_layer(self, layer: str, version: int) -> WholeLayer:
        """One preferred picture for each unit of a layer, or a note on how to make them."""
        units = self._info.layer(layer).channels
        notes: dict[str, str] = {}
        for place in self._places(Unit(layer, 0)):
            if self._is_of_another_network(place, place.whole_layer, notes, "tiles"):
                continue
            tiles = self._picture(place.whole_layer, notes, "tiles", lambda rgb: cut_tiles(rgb, units))
            if tiles is not None:
                return WholeLayer(layer, version, tiles)
        missing = (
            f"no preferred pictures of {layer} yet; {self._commands.optimize(self._source_layer(layer))} makes them"
        )
        return WholeLayer(layer, version, None, notes.get("tiles", missing))

    def _source_layer(self, layer: str) -> str:
        """The layer whose pictures this one shows."""
        known = {info.name: info.images_of for info in self._info.layers}
        return known.get(layer, layer)

    def _places(self, unit: Unit) -> Iterator[UnitImagePaths]:
        """Where the unit's files may be, best first."""
        for layer in dict.fromkeys((unit.layer, self._source_layer(unit.layer))):
            for folder in self._folders:
                yield unit_image_paths(folder, layer, unit.channel)
                if "/" in layer:
                    yield original_image_paths(folder, layer, unit.channel)

    def _folder_of(self, place: UnitImagePaths) -> Path | None:
        """The folder that a place lies in: a unit's top 9 and its projections are of the same photos."""
        return next((folder for folder in self._folders if place.top.is_relative_to(folder)), None)

    def _optimized(self, unit: Unit, places: list[UnitImagePaths], notes: dict[str, str]) -> np.ndarray | None:
        for place in places:
            live = self._picture(place.live, notes, "optimized")
            if live is not None:
                notes["optimized"] = "your own live optimization"
                return live
        for place in places:
            if self._is_of_another_network(place, place.montage, notes, "optimized"):
                continue
            block = self._picture(place.montage, notes, "optimized", lower_left)
            if block is not None:
                notes.pop("optimized", None)
                return block
        command = self._commands.optimize(self._source_layer(unit.layer))
        notes.setdefault("optimized", f"none yet; press x to make this one now; {command} makes them all")
        return None

    def _is_of_another_network(self, place: UnitImagePaths, path: Path, notes: dict[str, str], name: str) -> bool:
        """Networks whose files share a folder share the folder of pictures too."""
        made_in = network_of_pictures(place.how) if self._network and path.exists() else ""
        if made_in in ("", self._network):
            return False
        other = "were made in another network (other weights, mean or size); press x to make this one now"
        notes[name] = f"the pictures in {place.how.parent} {other}"
        return True

    def _first(
        self, places: list[tuple[Path, UnitImagePaths]], name: str, notes: dict[str, str]
    ) -> tuple[np.ndarray | None, UnitImagePaths | None]:
        """The first of the files that gives a picture, and where it lies."""
        for path, place in places:
            picture = self._picture(path, notes, name)
            if picture is not None:
                notes.pop(name, None)
                return picture, place
        return None, None

    def _picture(self, path: Path, notes: dict[str, str], name: str, part=None) -> np.ndarray | None:
        """``part`` of the picture in a file, read-only; None where there is none, with a note if it is broken."""
        stamp = _stamp(path)
        if stamp is None:
            return None
        key = (stamp, name)
        picture = self._pictures.get(key)
        if picture is None:
            try:
                picture = load_rgb(path)
            except PhotoError as error:
                notes[name] = str(error)
                return None
            picture = np.ascontiguousarray(part(picture)) if part else picture
            picture.setflags(write=False)
            self._pictures.put(key, picture)
        return picture

    def _patches(self, place: UnitImagePaths | None, notes: dict[str, str]) -> tuple[Patch, ...]:
        if place is None:
            return ()
        try:
            return read_patches(place.patches)
        except OSError:  # montages of the original have no such file
            return ()
        except UnitFileError as error:
            notes["top"] = str(error)
            return ()

    def _standing(self, unit: Unit, notes: dict[str, str]) -> UnitStanding | None:
        """The layer's own statistics only: a borrowed layer's values are others."""
        for folder in self._folders:
            path = unit_image_paths(folder, unit.layer).stats
            stamp = _stamp(path)
            if stamp is None:
                continue
            if stamp != self._standings[0]:
                try:
                    self._standings = (stamp, read_stats(path))
                except (OSError, UnitFileError) as error:
                    notes["standing"] = str(error)
                    continue
            standings = self._standings[1]
            return standings[unit.channel] if unit.channel < len(standings) else None
        return None


def lower_left(rgb: np.ndarray) -> np.ndarray:
    """The lower left quarter of a montage: the block that the paper's figures show."""
    height, width = rgb.shape[:2]
    return rgb[height // 2 :, : max(1, width // 2)]


def cut_tiles(rgb: np.ndarray, units: int) -> np.ndarray:
    """(units, h, w, 3) from a square of ceil(sqrt(units)) cells a side, row-major."""
    side = math.ceil(math.sqrt(units))
    height, width = max(1, rgb.shape[0] // side), max(1, rgb.shape[1] // side)
    tops = np.minimum(np.arange(side) * rgb.shape[0] // side, rgb.shape[0] - height)
    lefts = np.minimum(np.arange(side) * rgb.shape[1] // side, rgb.shape[1] - width)
    rows = (tops[:, None] + np.arange(height)).ravel()
    cols = (lefts[:, None] + np.arange(width)).ravel()
    cells = rgb[rows][:, cols].reshape(side, height, side, width, 3).swapaxes(1, 2)
    return cells.reshape(side * side, height, width, 3)[:units]


def _stamp(path: Path) -> tuple[str, int, int] | None:
    """What tells a file from its later self; None where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return str(path), status.st_mtime_ns, status.st_size
