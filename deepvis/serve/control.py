"""Which viewer presses the keys: one does, the others watch, and may take over."""

from __future__ import annotations

import time
from collections.abc import Callable

from deepvis.serve.viewer import Viewer

RETURN_SECONDS = 4.0  # in which a page that was loaded anew has its control again


class Control:
    """The viewers, in the order in which they came. clock: seconds, never runs backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.viewers: list[Viewer] = []
        self.controller: Viewer | None = None
        self._clock = clock
        self._left_name, self._left_at = "", float("-inf")
        self._waiting: Viewer | None = None  # came while the one who controlled was awaited

    @property
    def is_free(self) -> bool:
        return self.controller is None

    def enter(self, viewer: Viewer) -> None:
        """A viewer has come: it controls where nobody does, unless the one who did may be about to come back."""
        self.viewers.append(viewer)
        if self.controller is not None or not viewer.may_control:
            return
        if viewer.name == self._left_name or not self._is_awaited:
            self.controller = viewer
        elif self._waiting is None:
            self._waiting = viewer

    @property
    def _is_awaited(self) -> bool:
        return self._clock() - self._left_at < RETURN_SECONDS

    def hand_on(self) -> bool:
        """Once the one who controlled is not awaited any more, who came first meanwhile does. True if one does now."""
        if self._is_awaited or self._waiting is None:
            return False
        waiting, self._waiting = self._waiting, None
        if self.controller is not None:
            return False
        self.controller = waiting
        return True

    def leave(self, viewer: Viewer) -> None:
        if viewer in self.viewers:
            self.viewers.remove(viewer)
        if self._waiting is viewer:
            self._waiting = None
        if self.controller is viewer:
            self.controller = None
            self._left_name, self._left_at = viewer.name, self._clock()

    def take_control(self, viewer: Viewer) -> None:
        """The viewer controls from now on, if it may at all."""
        if viewer.may_control:
            self.controller = viewer

    def may_act(self, viewer: Viewer) -> bool:
        """True if what the viewer presses counts; where nobody controls, it does from now on."""
        if self.controller is None:
            self.take_control(viewer)
        return self.controller is viewer

    def has_room(self, name: str, most: int) -> bool:
        """True if a page of that name may come in, of ``most`` at once. One that is awaited back keeps its place."""
        away = self._left_name if self._is_awaited and self.namesake(self._left_name) is None else ""
        others = sum(viewer.name != name or not name for viewer in self.viewers) + bool(away and away != name)
        return others < most

    @property
    def newest_onlooker(self) -> Viewer | None:
        """Of those who may not control the one who came last."""
        return next((viewer for viewer in reversed(self.viewers) if not viewer.may_control), None)

    def namesake(self, name: str) -> Viewer | None:
        """The viewer of that name: the same page, whose earlier socket has not been found closed yet."""
        return next((viewer for viewer in self.viewers if name and viewer.name == name), None)
