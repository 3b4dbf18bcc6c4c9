"""The changes of a picture, one pass each, between the passes of the network (docs/colour-or-shape.md)."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import deepvis.changes  # noqa: F401  (fills the table)
from deepvis.core.changed_pictures import UNCHANGED, ChangedPicture, ChangedPictures, largest_values
from deepvis.core.picture_changes import PICTURE_CHANGES
from deepvis.core.types import Fit, NetRequest, Snapshot
from deepvis.live.backend import Backend, BackendError
from deepvis.sources.base import new_frame

SHARE_SECONDS = 0.03  # of passes, at least one, until new requests are looked at
REST_SECONDS = 3.0  # between two rounds while the source moves
STANDING_SECONDS = 0.5  # without a new frame, after which a moving source counts as standing still

_ids = itertools.count(1)


class Changing:
    """One picture and its changes, in the network's thread: ``go_on`` passes some of them.

    snapshot: the pass of the unchanged picture; of the others the same layers are asked for. Any backend will do: a
    changed picture is a frame that has the input's size already.
    clock: seconds, rising.
    """

    def __init__(self, backend: Backend, snapshot: Snapshot, clock: Callable[[], float] = time.monotonic) -> None:
        self._backend, self._snapshot, self._clock = backend, snapshot, clock
        self._left = list(PICTURE_CHANGES)
        self._total = 1 + len(self._left)
        self._pictures: tuple[ChangedPicture, ...] = ()
        self.newest: ChangedPictures = self._first()

    def is_of(self, snapshot: Snapshot) -> bool:
        """The snapshot is of the same picture, with the same done to units (what if)."""
        ours = self._snapshot.request.interventions
        return self.frame_key == frame_key(snapshot) and ours == snapshot.request.interventions

    @property
    def frame_key(self) -> tuple[int, Fit]:
        return frame_key(self._snapshot)

    @property
    def is_done(self) -> bool:
        return self.newest.is_done

    def go_on(self, is_wanted: Callable[[], bool]) -> None:
        """Pass changed pictures for ``SHARE_SECONDS``, one at least.

        is_wanted: something else waits for this thread.
        """
        until = self._clock() + SHARE_SECONDS
        while not self.is_done:
            self._pass_next()
            if is_wanted() or self._clock() >= until:
                break

    def _first(self) -> ChangedPictures:
        seen = self._snapshot.input_rgb
        if seen is None:
            return self._answer("this network's input is no picture: there is nothing to change")
        largest = largest_values(self._snapshot.activations, self._backend.info.live)
        self._pictures = (ChangedPicture(UNCHANGED, seen, largest),)
        return self._answer()

    def _pass_next(self) -> None:
        seen = self._pictures[0].rgb
        name = self._left.pop(0)
        frame = new_frame(PICTURE_CHANGES[name].apply(seen))
        try:
            asked = self._snapshot.request
            found = self._backend.run(
                NetRequest(frame, fit=Fit.STRETCH, shown=asked.shown, interventions=asked.interventions)
            )
        except BackendError as error:
            self.newest = self._answer(str(error))
            return
        largest = largest_values(found.activations, self._backend.info.live)
        self._pictures = (*self._pictures, ChangedPicture(name, frame.rgb, largest))
        self.newest = self._answer()

    def _answer(self, error: str = "") -> ChangedPictures:
        frame_id, fit = self.frame_key
        return ChangedPictures(next(_ids), frame_id, fit, self._pictures, self._total, error)


class ChangeRounds:
    """When which picture is changed: a still one once; of a moving source a frame now and then.

    A still or frozen picture begins at once and shows each change as it comes. While the source moves, one frame is
    gone through at a time, one changed picture between two passes; its chart stands until that of the next frame is
    complete, which begins REST_SECONDS later, or STANDING_SECONDS after the source has come to a stand.
    newest: what is to be shown, None while nothing is asked for.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._backend: Backend | None = None
        self._snapshot: Snapshot | None = None
        self._round: Changing | None = None
        self._ended_at = self._passed_at = 0.0
        self.newest: ChangedPictures | None = None

    @property
    def is_on(self) -> bool:
        return self._round is not None

    def passed(self, backend: Backend, snapshot: Snapshot) -> None:
        """A pass of the network: it asks for the changes of its picture, or for none."""
        if not snapshot.request.changes:
            self._snapshot = self._round = self.newest = None
            return
        before, self._snapshot, self._backend = self._snapshot, snapshot, backend
        self._passed_at = self._clock()
        goes_on = before is not None and before.request.frame.moving and snapshot.request.frame.moving
        is_same = self._round is not None and self._round.is_of(snapshot)
        if self._round is None or not (goes_on or is_same):
            self._round = Changing(backend, snapshot, self._clock)
            self.newest = self._round.newest

    def go_on(self, is_wanted: Callable[[], bool]) -> float | None:
        """Pass some changed pictures, if it is time. Returns the seconds until the next; None: not before a pass."""
        if self._round is None or self._snapshot is None or self._backend is None:
            return None
        if self._round.is_done:
            wait = self._wait()
            if wait is None or wait > 0:
                return wait
            self._round = Changing(self._backend, self._snapshot, self._clock)
        self._round.go_on(is_wanted)
        if self._round.is_done:
            self._ended_at = self._clock()
        if self._round.is_done or self._shows_steps:
            self.newest = self._round.newest
        return self._wait() if self._round.is_done else 0.0

    def _wait(self) -> float | None:
        """Seconds until the newest frame is to be gone through; None where that is done."""
        if self._round is None or self._snapshot is None or self._round.frame_key == frame_key(self._snapshot):
            return None
        due = min(self._ended_at + REST_SECONDS, self._passed_at + STANDING_SECONDS)
        return max(due - self._clock(), 0.0)

    @property
    def _shows_steps(self) -> bool:
        """There is no complete chart of an earlier frame of the same source to be shown meanwhile."""
        return self.newest is None or self._round is None or self.newest.frame_id == self._round.frame_key[0]


def frame_key(snapshot: Snapshot) -> tuple[int, Fit]:
    return snapshot.request.frame.id, snapshot.request.fit
