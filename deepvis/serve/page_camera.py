"""The camera of a page beside the window's source: it is asked for, begins, gives frames and ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepvis.serve.browser_camera import BrowserCamera, SwitchedSource
from deepvis.serve.camera_use import CameraEnd, CameraState, CameraUse
from deepvis.serve.control import Control
from deepvis.serve.messages import CameraSwitched
from deepvis.serve.viewer import Viewer
from deepvis.sources.base import Play
from deepvis.sources.capture import FrameSource
from deepvis.window.ui.events import CameraEnded, CameraGiven, Event


class PageCamera:
    """Carries out what ``CameraUse`` decides. For the server's thread, but for ``moving_source``.

    put: hands an event to the window. wake_all: the pages have something to hear. soon: calls in the server's thread.
    presser: who pressed a key or a button last.
    """

    def __init__(
        self,
        control: Control,
        put: Callable[[Event], bool],
        wake_all: Callable[[], None],
        soon: Callable[..., None],
    ) -> None:
        self.source: SwitchedSource | None = None
        self.presser: Viewer | None = None
        self._control, self._put, self._wake_all, self._soon = control, put, wake_all, soon
        self._use = CameraUse()
        self.camera = self._new_camera()

    def moving_source(self, own: FrameSource | None) -> SwitchedSource:
        """The source for the window's input, in the place of an earlier one. own: that of the server, if it has one.

        For the input's thread; the server's takes it up next.
        """
        camera = self._new_camera()
        source = SwitchedSource(camera, own)
        self._soon(self._take_source, source, camera)
        return source

    def _take_source(self, source: SwitchedSource, camera: BrowserCamera) -> None:
        """The window shows this source: a page's camera that it showed is off, one that was just given is on in it."""
        self.source, self.camera = source, camera
        self._use.want(Play.OFF)
        self._switched()

    def _new_camera(self) -> BrowserCamera:
        camera = BrowserCamera(lambda play: self._soon(self._asked_for, camera, play))
        return camera

    def facts(self, viewer: Viewer) -> dict[str, Any]:
        """What a page shows of it."""
        state, controls = self._use.state(self._control.controller), self._control.controller is viewer
        return {
            "camera_wanted": controls and state is CameraState.ASKED,
            "camera_waits": controls and state is CameraState.WAITING,
            "camera_is_on": state is CameraState.ON,
            "gives_camera": self.gives(viewer),
        }

    def gives(self, viewer: Viewer) -> bool:
        return viewer is self._use.giver

    # ------------------------------------------------------------ on and off

    def switched_in_page(self, viewer: Viewer, message: CameraSwitched, may_act: Callable[[Viewer], bool]) -> None:
        """A page says that its camera is on or off. may_act: as ``Hub.may_act``."""
        if not message.is_on and (self.gives(viewer) or viewer is self._control.controller):
            self._off(viewer, message.why)
        elif message.is_on and (self.gives(viewer) or may_act(viewer)):
            self._use.begin(viewer)
            self._put(CameraGiven())
            self._switched()

    def control_taken(self) -> None:
        self._use.control_taken()

    def viewer_left(self, viewer: Viewer) -> None:
        self.presser = None if self.presser is viewer else self.presser
        if self.gives(viewer):
            self._off(viewer, "its page has left")

    def _off(self, viewer: Viewer, why: str) -> None:
        """A viewer's camera is off, by hand where there is no reason: then the window shows what it did before."""
        how = self._use.end(viewer, self._control.controller, why)
        if how is CameraEnd.BY_HAND and self.source is not None and self.source.replaces_photos:
            self._put(CameraEnded())
        elif how is CameraEnd.FAILED:
            reason = f" ({why})" if why else ""
            self.camera.fail(f"the browser's camera gives no pictures{reason}; c shows photos")
        self._switched()

    def _switched(self) -> None:
        if self.source is not None:
            self.source.switch(to_browser=self._use.giver is not None)
        self._ask_for_frames()
        self._wake_all()

    def _asked_for(self, camera: BrowserCamera, play: Play) -> None:
        if camera is not self.camera:  # of an earlier source
            return
        giver = self._use.giver
        self._use.want(play, self.presser)
        if self._use.state(self._control.controller) in (CameraState.NOBODY_TO_ASK, CameraState.WAITING):
            self.camera.fail("no browser gives its camera: press Camera in the page, or c for photos")
        if self._use.giver is not giver:
            self._switched()
        self._ask_for_frames()
        self._wake_all()

    # ---------------------------------------------------------------- frames

    def take_frame(self, viewer: Viewer, coded: bytes) -> None:
        """A frame of a viewer's camera."""
        if self._use.takes_frame(viewer):
            self.camera.give(coded)
            self._ask_for_frames()

    def picture_shown(self) -> None:
        """The window shows another picture."""
        self._use.shown()
        self._ask_for_frames()

    def wait_no_longer(self) -> None:
        """Every second: frames that came and led to no picture count no more, and others are asked for."""
        self._use.waited()
        self._ask_for_frames()

    def _ask_for_frames(self) -> None:
        if (giver := self._use.giver) is not None and (count := self._use.frames_due()):
            giver.frames_to_ask += count
            giver.wake()
