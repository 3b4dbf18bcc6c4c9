"""From a unit to its pictures on disk, with a byte-bounded memory of what was read. No thread."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepvis.core.cache import ByteCache
from deepvis.core.files import file_stamp
from deepvis.core.types import NetInfo, Patch, Unit, UnitImages, WholeLayer
from deepvis.core.unit_files import (
    LEFT_OUT,
    SAVED_TOP,
    UnitFileError,
    UnitImagePaths,
    channel_of,
    original_image_paths,
    pictures_of_user,
    read_patches,
    unit_image_paths,
)
from deepvis.live.provenance import PictureOrigin, Provenance
from deepvis.live.reached_values import ReachedValues
from deepvis.live.standings import OTHER_FOLDER, StandingsReader, made_in_another
from deepvis.live.unit_image_commands import Commands
from deepvis.live.users_nine import NINE, is_alone, is_behind
from deepvis.sources.photos import PhotoError, load_rgb

CACHE_BYTES = 64 << 20
PRESS_X = "press x to make this one now"  # the next step where preferred pictures are of another network


@dataclass(frozen=True, eq=False)
class _Found:
    """A preferred picture in the files. value: the unit's activation by it, None where nothing says it."""

    rgb: np.ndarray
    made_in: PictureOrigin
    note: str
    value: float | None


