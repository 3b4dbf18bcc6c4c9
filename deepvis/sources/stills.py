"""Photos by number: decoded when asked for, cached while they are near, steady while files come and go."""

from __future__ import annotations

import bisect
import os
import time
from collections.abc import Callable, Hashable, Sequence

from deepvis.core.cache import ByteCache
from deepvis.core.files import file_stamp
from deepvis.core.types import Frame
from deepvis.sources.base import SourceError, new_frame
from deepvis.sources.listing import ListedPhoto, Listing, natural_key
from deepvis.sources.photos import Photo, PhotoError, load_photo

CACHE_BYTES = 64 << 20  # a few of the largest photos that load_photo gives
SECONDS_BETWEEN_LOOKS = 1.0


class Stills:
    """The photos of a listing, by number; for one thread.

    What an index means is kept steady: when files come or go, the photo that was read last keeps its index,
    and one that vanished gives it to its successor. note: a sentence on the photo that was read last, "" where there is
    nothing to say. clock: seconds, never runs backwards.
    """

    def __init__(
        self,
        listing: Listing,
        *,
        load: Callable[[str], Photo] = load_photo,
        clock: Callable[[], float] = time.monotonic,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._listing = listing
        self._load = load
        self._clock = clock
        self._cache: ByteCache[Photo] = ByteCache(cache_bytes, lambda photo: photo.rgb.nbytes)
        self.note = ""
        self._offset = 0  # place in the listing = (index + offset) modulo count
        self._last: tuple[int, ListedPhoto] | None = None  # index and entry that were read last
        self._last_key: Hashable = None
        self._has_failed = False  # the last read gave no photo
        self._next_look = clock() + SECONDS_BETWEEN_LOOKS

    @property
    def count(self) -> int:
        """How many photos there are now."""
        return len(self._listing.entries)

    @property
    def listed(self) -> tuple[Sequence[tuple[str, str]], int]:
        """(path, name) of each photo that there is now, and the index of the first of them."""
        return self._listing.entries, -self._offset

    def read(self, index: int) -> Frame | SourceError:
        """The photo at ``index`` modulo ``count``; a SourceError names the bad file, or the lack of any."""
        self._has_failed = True
        if not self._listing.entries:
            return SourceError(self._listing.problem)
        place, entry = self._at(index)
        self._last, self._last_key = (index, entry), _key(entry)
        try:
            photo = self._photo(entry)
        except PhotoError as error:
            self.note = ""
            return SourceError(str(error))
        self._has_failed = False
        self.note = f"{entry.path} is cut short: what is missing of it shows as one colour" if photo.is_cut else ""
        return new_frame(photo.rgb, entry.label, path=entry.path, index=place, count=self.count)

    def prefetch(self, index: int) -> bool:
        """Decode the photo at ``index`` ahead of its being asked for; False where that was done already."""
        if not self._listing.entries:
            return False
        _, entry = self._at(index)
        if _key(entry) in self._cache:
            return False
        try:
            self._photo(entry)
        except PhotoError:
            return False  # it is said when the photo is asked for
        return True

    def refresh(self) -> bool:
        """Look for files that came, went or changed; cheap, and does nothing more than about once a second.

        True if the photo that was read last may now be another one, and should be read again.
        """
        now = self._clock()
        if now < self._next_look:
            return False
        changed = self._listing.refresh()
        took = self._clock() - now
        self._next_look = now + max(SECONDS_BETWEEN_LOOKS, 10 * took)
        if changed:
            return self._keep_place() or self._has_failed
        return self._last is not None and _key(self._last[1]) != self._last_key

    def skip(self, step: int) -> None:
        """Leave out the photo that was read last: from now on its index means its neighbour ``step`` away."""
        self._offset += step

    def find(self, path: str) -> int | None:
        """The index of a file, which may be named without the folders above it; None for a file that is not here."""
        real_path = os.path.realpath(path)
        tail = os.sep + os.path.normpath(path).lstrip(os.sep)
        places = [n for n, entry in enumerate(self._listing.entries) if entry.path == path]
        places = places or [n for n, e in enumerate(self._listing.entries) if os.path.realpath(e.path) == real_path]
        if not places and not os.path.isabs(path):
            places = [n for n, entry in enumerate(self._listing.entries) if entry.path.endswith(tail)]
        return places[0] - self._offset if places else None

    def _at(self, index: int) -> tuple[int, ListedPhoto]:
        place = (index + self._offset) % self.count
        return place, self._listing.entries[place]

    def _photo(self, entry: ListedPhoto) -> Photo:
        key = _key(entry)
        photo = self._cache.get(key)
        if photo is None:
            photo = self._load(entry.path)
            self._cache.put(key, photo)
        return photo

    def _keep_place(self) -> bool:
        """Move the offset so that the photo read last keeps its index; True if it now is another one."""
        if self._last is None or not self._listing.entries:
            return True
        index, entry = self._last
        place = _place_of(entry, self._listing.entries)
        self._offset = place - index
        return self._at(index)[1] != entry


def _place_of(entry: ListedPhoto, entries: tuple[ListedPhoto, ...]) -> int:
    """Where an entry stands, or would stand by natural order."""
    try:
        return entries.index(entry)
    except ValueError:
        key = natural_key(entry.label)
        return bisect.bisect_left(entries, key, key=lambda other: natural_key(other.label))


def _key(entry: ListedPhoto) -> Hashable:
    """Of a photo's file as it is now."""
    return entry.path, file_stamp(entry.path)
