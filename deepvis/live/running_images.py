"""The running top-9 as pictures: what the window shows of a unit that no scan has pictures of."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepvis.core.back_modes import DECONV
from deepvis.core.cache import ByteCache
from deepvis.core.types import BackRequest, Fit, Frame, NetRequest, Patch, Unit, UnitImages
from deepvis.core.unit_files import LEFT_OUT, SAVED_TOP, images_of, unit_image_paths, write_patches
from deepvis.live.backend import Backend, BackendError
from deepvis.live.own_folder import identity_if_any
from deepvis.models.model import Model
from deepvis.network.model_error import ModelError
from deepvis.network.shapes import infer_shapes
from deepvis.scan.montage import back_tile, montage, patch_tile, write_jpeg
from deepvis.scan.running_top import RunningBest, RunningTop
from deepvis.scan.windows import Windows

SECONDS = 0.1  # of projecting back in one call
RESTS = 20  # times as long as a projection took, once the unit had all: the network needs the cores
CACHE = 32 << 20  # bytes of tiles
NOT_FOLLOWED = "the running top 9 is of the layers outside blocks;"


class RunningImages:
    """Adds the running top-9 to a unit's pictures: a supplement of the unit-image worker, called in its thread.

    open_backend: called there when a first patch is projected back. A call takes about ``seconds``; where not
    all patches are projected by then, ``is_unfinished`` is True and the next call goes on. Once all of a unit were
    there, those that come new (a camera brings some every second) are projected one by one, with rests.
    clock: seconds, rising.
    """

    def __init__(
        self,
        running: RunningTop,
        model: Model,
        open_backend: Callable[[], Backend],
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_unfinished = False
        self._clock = clock
        self._complete: Unit | None = None  # the unit all of whose patches were projected
        self._rests_until = -math.inf
        self._running, self._model, self._seconds = running, model, seconds
        self._open_backend = open_backend
        self._backend: Backend | None = None
        self._windows: Windows | None = None
        self._tiles: ByteCache[np.ndarray] = ByteCache(CACHE, lambda tile: tile.nbytes)
        self._saved: dict[Unit, tuple[Patch, ...]] = {}

    def __call__(self, found: UnitImages) -> UnitImages:
        """``found`` as it is where a scan has made pictures, else with the best of the stream so far."""
        self.is_unfinished = False
        if self._running.lacks(found.unit.layer):
            return found
        is_old = found.notes.get("top") == SAVED_TOP and self._running.resets > 0  # of an earlier stream
        if found.top is not None and not is_old and found.patches != self._saved.get(found.unit, None):
            return found
        if found.top is None and not self._running.follows(found.unit.layer):
            note = " ".join((NOT_FOLLOWED, found.notes.get("top") or "a scan finds it for any layer"))
            return replace(found, notes={**found.notes, "top": note})
        if not self._has(found.unit):
            where = f"{self._model.name} has no layer {found.unit.layer}"
            return replace(found, notes={**found.notes, "top": f"{where}: what its units see is not known"})
        best = self._running.best(found.unit)
        if is_old and len(best.patches) == best.samples:
            return found
        of = caption_of(best, self._running.top)
        if not best.patches:
            if best.images + best.sample_images == 0 or found.top is not None:
                return found
            return replace(found, notes={**found.notes, "top": f"{of}: none excites this unit"})
        return self.filled(found, best, of)

    def filled(self, found: UnitImages, best: RunningBest, of: str) -> UnitImages:
        """``found`` with these patches as pictures. of: what they are the best of."""
        self.is_unfinished = False
        try:
            backs, refused = self._backs(best), ""
        except (BackendError, ModelError) as error:  # a module whose path follows the picture has its gradient alone
            backs, refused = [None] * len(best.pictures), str(error)
        projected = sum(tile is not None for tile in backs)
        has_all = bool(refused) or projected == sum(picture is not None for picture in best.pictures)
        if has_all:
            self._complete = best.unit
        has_photo_missing = not refused and any(
            picture is not None and picture.path and tile is None
            for picture, tile in zip(best.pictures, backs, strict=True)
        )
        note = found.notes.get(LEFT_OUT, of) if has_all else f"{projected} of {len(backs)} projected back"
        self.is_unfinished = best.unit != self._complete or has_photo_missing
        return replace(
            found,
            top=_read_only(self._montage(self._tops(best))),
            top_back=_read_only(self._montage(backs)) if projected else None,
            patches=best.patches,
            samples=best.samples,
            notes={
                **found.notes,
                "top": of,
                "top_back": refused or note,
            },
        )

    def already_saved_words(self) -> str:
        """As of ``FolderImages``: a running top 9 is saved nowhere."""
        return ""

    def better_in(self, folder: Path) -> int:
        """Units whose pictures ``save`` would replace though they were made from more images, or by a scan."""
        count = 0
        for unit in self._running.units():
            path = unit_image_paths(folder, unit.layer, unit.channel).patches
            if path.exists() and (best := self._running.own(unit)).patches:
                images = images_of(path)
                count += images is None or images > best.images
        return count

    def image_count(self) -> int:
        """How many of the user's own photos or frames the units with pictures of them have seen, at most."""
        return max(
            (best.images for unit in self._running.units() if (best := self._running.own(unit)).patches), default=0
        )

    def save(self, folder: Path, put_aside: Callable[[Path], None] = lambda path: None) -> int:
        """Write the best so far of every unit in the window's layout; returns the number of units. No sample photos.

        Back projections are written of those units whose patches were all projected: the ones looked at. put_aside:
        called with each file before it is written.
        Raises OSError, as for a full disk.
        """
        count, network = 0, identity_if_any(self._model)
        for unit in self._running.units():
            best = self._running.own(unit)
            if not best.patches or not self._has(unit):
                continue
            paths = unit_image_paths(folder, unit.layer, unit.channel)
            for path in (paths.top, paths.top_back, paths.patches):
                put_aside(path)
            write_jpeg(paths.top, self._montage(self._tops(best)))
            backs = [self._tiles.get(key) for key in self._keys(best)]
            if all(tile is not None for tile in backs):
                write_jpeg(paths.top_back, self._montage(backs))
            else:
                paths.top_back.unlink(missing_ok=True)  # of an earlier stream
            write_patches(paths.patches, unit, best.patches, network, best.images)
            self._saved[unit] = best.patches
            count += 1
        return count

    def close(self) -> None:
        if self._backend is not None:
            self._backend.close()
            self._backend = None

    # --- tiles -----------------------------------------------------------------------------------

    def _montage(self, tiles: list[np.ndarray | None]) -> np.ndarray:
        return montage([*tiles, *[None] * (self._running.top - len(tiles))])

    def _tops(self, best: RunningBest) -> list[np.ndarray | None]:
        """The unit's window of each picture."""
        windows = self._windows_ready()
        return [
            None if picture is None else patch_tile(picture.rgb, windows.window(best.unit.layer, patch.row, patch.col))
            for patch, picture in zip(best.patches, best.pictures, strict=True)
        ]

    def _keys(self, best: RunningBest) -> list[tuple[Unit, int, int, int]]:
        return [
            (best.unit, number, patch.row, patch.col) for patch, number in zip(best.patches, best.numbers, strict=True)
        ]

    def _backs(self, best: RunningBest) -> list[np.ndarray | None]:
        """The back projections that are there, after making missing ones for a while."""
        keys = self._keys(best)
        began = self._clock()
        for key, patch, picture in zip(keys, best.patches, best.pictures, strict=True):
            may_rest = best.unit == self._complete and not patch.path  # a photo comes once, a camera goes on
            if picture is None or key in self._tiles or (may_rest and began < self._rests_until):
                continue
            self._tiles.put(key, self._projected(best.unit, key[1], patch, picture.rgb))
            spent = self._clock() - began
            self._rests_until = began + RESTS * spent
            if spent > self._seconds:
                break
        return [self._tiles.get(key) for key in keys]

    def _projected(self, unit: Unit, number: int, patch: Patch, rgb: np.ndarray) -> np.ndarray:
        if self._backend is None:
            self._backend = self._open_backend()
        request = NetRequest(
            frame=Frame(id=-1 - number, rgb=rgb),  # below every source's ids
            back=BackRequest(unit, DECONV, (patch.row, patch.col)),
            fit=Fit.STRETCH,  # it has the input's size already
            shown=frozenset({unit.layer}),
        )
        diff = self._backend.run(request).input_diff
        if diff is None:
            raise ValueError(f"the backend gave no projection of unit {unit.channel} of {unit.layer}")
        return back_tile(diff, self._windows_ready().window(unit.layer, patch.row, patch.col))

    def _has(self, unit: Unit) -> bool:
        """False for a unit that only the fake backend has."""
        return unit.layer in self._model.layer_names

    def _windows_ready(self) -> Windows:
        if self._windows is None:
            self._windows = windows_for(self._model)
        return self._windows


def caption_of(best: RunningBest, top: int) -> str:
    """What the top 9 is of: the user's own images, or sample photos as long as there are too few of those."""
    if best.samples or not best.images:
        own = f"{best.images:,} of yours first, then " if best.images else ""
        return f"best of {own}{best.sample_images:,} sample{'s' if best.sample_images != 1 else ''}"
    return f"running top {top} of this stream, {best.images:,} image{'s' if best.images != 1 else ''}"


def windows_for(model: Model) -> Windows:
    """The windows of a model's units."""
    graph = model.graph
    return Windows(graph, infer_shapes(graph, graph.inputs), model.data_blob)


def _read_only(picture: np.ndarray) -> np.ndarray:
    picture.setflags(write=False)
    return picture
