"""The pictures and numbers of a unit on disk: of `optimize-layer`, `optimize`, the window, `scan` and `crops`.

Folders are in the layout of ``core.unit_files``. What was made in another network is left out, and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.files import file_stamp
from deepvis.core.json_file import read_table
from deepvis.core.types import LayerInfo, Patch, UnitStanding
from deepvis.core.unit_files import (
    TOP_FOLDER,
    UnitFileError,
    UnitImagePaths,
    original_image_paths,
    pictures_of_user,
    read_patches,
    read_stats,
    unit_image_paths,
)
from deepvis.gallery.layer_recipe import SHOWN, LayerRecipe, PresetBlock, read_recipe
from deepvis.gallery.montage_file import filled_blocks, is_picture
from deepvis.gallery.single_captions import optimize_caption, window_caption
from deepvis.live.provenance import PictureOrigin, Provenance
from deepvis.scan.results import back_folders

WITH_USERS = LayerRecipe((PresetBlock(SHOWN, "with those kept in the window", ""),))


@dataclass(frozen=True)
class Montage:
    """Four blocks of nine pictures in a file. caption: of where it comes from, "" where that is plain."""

    path: Path
    recipe: LayerRecipe
    caption: str


@dataclass(frozen=True)
class SinglePicture:
    """One picture of a unit: a live optimization of the window, or a result of ``optimize``."""

    path: Path
    caption: str


@dataclass(frozen=True)
class UnitSources:
    """What there is of one unit. backs: back mode -> the montage of the top 9's projections in it."""

    channel: int
    montages: tuple[Montage, ...]
    singles: tuple[SinglePicture, ...]
    top: Path | None
    backs: Mapping[str, Path]
    patches: tuple[Patch, ...]
    top_caption: str
    standing: UnitStanding | None

    def files(self) -> list[Path]:
        """All pictures, in one order."""
        top = [] if self.top is None else [self.top]
        return [*(m.path for m in self.montages), *(s.path for s in self.singles), *top, *self.backs.values()]


