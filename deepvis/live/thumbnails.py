"""The worker of the filmstrip: small pictures of photos, decoded when they are wanted, the newest request first."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from deepvis.core.cache import ByteCache
from deepvis.core.files import file_stamp
from deepvis.core.filmstrip import Thumbnails
from deepvis.live.worker import Worker, stand_back
from deepvis.sources.photos import PhotoError
from deepvis.sources.small_photo import load_thumbnail

CACHE_BYTES = 32 << 20  # some 1000 of them
SHOW_SECONDS = 0.1  # between two answers to one request

_versions = itertools.count(1)
NO_PICTURE = np.zeros((0, 0, 3), np.uint8)  # of a photo that cannot be read


@dataclass(frozen=True)
class ThumbnailRequest:
    """paths: those that are wanted most come first. side: pixels of the longer side."""

    paths: tuple[str, ...] = ()
    side: int = 96


class ThumbnailWorker(Worker[ThumbnailRequest, Thumbnails]):
    """Answers with what is there, again and again until it is all; holds at most ``CACHE_BYTES`` of pictures."""

    def __init__(
        self, load: Callable[[str, int], np.ndarray] = load_thumbnail, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("thumbnails")
        self._load, self._clock = load, clock
        self._cache: ByteCache[np.ndarray] = ByteCache(CACHE_BYTES, lambda rgb: rgb.nbytes + 200)

    def set_up(self) -> None:
        stand_back()

    def answer(self, request: ThumbnailRequest | None) -> float | None:
        wanted = request or self._request
        if wanted is None:
            return None
        found: dict[str, np.ndarray] = {}
        shown_at = self._clock()
        for path in wanted.paths:
            found[path] = self._picture(path, wanted.side)
            if self.inbox.has_new():
                break
            if self._clock() - shown_at > SHOW_SECONDS:
                self.publish(Thumbnails(next(_versions), dict(found)))
                shown_at = self._clock()
        self.publish(Thumbnails(next(_versions), found, len(found) == len(wanted.paths)))
        return None

    def _picture(self, path: str, side: int) -> np.ndarray:
        key: Hashable = (path, file_stamp(path), side)
        rgb = self._cache.get(key)
        if rgb is None:
            try:
                rgb = self._load(path, side)
            except PhotoError:
                rgb = NO_PICTURE  # said in words when the photo is gone to
            self._cache.put(key, rgb)
        return rgb
