"""The keys of the input: filmstrip, autoplay, a video wound, stepped, slower and faster; cameras in the palette."""

from __future__ import annotations

from dataclasses import replace

import pytest

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.candidates import CandidateKind, candidates
from deepvis.core.filmstrip import strip_paths, strip_window
from deepvis.core.over_time import Follow
from deepvis.core.playing import MovingSource, Playback, VideoPlace, clock_words
from deepvis.core.state import AppState, InputState, PaletteLists
from deepvis.core.typed import press
from deepvis.core.types import Frame, LayerInfo, NetInfo
from deepvis.window.autoplay import AutoplayClock
from tests.core.test_reasons import after, said

INFO = NetInfo("toy", (LayerInfo("conv1", "Convolution", 8, 4, 4),), (3, 8, 8))
MANY = PaletteLists(tuple((f"/p/{n}.jpg", f"{n}.jpg") for n in range(50_000)))
PHOTOS = AppState(INFO, palette_lists=MANY)
VIDEO = AppState(INFO, input=InputState(moving=True, moving_source=MovingSource("/films/clip.mp4")), palette_lists=MANY)
CAMERA = replace(VIDEO, input=InputState(moving=True))
STREAM = replace(VIDEO, input=InputState(moving=True, moving_source=MovingSource("rtsp://gate/1")))


def frame(index: int) -> Frame:
    return Frame(1, None, path=f"/p/{index}.jpg", index=index, count=50_000)  # type: ignore[arg-type]


def played(state: AppState) -> tuple[float, float, int]:
    playback = state.input.moving_source.playback
    return playback.speed, playback.wound, playback.stepped


def test_winding_and_stepping_add_up_and_undo_takes_them_back() -> None:
    state = after(VIDEO, ")", ")", "(", "(", "(")
    assert played(state) == (1.0, -5.0, 0)
    state = after(VIDEO, "{", "}", "}")
    assert played(state) == (1.0, 0.0, 1) and state.input.frozen
    assert played(after(VIDEO, ")", "}", "backspace")) == (1.0, 5.0, 0)
    assert played(after(VIDEO, ")", "}", "backspace", "backspace", "Z")) == (1.0, 5.0, 0)


def test_speed_goes_from_a_quarter_to_four() -> None:
    speeds = [played(after(VIDEO, *["ctrl+right"] * n))[0] for n in range(4)]
    assert speeds == [1, 2, 4, 4]
    assert [played(after(VIDEO, *["ctrl+left"] * n))[0] for n in range(4)] == [1, 0.5, 0.25, 0.25]
    assert played(after(VIDEO, "/", *"speed 0.5", "enter"))[0] == 0.5
    assert "expected one of 0.25, 0.5, 1, 2, 4" in said(after(VIDEO, "/", *"speed 3"), "enter")


@pytest.mark.parametrize(
    ("text", "seconds"), [("time 90", 90), ("time 1:30", 90), ("at 0:01:30.5", 90.5), ("time 9:00", 200)]
)
def test_a_video_goes_to_a_time_that_is_typed(text: str, seconds: float) -> None:
    asked = after(VIDEO, ")")  # 5 seconds that the picture does not show yet
    place = VideoPlace(200.0, Playback())
    shown = replace(asked, frame=replace(frame(0), moving=True, seconds=12.0, video=place))
    typed = after(shown, "/", *["space" if letter == " " else letter for letter in text], "enter")
    assert played(typed)[1] == seconds - 12.0
    assert played(after(typed, "backspace"))[1] == 5.0
    assert "no picture yet" in said(after(VIDEO, "/", *"time", "space", *"9"), "enter")
    assert "only a video" in said(after(PHOTOS, "/", *"time", "space", *"9"), "enter")