class LayerSources:
    """What the folders hold of a layer.

    folders: best first. results: of ``optimize``, by layer and channel. left_out: gets a sentence for each folder whose
    pictures are another network's, and for each file that is no picture.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        info: LayerInfo,
        provenance: Provenance,
        results: Mapping[tuple[str, int], Sequence[SinglePicture]],
    ) -> None:
        self._folders, self._info, self._provenance, self._results = folders, info, provenance, results
        self._recipes: dict[Path, tuple[LayerRecipe | None, str]] = {}
        self.left_out: dict[str, None] = {}

    @cached_property
    def whole(self) -> tuple[Path, LayerRecipe] | None:
        """The picture of the whole layer, and how it was made."""
        for _, place in self._places(0):
            recipe, _ = self._recipe(place)
            if recipe is not None and self._is_there(place.whole_layer):
                return place.whole_layer, recipe
        return None

    @cached_property
    def _standings(self) -> tuple[UnitStanding, ...]:
        """Of the layer itself: a borrowed layer's values are others."""
        for folder in self._folders:
            place = unit_image_paths(folder, self._info.name)
            if not file_stamp(place.stats):
                continue
            if self._provenance.of_stats(place, folder) in (PictureOrigin.ANOTHER, PictureOrigin.OLDER):
                self._leave_out(place.stats.parent)
                continue
            try:
                return read_stats(place.stats)
            except (OSError, UnitFileError) as error:
                self.left_out[str(error)] = None
        return ()

    def unit(self, channel: int) -> UnitSources:
        places = list(self._places(channel))
        montages: dict[Path, Montage] = {}
        for _, place in places:
            if self._is_there(place.montage):
                recipe, caption = self._recipe(place)
                if recipe is not None:
                    montages.setdefault(place.montage, Montage(place.montage, recipe, caption))
        singles = [*self._live(places), *self._results.get((self._info.name, channel), ())]
        top, backs, patches, caption = self._top(places)
        standing = self._standings[channel] if channel < len(self._standings) else None
        return UnitSources(channel, tuple(montages.values()), tuple(singles), top, backs, patches, caption, standing)

    def _places(self, channel: int) -> Iterator[tuple[Path, UnitImagePaths]]:
        """Where the unit's files may be, best first, each with its folder."""
        for layer in dict.fromkeys((self._info.name, self._info.images_of)):
            for folder in self._folders:
                yield folder, unit_image_paths(folder, layer, channel)
                if "/" in layer:
                    yield folder, original_image_paths(folder, layer, channel)

    def _recipe(self, place: UnitImagePaths) -> tuple[LayerRecipe | None, str]:
        """How the pictures of a layer's folder were made, None for another network's; and what is said of that."""
        if _is_with_users(place):
            return WITH_USERS, ""
        if place.how not in self._recipes:
            folder = next((each for each in self._folders if place.how.is_relative_to(each)), None)
            origin = self._provenance.of_preferred(place, folder)
            if origin is PictureOrigin.ANOTHER:
                self._leave_out(place.how.parent)
                self._recipes[place.how] = None, ""
            else:
                recipe = read_recipe(place.how)
                if recipe.layer not in ("", self._info.name, self._info.images_of):
                    self._recipes[place.how] = None, ""
                    return None, ""
                if not recipe.is_named:  # nothing says which blocks are filled: this unit's tell
                    filled = filled_blocks(place.montage)
                    if not filled:
                        return recipe, origin.value
                    recipe = replace(recipe, blocks=tuple(b for b in recipe.blocks if b.index in filled))
                self._recipes[place.how] = recipe, origin.value
        return self._recipes[place.how]

    def _live(self, places: Sequence[tuple[Path, UnitImagePaths]]) -> Iterator[SinglePicture]:
        for folder, place in places:
            if self._is_there(place.live):
                origin = self._provenance.of_live(place, folder)
                if origin is PictureOrigin.ANOTHER:
                    self._leave_out(place.live.parent)
                    continue
                words = [window_caption(place.live.with_suffix(".json")), origin.value]
                yield SinglePicture(place.live, ", ".join(filter(None, words)))

    def _top(
        self, places: Sequence[tuple[Path, UnitImagePaths]]
    ) -> tuple[Path | None, dict[str, Path], tuple[Patch, ...], str]:
        """The first montage of patches, and the projections beside it: both are of the same photos."""
        for folder, place in places:
            backs = {mode: path for mode, path in _backs(folder, place).items() if self._is_there(path)}
            has_top = self._is_there(place.top)
            if not has_top and not backs:
                continue
            origin = self._provenance.of_top(place, folder)
            if origin is PictureOrigin.ANOTHER:
                self._leave_out(place.top.parent)
                continue
            return place.top if has_top else None, backs, self._patches(place), origin.value
        return None, {}, (), ""

    def _patches(self, place: UnitImagePaths) -> tuple[Patch, ...]:
        try:
            return read_patches(place.patches)
        except OSError:  # montages of the original have no such file
            return ()
        except UnitFileError as error:
            self.left_out[str(error)] = None
            return ()

    def _is_there(self, path: Path) -> bool:
        """Is it a picture? A file that is none is named."""
        if file_stamp(path) is None:
            return False
        if not is_picture(path):
            self.left_out[f"{path} cannot be read as a picture; make it anew"] = None
            return False
        return True

    def _leave_out(self, folder: Path) -> None:
        self.left_out[f"the pictures in {folder} were made in another network (other weights, mean or size)"] = None


def _is_with_users(place: UnitImagePaths) -> bool:
    """Is the unit's montage one of those that the window writes, with pictures that its user has kept there?

    They lie beside it, and no how.json.
    """
    return not place.how.exists() and bool(pictures_of_user(place))


def _backs(folder: Path, place: UnitImagePaths) -> dict[str, Path]:
    """Back mode -> where the montage of its projections lies, there or not."""
    below = place.top.relative_to(folder / TOP_FOLDER)
    return {mode: folder / name / below for mode, name in back_folders().items()}


def results_of_optimize(
    folders: Sequence[Path], layers: Sequence[str], is_network: Callable[[str], bool]
) -> dict[tuple[str, int], list[SinglePicture]]:
    """(layer, channel) -> the results that ``deepvis optimize`` has left of that unit.

    They are looked for in the folders themselves and beside the montages. is_network: a word -> does it mean this one?
    """
    found: dict[tuple[str, int], list[SinglePicture]] = {}
    places = [*folders, *(unit_image_paths(folder, layer).how.parent for folder in folders for layer in layers)]
    for info in (path for place in dict.fromkeys(places) for path in sorted(place.glob("*_info.json"))):
        picture = info.with_name(f"{info.name.removesuffix('_info.json')}_best_X.jpg")
        try:
            content = read_table(info)
            parameters = content["parameters"]
            unit = str(parameters["push_layer"]), int(parameters["push_channel"])
            fits = is_network(str(content["network"])) and "push_terms" not in parameters
        except (OSError, *CONTENT_ERRORS):
            continue
        if fits and picture.is_file() and is_picture(picture):
            found.setdefault(unit, []).append(SinglePicture(picture, optimize_caption(content)))
    return found
