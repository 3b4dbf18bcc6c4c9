"""What the server knows: the newest picture, the viewers and who controls, the camera, recordings. For its thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from deepvis.core.key_hold import KeyHold
from deepvis.serve.browser_camera import BrowserCamera, SwitchedSource
from deepvis.serve.camera_use import CameraEnd, CameraState, CameraUse
from deepvis.serve.control import Control
from deepvis.serve.event_box import EventBox
from deepvis.serve.messages import CameraSwitched, ClientMessage, Drawn, RecordSwitched, TakeControl
from deepvis.serve.pictures import ServedPicture
from deepvis.serve.recordings import Recordings
from deepvis.serve.shared_pieces import SharedPieces
from deepvis.serve.uploads import Uploads
from deepvis.serve.viewer import Viewer
from deepvis.sources.base import Play
from deepvis.sources.capture import FrameSource
from deepvis.window.ui.events import CameraEnded, CameraGiven, Event, Mouse, Resized

log = logging.getLogger(__name__)
ENDED = 4000  # close codes of our own: the program has ended
REPLACED = 4001  # the same page has a newer socket
FULL = 4003  # too many viewers


class Hub:
    """newest, newest_whole: the picture, set from the window's thread; all else belongs to the server's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, events: EventBox) -> None:
        self.newest: ServedPicture | None = None
        self.newest_whole: ServedPicture | None = None
        self.control = Control()
        self.recordings = Recordings()
        self.uploads = Uploads()
        self.pieces = SharedPieces()
        self.key_hold = KeyHold()
        self.camera = self._new_camera()
        self.source: SwitchedSource | None = None
        self._camera_use = CameraUse()
        self._presser: Viewer | None = None  # who pressed a key or a button last
        self._loop, self._events = loop, events
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself keeps no reference to them

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run it beside all else; it is kept until it has ended, and its error is logged."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)
        return task

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of the server failed", exc_info=error)

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
        self._camera_use.want(Play.OFF)
        self._camera_switched()

    def _new_camera(self) -> BrowserCamera:
        camera = BrowserCamera(lambda play: self._soon(self._camera_asked_for, camera, play))
        return camera

    # ------------------------------------------------------------------- pictures

    def picture_came(self) -> None:
        self._camera_use.shown()
        self._ask_for_frames()
        self.wake_all()

    def wake_all(self) -> None:
        for viewer in self.control.viewers:
            viewer.wake()

    def facts(self, viewer: Viewer) -> dict[str, Any]:
        """What a page shows beside the picture."""
        control = self.control
        controls, camera = control.controller is viewer, self._camera_use.state(control.controller)
        return {
            "controls": controls,
            "is_free": control.is_free,
            "may_control": viewer.may_control,
            "viewers": len(control.viewers),
            "camera_wanted": controls and camera is CameraState.ASKED,
            "camera_waits": controls and camera is CameraState.WAITING,
            "camera_is_on": camera is CameraState.ON,
            "gives_camera": viewer is self._camera_use.giver,
            "recording": self.recordings.is_on,
            "recorded": self.recordings.finished,
            "records_here": self.recordings.owner == viewer.name,
            "recording_error": self.recordings.error,
            "is_busy": self._events.is_full,
        }

    # -------------------------------------------------------------------- viewers

    def enter(self, viewer: Viewer) -> None:
        if (before := self.control.namesake(viewer.name)) is not None:
            self.leave(before)
            self.start(_close(before, REPLACED, "the page has come back"))
        self.control.enter(viewer)
        self.wake_all()

    async def send(self, viewer: Viewer) -> None:
        """Send a viewer what there is to send. When that ends or fails its socket is closed: its page comes again."""
        try:
            await viewer.send_all()
        except Exception:
            log.exception("a page could not be sent its picture")
        await _close(viewer, 1011, "nothing more can be sent")

    def leave(self, viewer: Viewer) -> None:
        self.control.leave(viewer)
        self._presser = None if self._presser is viewer else self._presser
        if viewer is self._camera_use.giver:
            self._camera_off(viewer, "its page has left")
        self.wake_all()

    def handle(self, viewer: Viewer, message: ClientMessage) -> None:
        """What a viewer's message asks for."""
        if isinstance(message, Drawn):
            if viewer.drawn(message.version, message.seconds):
                self.key_hold.end()
        elif isinstance(message, TakeControl):
            self.control.take_control(viewer)
            self._camera_use.control_taken()
            if self.control.controller is viewer:
                self.put(Mouse("leave", 0, 0))
            self.wake_all()
        elif isinstance(message, CameraSwitched):
            if not message.is_on and viewer in (self._camera_use.giver, self.control.controller):
                self._camera_off(viewer, message.why)
            elif message.is_on and (viewer is self._camera_use.giver or self.may_act(viewer)):
                self._camera_on(viewer)
        elif isinstance(message, RecordSwitched):
            if self.may_act(viewer):
                self.start(self._record(viewer.name if message.is_on else None))
        else:
            self._act(viewer, message)

    def _act(self, viewer: Viewer, event: Event) -> None:
        """An event of the window, from the viewer who controls; where nobody does, a press takes control."""
        is_passive = isinstance(event, Resized) or (isinstance(event, Mouse) and event.kind in ("move", "leave"))
        if self.control.controller is not viewer and (is_passive or not self.may_act(viewer)):
            return
        if not is_passive:
            self._presser = viewer
            viewer.acted()
            self.key_hold.begin()
        self.put(event)

    def may_act(self, viewer: Viewer) -> bool:
        """As ``Control.may_act``; the pages are told who controls now."""
        was_free = self.control.is_free
        may = self.control.may_act(viewer)
        if was_free:
            self.wake_all()
        return may

    def put(self, event: Event) -> bool:
        """Hand an event to the window; False where it is so busy that there is no room, which the pages then say."""
        has_room = self._events.put(event)
        if not has_room:
            self.wake_all()
        return has_room

    async def look_after_viewers(self) -> None:
        """Every second: who does not take pictures is let go, control goes on, a recording ends some time, and pages
        hear that the server is there.
        """
        for viewer in list(self.control.viewers):
            if viewer.is_unresponsive():
                self.leave(viewer)
                self.start(_close(viewer, 1008, "no picture was taken for long"))
        if self.control.hand_on():
            self.wake_all()
        if self.control.namesake(self.recordings.owner) is not None:
            self.recordings.see_owner()
        if self.recordings.is_due_to_end:
            await self._record(None)
        self._camera_use.waited()
        self._ask_for_frames()
        self.wake_all()

    async def say_goodbye(self) -> None:
        goodbyes = [_close(viewer, ENDED, "deepvis has ended") for viewer in self.control.viewers]
        await asyncio.gather(*goodbyes)

    def close(self) -> None:
        """Once the thread has ended: remove what is temporary."""
        self.recordings.close()
        self.uploads.close()

    # ------------------------------------------------------------ camera, recording

    def take_frame(self, viewer: Viewer, coded: bytes) -> None:
        """A frame of a viewer's camera."""
        if self._camera_use.takes_frame(viewer):
            self.camera.give(coded)
            self._ask_for_frames()

    def _camera_on(self, viewer: Viewer) -> None:
        self._camera_use.begin(viewer)
        self.put(CameraGiven())
        self._camera_switched()

    def _camera_off(self, viewer: Viewer, why: str) -> None:
        """A viewer's camera is off, by hand where there is no reason: then the window shows what it did before."""
        how = self._camera_use.end(viewer, self.control.controller, why)
        if how is CameraEnd.BY_HAND and self.source is not None and self.source.replaces_photos:
            self.put(CameraEnded())
        elif how is CameraEnd.FAILED:
            reason = f" ({why})" if why else ""
            self.camera.fail(f"the browser's camera gives no pictures{reason}; c shows photos")
        self._camera_switched()

    def _camera_switched(self) -> None:
        if self.source is not None:
            self.source.switch(to_browser=self._camera_use.giver is not None)
        self._ask_for_frames()
        self.wake_all()

    def _camera_asked_for(self, camera: BrowserCamera, play: Play) -> None:
        if camera is not self.camera:  # of an earlier source
            return
        giver = self._camera_use.giver
        self._camera_use.want(play, self._presser)
        if self._camera_use.state(self.control.controller) in (CameraState.NOBODY_TO_ASK, CameraState.WAITING):
            self.camera.fail("no browser gives its camera: press Camera in the page, or c for photos")
        if self._camera_use.giver is not giver:
            self._camera_switched()
        self._ask_for_frames()
        self.wake_all()

    def _ask_for_frames(self) -> None:
        if (giver := self._camera_use.giver) is not None and (count := self._camera_use.frames_due()):
            giver.frames_to_ask += count
            giver.wake()

    async def _record(self, owner: str | None) -> None:
        """Begin a recording for the page of that name; None: end the one that there is."""
        if owner is not None:
            newest = self.newest_whole
            self.recordings.begin(None if newest is None else newest.bgr, owner)
        else:
            await self._loop.run_in_executor(None, self.recordings.end)
        self.wake_all()

    def _soon(self, function: Any, *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: it is over
            self._loop.call_soon_threadsafe(function, *arguments)


async def _close(viewer: Viewer, code: int, reason: str) -> None:
    with suppress(asyncio.TimeoutError, ConnectionError, RuntimeError):
        await asyncio.wait_for(viewer.socket.close(code=code, message=reason.encode()), 1.0)
