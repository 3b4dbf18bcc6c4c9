"""The running top 9 of a network whose weights change: begun anew with each, the last one shown until then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deepvis.core.types import Snapshot, UnitImages
from deepvis.live.provenance import PictureOrigin
from deepvis.live.stream_top import StreamTop


class RenewedStream:
    """A ``StreamTop``, and after ``renew`` another one in its place: values of other weights do not compare.

    now: the stream of the newest weights. make: gives one for them. An earlier stream's pictures of a unit are shown,
    marked, as long as they are more; what is saved is the new stream's alone.
    """

    def __init__(self, make: Callable[[], StreamTop]) -> None:
        self._make = make
        self.now = make()
        self._older: StreamTop | None = None

    @property
    def is_unfinished(self) -> bool:
        return self.now.is_unfinished or (self._older is not None and self._older.is_unfinished)

    def update(self, snapshot: Snapshot) -> None:
        """Take a pass of the network into account; in its thread, as ``renew``."""
        self.now.running.update(snapshot)

    def renew(self) -> None:
        """The passes from now on are of other weights."""
        before = self.now
        stream = self._make()
        stream.saves = before.saves
        if (save := before.inbox.take(0)) is not None:
            stream.inbox.put(save)
        seen, earlier = before.running.images, 0 if self._older is None else self._older.running.images
        if before.running.resets or seen >= max(min(earlier, before.running.top), 1):
            self._older = before  # a stream of few images does not take the place of one of more
        self.now = stream

    def __call__(self, found: UnitImages) -> UnitImages:
        filled = self.now(found)
        older = self._older
        if older is None or self.now.running.resets or older.running.images == 0:
            return filled
        last = older(found)
        if last.top is None or last.top is found.top or len(filled.patches) >= len(last.patches):
            return filled
        mark = PictureOrigin.OLDER.value
        notes = {name: f"{mark}: {last.notes[name]}" for name in ("top", "top_back") if last.notes.get(name)}
        return replace(
            filled,
            top=last.top,
            top_back=last.top_back,
            patches=last.patches,
            samples=last.samples,
            notes={**filled.notes, **{"top": mark, "top_back": mark}, **notes},
        )
