"""What pages are told of camera and control, and how the window's events get lost: without a server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np

from deepvis.serve.event_box import EventBox
from deepvis.serve.hub import Hub
from deepvis.serve.limits import MOST_EVENTS
from deepvis.serve.messages import CameraSwitched, Drawn, RecordSwitched, TakeControl
from deepvis.serve.pictures import served_picture
from deepvis.serve.recordings import Recordings
from deepvis.sources.base import Play, SourceError
from deepvis.window.ui.events import CameraEnded, CameraGiven, Key, Mouse
from tests.helpers.pictures import FakeClock

ON, OFF = CameraSwitched(True), CameraSwitched(False)


def page(name: str) -> Any:
    return SimpleNamespace(name=name, may_control=True, wake=lambda: None, acted=lambda: None, frames_to_ask=0)


class Room:
    """A hub with two pages, of which the first controls, and a window that wants the camera."""

    def __init__(self) -> None:
        self.hub = Hub(asyncio.get_running_loop(), EventBox())
        self.source = self.hub.camera.moving_source(None)
        self.source.start()
        self.first, self.second = page("a"), page("b")

    async def want(self, play: Play, presser: Any = None) -> None:
        """What the window wants, once somebody has pressed a key."""
        if presser is not None:
            self.hub.handle(presser, Key(99))
            self.hub._events.take(0)
        self.source.want(play)
        await asyncio.sleep(0)

    def is_asked(self, viewer: Any) -> bool:
        return bool(self.hub.facts(viewer)["camera_wanted"])

    def waits(self, viewer: Any) -> bool:
        return bool(self.hub.facts(viewer)["camera_waits"])


def in_room(work: Any) -> None:
    async def all_of_it() -> None:
        room = Room()
        room.hub.enter(room.first)
        room.hub.enter(room.second)
        await work(room)
        room.hub.camera.camera.close()
        room.hub.close()

    with ThreadPoolExecutor(1) as threads:  # playwright's loop may run in this one
        threads.submit(asyncio.run, all_of_it()).result()


def test_a_camera_that_was_switched_off_is_not_asked_for_again() -> None:
    async def work(room: Room) -> None:
        hub, first = room.hub, room.first
        await room.want(Play.PLAY, first)
        assert room.is_asked(first) and not room.is_asked(room.second)
        hub.handle(first, ON)
        assert not room.is_asked(first) and hub.facts(first)["camera_is_on"]
        hub.handle(first, OFF)
        await room.want(Play.PLAY)
        assert not room.is_asked(first)
        await room.want(Play.OFF, first)  # key c: photos
        await room.want(Play.PLAY, first)  # and again
        assert room.is_asked(first)

    in_room(work)


def test_no_page_is_asked_that_takes_control_or_comes_back() -> None:
    """Its camera would go on though nobody pressed anything there that asks for it."""

    async def work(room: Room) -> None:
        hub, first, second = room.hub, room.first, room.second
        await room.want(Play.PLAY, first)
        hub.handle(first, ON)
        hub.handle(second, Key(99))  # it only watches
        hub.handle(second, TakeControl())
        hub.handle(first, OFF)  # as pages do then
        assert room.waits(second) and not room.is_asked(second) and not room.waits(first)
        hub.handle(second, ON)
        assert hub.facts(second)["gives_camera"] and not hub.facts(first)["gives_camera"]
        hub.leave(second)
        again = page("b")
        hub.enter(again)
        assert room.waits(again) and not room.is_asked(again)
        hub.handle(again, OFF)
        assert not room.waits(again), "it has refused"
        hub.handle(first, TakeControl())
        assert room.waits(first)

    in_room(work)


def test_photos_end_the_camera_and_a_key_in_the_page_begins_it() -> None:
    async def work(room: Room) -> None:
        hub, first = room.hub, room.first
        hub.handle(first, ON)
        await room.want(Play.PLAY)
        assert hub.facts(first)["gives_camera"]
        await room.want(Play.OFF, first)
        assert not hub.facts(first)["gives_camera"] and not hub.facts(first)["camera_is_on"]
        assert hub._events.take(0) == [] and hub.camera.camera.frames.peek() is None, "nothing has failed"
        await room.want(Play.PLAY, first)
        assert room.is_asked(first)

    in_room(work)


def test_a_camera_that_is_switched_off_gives_the_photos_back_without_an_error() -> None:
    async def work(room: Room) -> None:
        hub, first = room.hub, room.first
        hub.handle(first, ON)
        await room.want(Play.PLAY)  # as the window does then
        hub.handle(first, OFF)
        assert hub._events.take(0) == [CameraGiven(), CameraEnded()]
        assert hub.camera.camera.frames.peek() is None
        hub.handle(first, ON)
        hub.handle(first, CameraSwitched(False, "it was switched off"))
        assert hub._events.take(0) == [CameraGiven()]
        failed = hub.camera.camera.frames.peek()
        assert isinstance(failed, SourceError) and "it was switched off" in failed.sentence

    in_room(work)


def test_a_video_of_the_server_goes_on_after_the_camera_if_it_was_shown_before() -> None:
    async def work(room: Room) -> None:
        hub, first, plays = room.hub, room.first, list[Play]()
        video: Any = SimpleNamespace(start=lambda wakes: None, want=plays.append)
        hub.camera.camera.close()
        room.source = hub.camera.moving_source(video)
        room.source.start()
        await room.want(Play.PLAY)
        hub.handle(first, ON)
        hub.handle(first, OFF)
        assert hub._events.take(0) == [CameraGiven()] and plays == [Play.PLAY, Play.OFF, Play.PLAY]
        await room.want(Play.OFF)  # key c: photos
        hub.handle(first, ON)
        await room.want(Play.PLAY)
        hub.handle(first, OFF)
        assert hub._events.take(0) == [CameraGiven(), CameraEnded()]

    in_room(work)


def test_another_source_of_the_server_ends_the_camera() -> None:
    async def work(room: Room) -> None:
        hub, first = room.hub, room.first
        video: Any = SimpleNamespace(start=lambda wakes: None, want=lambda play: None, name="a video")
        hub.handle(first, ON)
        await room.want(Play.PLAY)
        before, camera = room.source, hub.camera.camera
        room.source = hub.camera.moving_source(video)  # from the palette
        before.want(Play.PLAY)  # a word of the earlier source that comes late
        room.source.start()
        await room.want(Play.PLAY)
        assert room.source.name == "a video" and hub.camera.source is room.source
        assert not hub.facts(first)["camera_is_on"] and not hub.facts(first)["gives_camera"]
        assert not room.is_asked(first) and not room.waits(first) and hub.camera.camera is not camera
        hub.handle(first, ON)
        assert room.source.name == "the browser's camera"
        camera.close()

    in_room(work)


def test_a_camera_that_is_given_before_a_source_is_opened_is_the_source() -> None:
    async def work(room: Room) -> None:
        hub, first = Hub(asyncio.get_running_loop(), EventBox()), room.first
        video: Any = SimpleNamespace(start=lambda wakes: None, want=lambda play: None, name="a video")
        hub.enter(first)
        hub.handle(first, ON)  # photos are shown
        source = hub.camera.moving_source(video)  # as the window then asks for
        await asyncio.sleep(0)
        source.want(Play.PLAY)
        await asyncio.sleep(0)
        assert source.name == "the browser's camera" and hub.facts(first)["gives_camera"]
        hub.close()

    in_room(work)


def test_a_camera_that_fails_while_photos_are_shown_is_asked_for_by_c() -> None:
    async def work(room: Room) -> None:
        room.hub.handle(room.first, CameraSwitched(False, "there is none"))
        await room.want(Play.PLAY, room.first)
        assert room.is_asked(room.first)
        room.hub.handle(room.first, CameraSwitched(False, "there is none"))
        assert not room.is_asked(room.first)

    in_room(work)


def test_switching_off_takes_no_control() -> None:
    async def work(room: Room) -> None:
        room.hub.leave(room.first)
        room.hub.handle(room.second, OFF)
        assert room.hub.facts(room.second)["is_free"]
        room.hub.handle(room.second, Key(97))
        assert room.hub.facts(room.second)["controls"]

    in_room(work)


def test_pages_say_that_the_window_is_busy() -> None:
    async def work(room: Room) -> None:
        assert not room.hub.facts(room.first)["is_busy"]
        assert [room.hub.put(Key(97)) for _ in range(MOST_EVENTS + 1)][-2:] == [True, False]
        assert room.hub.facts(room.first)["is_busy"]

    in_room(work)


def test_a_press_that_waits_is_seen() -> None:
    events = EventBox()
    events.put(Mouse("move", 3, 4))
    assert not events.has_press  # what plays is drawn under a pointer that moves
    events.put(Key(ord("l")))
    assert events.has_press
    events.take(0)
    assert not events.has_press
    events.put(Mouse("press", 3, 4))
    assert events.has_press


def test_a_key_holds_the_networks_passes_until_a_page_has_drawn_its_answer() -> None:
    async def work(room: Room) -> None:
        hub, first = room.hub, room.first
        hub.handle(room.second, Key(97))
        assert not hub.key_hold.is_on, "it only watches"
        hub.handle(first, Mouse("move", 1, 1))
        assert not hub.key_hold.is_on, "what plays is drawn under a pointer that moves"
        hub.handle(first, Key(97))
        assert hub.key_hold.is_on
        first.drawn = lambda version, seconds: False
        hub.handle(first, Drawn(1, 0.0))
        assert hub.key_hold.is_on, "that was another picture"
        first.drawn = lambda version, seconds: True
        hub.handle(first, Drawn(2, 0.0))
        assert not hub.key_hold.is_on

    in_room(work)


def test_a_recording_ends_when_the_page_that_began_it_has_gone() -> None:
    async def work(room: Room) -> None:
        hub, clock = room.hub, FakeClock()
        hub.recordings = Recordings(clock)
        hub.newest_whole = served_picture(np.zeros((64, 96, 3), np.uint8))
        room.first.is_unresponsive = room.second.is_unresponsive = lambda: False
        hub.handle(room.first, RecordSwitched(True))
        await asyncio.sleep(0)
        assert [hub.facts(each)["records_here"] for each in (room.first, room.second)] == [True, False]
        for _ in range(20):
            clock.now += 1
            await hub.look_after_viewers()
        assert hub.recordings.is_on, "its page is there"
        hub.leave(room.first)
        for _ in range(20):
            clock.now += 1
            await hub.look_after_viewers()
        assert not hub.recordings.is_on and hub.recordings.finished == 1

    in_room(work)