def test_esc_closes_the_strips_after_all_else() -> None:
    state = after(PHOTOS, "ctrl+f", "$", "b", "esc")
    assert state.view.filmstrip.is_on and state.view.over_time.show is Follow.UNITS
    state = after(state, "esc")
    assert not state.view.filmstrip.is_on and state.view.over_time.show is Follow.UNITS
    assert after(state, "esc").view.over_time.show is Follow.OFF
    assert not after(PHOTOS, "ctrl+g", "esc").view.over_time.steadiness


@pytest.mark.parametrize("key", ["(", ")", "{", "}", "ctrl+left", "ctrl+right"])
def test_what_cannot_be_wound_says_so_and_stays(key: str) -> None:
    for state, words in ((CAMERA, "camera 0 cannot be"), (STREAM, "rtsp://gate/1 cannot be"), (PHOTOS, "only a video")):
        assert words in said(state, key)
        assert press(state, key)[0].input == state.input


def test_the_strip_stands_around_the_photo_and_stops_at_both_ends() -> None:
    state = after(PHOTOS, "ctrl+f")
    assert state.view.filmstrip.is_on and not after(state, "ctrl+f").view.filmstrip.is_on
    assert not after(state, "backspace").view.filmstrip.is_on
    assert [strip_window(state, frame(n), 9).first for n in (0, 3, 100, 49_999)] == [0, 0, 96, 49_991]
    paths = strip_paths(state, frame(100))
    assert paths[0] == "/p/100.jpg" and set(paths[1:3]) == {"/p/99.jpg", "/p/101.jpg"} and len(paths) == 33
    assert strip_paths(PHOTOS, frame(100)) == ()


def test_autoplay_goes_on_without_steps_of_the_history() -> None:
    state, clock = after(PHOTOS, "/", *"autoplay 2", "enter"), AutoplayClock()
    assert state.input.autoplay.is_on and state.input.autoplay.seconds == 2
    steps = len(state.history.past)
    indices = []
    for tenth in range(70):
        state = clock(state, tenth / 10, is_shown=tenth % 3 > 0)
        indices.append(state.input.file_index)
    assert indices[-1] == 3 and sorted(indices) == indices and len(state.history.past) == steps
    assert after(state, "backspace").input.file_index == 0 and not after(state, "backspace").input.autoplay.is_on


@pytest.mark.parametrize("key", ["e", "w", "c", "F", "ctrl+a"])
def test_any_key_of_the_input_stops_it_and_others_do_not(key: str) -> None:
    state = after(PHOTOS, "ctrl+a")
    assert state.input.autoplay.is_on
    assert not after(state, key).input.autoplay.is_on
    assert after(state, "right", "o", "h", "h").input.autoplay.is_on


def test_autoplay_where_it_does_not_apply() -> None:
    assert "goes through photos" in said(VIDEO, "ctrl+a")
    assert "more than one photo" in said(
        replace(PHOTOS, palette_lists=PaletteLists((("/p/a.jpg", "a.jpg"),))), "ctrl+a"
    )
    assert "expected 0.1 to 3600" in said(after(PHOTOS, "/", *"autoplay 0"), "enter")


def test_cameras_and_the_video_in_the_palette() -> None:
    lists = PaletteLists(cameras=((0, "Integrated"), (2, "C270")), video="/films/clip.mp4")
    state = after(replace(CAMERA, palette_lists=lists), "/", *"camera")
    found = [row.title for row in candidates(state) if row.kind in (CandidateKind.CAMERA, CandidateKind.VIDEO)]
    assert sorted(found) == ["Camera 0: Integrated", "Camera 2: C270"]
    state = after(replace(PHOTOS, palette_lists=lists), "/", *"c270", "enter")
    assert state.input.moving and state.input.moving_source.name == "camera 2"
    assert not after(state, "backspace").input.moving
    assert after(state, "/", *"video clip", "enter").input.moving_source.name == "clip.mp4"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (12.9, "0:12"), (184, "3:04"), (3605.5, "1:00:05"), (-1, "0:00")]
)
def test_times_as_people_say_them(seconds: float, words: str) -> None:
    assert clock_words(seconds) == words
