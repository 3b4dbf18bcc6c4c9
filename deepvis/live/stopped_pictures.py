"""Pictures that no file keeps, until the program ends: of stopped optimizations, and photos that were changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.core.cache import ByteCache
from deepvis.core.types import OptimizeProgress, Unit, UnitImages
from deepvis.live.provenance import PictureOrigin

if TYPE_CHECKING:
    from deepvis.models.model import Model

CACHE = 8 << 20  # bytes of pictures, of those looked at last: fifty of 227 x 227


@dataclass(frozen=True, eq=False)
class _Stopped:
    progress: OptimizeProgress
    model: Model


class StoppedPictures:
    """A supplement of the unit-image worker: a stopped optimization's picture stands where a finished one would.

    Finished pictures of the unit are covered until another unit is looked at: a slip hides none for good.

    load: gives the model that the window shows now; pictures of earlier weights are marked. ``keep`` and ``forget`` are
    called by the optimizer's thread.
    """

    is_unfinished = False

    def __init__(self, load: Callable[[], Model]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._pictures: ByteCache[_Stopped] = ByteCache(CACHE, lambda stopped: stopped.progress.rgb.nbytes)
        self._covers: Unit | None = None  # whose finished pictures lie under a stopped one

    def keep(self, progress: OptimizeProgress, model: Model) -> None:
        """Show this picture of its unit, in the place of an earlier one. Its history is not kept: up to 16 MB each."""
        progress.rgb.setflags(write=False)
        with self._lock:
            self._pictures.put(progress.unit, _Stopped(replace(progress, past=()), model))

    def forget(self, unit: Unit) -> None:
        """The unit has a finished picture."""
        with self._lock:
            self._pictures.drop(unit)

    def __call__(self, found: UnitImages, /) -> UnitImages:
        with self._lock:
            if self._covers not in (None, found.unit):
                self._pictures.drop(self._covers)
                self._covers = None
            stopped = self._pictures.get(found.unit)
            if stopped is None:
                return found
            if found.optimized is not None:
                self._covers = found.unit
        older = "" if stopped.model is self._load() else f"{PictureOrigin.OLDER.value}: "
        note = f"{older}{words_for(stopped.progress)}"
        return replace(
            found,
            optimized=stopped.progress.rgb,
            notes={**found.notes, "optimized": note},
            value=stopped.progress.value,
            title=stopped.progress.title,
            unsaved=words_for(stopped.progress),
        )


def words_for(progress: OptimizeProgress) -> str:
    """'stopped at iteration 12 of 300', or of what came to its end, 'preset dream, not saved'."""
    if progress.done and not progress.is_stopped:
        return f"preset {progress.preset}, not saved"
    return f"stopped at iteration {progress.iteration} of {progress.iterations}"
