"""What the server knows: the newest picture, the viewers and who controls, the camera, recordings. For its thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from deepvis.core.key_hold import KeyHold
from deepvis.serve.control import Control
from deepvis.serve.event_box import EventBox
from deepvis.serve.limits import MOST_VIEWERS
from deepvis.serve.messages import CameraSwitched, ClientMessage, Drawn, RecordSwitched, TakeControl
from deepvis.serve.page_camera import PageCamera
from deepvis.serve.pictures import ServedPicture
from deepvis.serve.recordings import Recordings
from deepvis.serve.shared_pieces import SharedPieces
from deepvis.serve.uploads import Uploads
from deepvis.serve.viewer import Viewer
from deepvis.window.ui.events import Event, Mouse, Resized

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
        self.camera = PageCamera(self.control, self.put, self.wake_all, self._soon)
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

    # ------------------------------------------------------------------- pictures

    def picture_came(self) -> None:
        self.camera.picture_shown()
        self.wake_all()

    def wake_all(self) -> None:
        for viewer in self.control.viewers:
            viewer.wake()

    def facts(self, viewer: Viewer) -> dict[str, Any]:
        """What a page shows beside the picture."""
        control = self.control
        return {
            "controls": control.controller is viewer,
            "is_free": control.is_free,
            "may_control": viewer.may_control,
            "viewers": len(control.viewers),
            **self.camera.facts(viewer),
            "recording": self.recordings.is_on,
            "recorded": self.recordings.finished,
            "records_here": self.recordings.owner == viewer.name,
            "recording_error": self.recordings.error,
            "is_busy": self._events.is_full,
        }

    # -------------------------------------------------------------------- viewers

    def makes_room(self, name: str, *, may_control: bool) -> bool:
        """False where too many pages look on for one more. For one that may control, an onlooker has to go."""
        if self.control.has_room(name, MOST_VIEWERS):
            return True
        onlooker = self.control.newest_onlooker if may_control else None
        if onlooker is not None:
            self.leave(onlooker)
            self.start(_close(onlooker, FULL, "too many viewers"))
        return onlooker is not None

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
        self.camera.viewer_left(viewer)
        self.wake_all()

    def handle(self, viewer: Viewer, message: ClientMessage) -> None:
        """What a viewer's message asks for."""
        if isinstance(message, Drawn):
            if viewer.drawn(message.version, message.seconds):
                self.key_hold.end()
        elif isinstance(message, TakeControl):
            self.control.take_control(viewer)
            self.camera.control_taken()
            if self.control.controller is viewer:
                self.put(Mouse("leave", 0, 0))
            self.wake_all()
        elif isinstance(message, CameraSwitched):
            self.camera.switched_in_page(viewer, message, self.may_act)
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
            self.camera.presser = viewer
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
        self.camera.wait_no_longer()
        self.wake_all()

    async def say_goodbye(self) -> None:
        goodbyes = [_close(viewer, ENDED, "deepvis has ended") for viewer in self.control.viewers]
        await asyncio.gather(*goodbyes)

    def close(self) -> None:
        """Once the thread has ended: remove what is temporary."""
        self.recordings.close()
        self.uploads.close()

    # ------------------------------------------------------------------ recording

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
