"""A finished scan as it lies on disk, and where its pictures do. No torch: the report needs none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from deepvis.core.back_modes import DECONV
from deepvis.core.regular_file import open_regular
from deepvis.core.types import Patch, Unit
from deepvis.core.unit_files import BACK_FOLDER, TOP_FOLDER, UnitFileError, network_in, read_patches, unit_image_paths
from deepvis.network.back_modes import BACK_MODES
from deepvis.scan.parts import CorruptPart, Part, load_part
from deepvis.scan.plan import ScanFolder, ScanPlan, plan_hash, read_plan
from deepvis.scan.scan_error import ScanError
from deepvis.scan.tracker import NO_IMAGE, TopActivations

MOST_IMAGES = 2**31  # of a list; a damaged result names others


def back_folders() -> dict[str, str]:
    """Back mode -> the folder of its montages; the window shows the first."""
    return {DECONV: BACK_FOLDER, **{mode: f"max_{mode}" for mode in BACK_MODES if mode != DECONV}}


@dataclass(frozen=True, eq=False)
class Scan:
    """A finished scan, and the paths of those images that its results name (index -> path)."""

    plan: ScanPlan
    part: Part
    paths: dict[int, str]

    @property
    def top_activations(self) -> TopActivations:
        return self.part.top_activations

    def patches(self, layer: str, channel: int) -> tuple[Patch, ...]:
        """Best first; fewer than were asked for where the collection has fewer images."""
        best = self.top_activations.best(layer, channel)
        return tuple(Patch(value, self.paths[image], row, col) for value, image, row, col in best)


def read_scan(root: Path) -> Scan:
    """Raises ScanError where there is no finished scan in ``root``."""
    folder = ScanFolder(root.absolute())
    plan = read_plan(folder)
    try:
        part = load_part(folder.result)
    except FileNotFoundError as error:
        raise ScanError(
            f"the scan in {root} is not finished ({folder.result} is missing); give the command of the scan again"
        ) from error
    except CorruptPart as error:
        raise ScanError(f"{folder.result} cannot be read ({error}); give the command of the scan again") from error
    if part.plan_hash != plan_hash(plan):
        raise ScanError(f"{folder.result} belongs to another scan than {folder.plan}; scan again with --overwrite")
    return Scan(plan, part, _named_images(folder, part))


def _named_images(folder: ScanFolder, part: Part) -> dict[int, str]:
    """Index -> path of the images that the result names. Raises ScanError for one that the list has not."""
    named = np.unique(part.top_activations.images)
    named = named[named != NO_IMAGE]
    try:
        found = dict(lines_at(folder.images, named[named < MOST_IMAGES]))
    except OSError as error:
        raise ScanError(f"{folder.images} cannot be read ({error.strerror}); scan again with --overwrite") from error
    for index in named.tolist():
        if index not in found:
            raise ScanError(
                f"{folder.images} has no image {index}, which {folder.result} names; scan again with --overwrite"
            )
    return found


def lines_at(path: Path, indices: Sequence[int] | np.ndarray) -> Iterator[tuple[int, str]]:
    """(index, line) of these lines, in the file's order; it is read once, as far as the last of them."""
    chosen = set(np.asarray(indices).tolist())
    with open_regular(path) as file:
        for index, line in enumerate(islice(file, max(chosen, default=-1) + 1)):
            if index in chosen:
                yield index, line.rstrip(b"\n").decode("utf-8", "surrogateescape")


def montage_path(folder: Path, unit: Unit, mode: str | None) -> Path:
    """The montage of the unit's patches, or of their back projections in ``mode``."""
    top = unit_image_paths(folder, unit.layer, unit.channel).top
    if mode is None:
        return top
    return folder / back_folders()[mode] / top.relative_to(folder / TOP_FOLDER)


def has_patches(folder: Path, unit: Unit, patches: Sequence[Patch], identity: str | None) -> bool:
    """Are the unit's montages in the folder of these patches, and made in the network of that identity?

    None: whatever the network. Where nothing tells, as in what 0.1.0 made, the patches' values have to do.
    """
    path = unit_image_paths(folder, unit.layer, unit.channel).patches
    try:
        return read_patches(path) == tuple(patches) and (identity is None or network_in(path) in ("", identity))
    except (OSError, UnitFileError):
        return False