class UnitImageReader:
    """Reads unit pictures from folders in the layout of ``core.unit_files``.

    provenance: what was made in another network is not shown. What says nothing of its network is shown,
    with a note. The first folder that has a picture wins; a unit's top 9 and its projections come from the same
    one. A layer's own pictures come before those of the layer that it borrows from; names with slashes are looked for
    in the original's sub-folders too. A picture is kept in memory, at most ``cache_bytes`` of them, and read again when
    its file has changed. Files that are missing or broken become notes. What was made with older weights comes last.
    filters: layer -> a picture (h, w, 3) of each filter where the layer is the first convolution: they stand in for
    preferred pictures that nobody has made yet.
    """

    def __init__(
        self,
        folders: Sequence[str | os.PathLike[str]],
        info: NetInfo,
        commands: Commands,
        cache_bytes: int = CACHE_BYTES,
        provenance: Provenance | None = None,
        filters: Callable[[str], np.ndarray | None] = lambda layer: None,
    ) -> None:
        self._filters = filters
        self._provenance = provenance or Provenance()
        self._folders = tuple(Path(folder) for folder in folders if str(folder))
        self._info = info
        self._commands = commands
        self._pictures: ByteCache[np.ndarray] = ByteCache(cache_bytes, lambda picture: picture.nbytes)
        self._standings = StandingsReader(self._folders, self._provenance)
        self._reached = ReachedValues()

    def unit(self, unit: Unit, version: int) -> UnitImages:
        """What there is of a unit; each missing picture leaves a note on how to make it, or why nothing can."""
        if unit.layer in self._info.missing:
            note = self._info.layer(unit.layer).missing_words
            return UnitImages(unit, version, notes=dict.fromkeys(("optimized", "top", "top_back"), note))
        notes: dict[str, str] = {}
        places = list(self._places(unit))
        optimized, value = self._optimized(unit, places, notes)
        origins = self._origins(places, notes)
        top, paths = self._first([(place.top, place) for place in origins], "top", notes)
        folder = None if paths is None else self._folder_of(paths)
        beside = [place for place in origins if folder in (None, self._folder_of(place))]
        top_back, back_paths = self._first([(place.top_back, place) for place in beside], "top_back", notes)
        for name, shown in (("top", paths), ("top_back", back_paths)):
            if shown is None:
                command = self._commands.top(self._source_layer(unit.layer))
                notes.setdefault(name, f"none yet; press G to scan the open files; for others: {command}")
            elif origins[shown] is not PictureOrigin.THIS:
                notes[name] = origins[shown].value
        if folder is not None and folder == self._provenance.own_folder:
            notes["top"] = SAVED_TOP
        standings = self._standings(unit.layer, notes)
        return UnitImages(
            unit=unit,
            version=version,
            optimized=optimized,
            top=top,
            top_back=top_back,
            notes=notes,
            patches=self._patches(paths, notes),
            standing=standings[unit.channel] if unit.channel < len(standings) else None,
            value=value,
        )

    def own_nine(self, unit: Unit) -> np.ndarray | None:
        """The block of nine that optimize-layer has made of a unit, (h, w, 3), without what the user has kept."""
        own = self._of_layer(self._places(unit))
        return None if own is None else own.rgb

    def _of_layer(self, places: Iterable[UnitImagePaths]) -> _Found | None:
        """What optimize-layer has made of a unit, without what the user has kept; None where there is none."""
        found = self._preferred([place for place in places if not pictures_of_user(place)], {})
        return next((picture for picture in found if picture.made_in is not PictureOrigin.OLDER), None)

    def whole_layer(self, layer: str, version: int) -> WholeLayer:
        """One preferred picture for each unit of a layer, or a note on how to make them, or why nothing can."""
        if layer in self._info.missing:
            return WholeLayer(layer, version, None, self._info.layer(layer).missing_words)
        units = self._info.layer(layer).channels
        standings = self._standings(layer, {})
        notes: dict[str, str] = {}
        older: WholeLayer | None = None
        for place in self._places(Unit(layer, 0)):
            made_in = self._preferred_made_in(place, place.whole_layer, notes, "tiles")
            if made_in is PictureOrigin.ANOTHER or (made_in is PictureOrigin.OLDER and older is not None):
                continue
            tiles = self._picture(place.whole_layer, notes, "tiles", lambda rgb: cut_tiles(rgb, units))
            if tiles is not None:
                found = WholeLayer(layer, version, tiles, made_in.value, standings)
                if made_in is not PictureOrigin.OLDER:
                    return found
                older = found
        filters = self._filters(self._source_layer(layer))
        if filters is not None and len(filters) == units:
            return WholeLayer(layer, version, filters, "", standings, title="its filters")
        if older is not None:
            return older
        command = self._commands.optimize(self._source_layer(layer))
        missing = f"no preferred pictures of {layer} yet; {f'{command} makes them' if command else PRESS_X}"
        return WholeLayer(layer, version, None, notes.get("tiles", missing), standings)

    def _source_layer(self, layer: str) -> str:
        """The layer whose pictures this one shows."""
        images_of_layer = {info.name: info.images_of for info in self._info.layers}
        return images_of_layer.get(layer, layer)

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

    def _optimized(
        self, unit: Unit, places: list[UnitImagePaths], notes: dict[str, str]
    ) -> tuple[np.ndarray | None, float | None]:
        """What the unit prefers, and what it reached: the nine with those that the user has kept, or the finished
        picture alone; then the layer's own nine. Of older weights last.
        """
        older: list[_Found] = []
        for found in (
            *self._with_users(places, notes),
            *self._live(places, notes),
            *self._preferred(places, notes),
            *self._live(places, notes, behind=True),
        ):
            if found.made_in is PictureOrigin.OLDER:
                older.append(found)
                continue
            notes.pop("optimized", None)
            if found.note:
                notes["optimized"] = found.note
            return found.rgb, found.value
        if older:
            notes["optimized"] = older[0].note
            return older[0].rgb, older[0].value
        command = self._commands.optimize(self._source_layer(unit.layer))
        all_of_them = f"; {command} makes them all" if command else ""
        notes.setdefault("optimized", f"none yet; press x to make this one now{all_of_them}")
        return None, None

    def _with_users(self, places: list[UnitImagePaths], notes: dict[str, str]) -> Iterator[_Found]:
        """The unit's nine with those that the user has kept, unless a finished picture is shown alone (users_nine)."""
        for place in places:
            of_user = pictures_of_user(place)
            if not of_user or not file_stamp(place.montage) or is_alone(place, of_user, self._reached.content):
                continue
            made_in = self._preferred_made_in(place, place.montage, notes, "optimized")
            if made_in is PictureOrigin.ANOTHER:
                continue
            block = self._picture(place.montage, notes, "optimized", lower_left)
            if block is not None:
                older = f"{made_in.value}: " if made_in is PictureOrigin.OLDER else ""
                value = self._best_of_nine(places, of_user[-NINE:])
                yield _Found(block, made_in, f"{older}{min(len(of_user), NINE)} of the nine kept by you", value)

    def _best_of_nine(self, places: list[UnitImagePaths], of_user: list[Path]) -> float | None:
        """The largest value of the user's pictures among a unit's nine, and of the layer's own where it has room."""
        own = self._of_layer(places) if len(of_user) < NINE else None
        values = [self._reached.of_live(path.with_suffix(".json")) for path in of_user]
        if own is not None:
            values.append(own.value)
        return max((value for value in values if value is not None), default=None)

    def _live(self, places: list[UnitImagePaths], notes: dict[str, str], *, behind: bool = False) -> Iterator[_Found]:
        """The unit's live optimizations, with what they are. behind: those that the nine are shown before."""
        for place in places:
            if not file_stamp(place.live) or is_behind(place, self._reached.content) is not behind:
                continue
            made_in = self._provenance.of_live(place, self._folder_of(place))
            if made_in is PictureOrigin.ANOTHER:
                notes["optimized"] = made_in_another(place.live, PRESS_X)
                continue
            live = self._picture(place.live, notes, "optimized")
            if live is not None:
                older = f"{made_in.value}: " if made_in is PictureOrigin.OLDER else ""
                value = self._reached.of_live(place.live.with_suffix(".json"))
                yield _Found(live, made_in, f"{older}your own live optimization", value)

    def _preferred(self, places: Sequence[UnitImagePaths], notes: dict[str, str]) -> Iterator[_Found]:
        """Its block of the montages that the offline optimizer made."""
        for place in places:
            made_in = self._preferred_made_in(place, place.montage, notes, "optimized")
            if made_in is PictureOrigin.ANOTHER:
                continue
            block = self._picture(place.montage, notes, "optimized", lower_left)
            if block is not None:
                yield _Found(block, made_in, made_in.value, self._reached.of_layer(place.how, channel_of(place)))

    def _preferred_made_in(self, place: UnitImagePaths, path: Path, notes: dict[str, str], name: str) -> PictureOrigin:
        """Where the preferred pictures of a place, ``path`` among them, come from; a note if from another network."""
        if not file_stamp(path):
            return PictureOrigin.THIS
        made_in = self._provenance.of_preferred(place, self._folder_of(place))
        if made_in is PictureOrigin.ANOTHER:
            notes[name] = made_in_another(place.how.parent, PRESS_X)
        return made_in

    def _origins(self, places: list[UnitImagePaths], notes: dict[str, str]) -> dict[UnitImagePaths, PictureOrigin]:
        """The places whose top 9 or projections may be shown; a note on those that were made in another network."""
        found: dict[UnitImagePaths, PictureOrigin] = {}
        for place in places:
            if file_stamp(place.top) or file_stamp(place.top_back):
                made_in = self._provenance.of_top(place, self._folder_of(place))
                if made_in is PictureOrigin.ANOTHER:
                    notes["top"] = notes["top_back"] = made_in_another(place.top.parent, OTHER_FOLDER)
                    notes[LEFT_OUT] = "the folder's are of another network"
                else:
                    found[place] = made_in
        return found

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
        stamp = file_stamp(path)
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
