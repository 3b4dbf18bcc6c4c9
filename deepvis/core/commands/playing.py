"""How the input plays: the filmstrip, photos one after another, a video wound, stepped, slower and faster."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.changes import say, source, view
from deepvis.core.commands.table import Group, command
from deepvis.core.playing import LONGEST_AUTOPLAY, SEEK_SECONDS, SHORTEST_AUTOPLAY, SPEEDS, clock_words
from deepvis.core.state import AppState, Outcome


@command("ctrl+f", group=Group.INPUT, help="Filmstrip of the open photos, on or off (click: that photo, wheel: on)")
def toggle_filmstrip(state: AppState) -> AppState | Outcome:
    strip = state.view.filmstrip
    changed = view(state, filmstrip=replace(strip, is_on=not strip.is_on))
    if strip.is_on or not state.input.moving:
        return changed
    return say(changed, "a click on a photo of the strip shows it; c goes back to the camera or video")


@command("ctrl+a", group=Group.INPUT, help="Autoplay: the open photos one after another; any key of the input stops it")
def toggle_autoplay(state: AppState) -> AppState | Outcome:
    autoplay = state.input.autoplay
    if autoplay.is_on:
        return say(source(state), "autoplay stopped")
    return started(state, autoplay.seconds)


def started(state: AppState, seconds: float) -> AppState | Outcome:
    """Autoplay with so many seconds a photo; why there is none, where it does not apply."""
    if not SHORTEST_AUTOPLAY <= seconds <= LONGEST_AUTOPLAY:
        limits = f"{SHORTEST_AUTOPLAY:g} to {LONGEST_AUTOPLAY:g}"
        return say(state, f"autoplay {seconds:g}: expected {limits} seconds a photo")
    if state.input.moving:
        return say(state, "autoplay goes through photos; c shows yours, / opens a folder")
    if len(state.palette_lists.photos) == 1:
        return say(state, "autoplay needs more than one photo; / opens a folder")
    autoplay = replace(state.input.autoplay, is_on=True, seconds=seconds)
    return say(source(state, autoplay=autoplay), f"autoplay: {seconds:g} seconds a photo; ctrl+a stops it")


def problem(state: AppState, what: str) -> str:
    """Why what moves cannot be ``what`` ("wound"), "" if it can."""
    if not state.input.moving:
        return f"only a video can be {what}: this is a photo, c goes to the camera or video"
    moving = state.input.moving_source
    if not moving.has_length:
        return f"{moving.name} cannot be {what}: only a video file can"
    return ""


def played(state: AppState, **changes: object) -> AppState:
    """The state with some of what is wanted of the video changed."""
    moving = state.input.moving_source
    playback = replace(moving.playback, **changes)  # type: ignore[arg-type]
    return source(state, moving_source=replace(moving, playback=playback))


def wound(state: AppState, seconds: float) -> AppState | Outcome:
    """The video so many seconds on, or back; it stays between its ends."""
    if why := problem(state, "wound"):
        return say(state, why)
    return played(state, wound=state.input.moving_source.playback.wound + seconds)


def at_time(state: AppState, seconds: float) -> AppState | Outcome:
    """The video wound to a time from its beginning; it stays between its ends."""
    frame, playback = state.frame, state.input.moving_source.playback
    if why := problem(state, "wound"):
        return say(state, why)
    if frame is None or frame.seconds is None or frame.video is None:
        return say(state, "the video has shown no picture yet")
    to_come = playback.wound - frame.video.playback.wound  # asked for, and not carried out in that picture
    there = min(max(seconds, 0.0), frame.video.length)
    seconds_on = playback.wound + there - frame.seconds - to_come
    return say(played(state, wound=seconds_on), f"the video at {clock_words(there)}")


def stepped(state: AppState, frames: int) -> AppState | Outcome:
    """The video some frames on, or back, and paused."""
    if why := problem(state, "stepped"):
        return say(state, why)
    moved = played(state, stepped=state.input.moving_source.playback.stepped + frames)
    return source(moved, frozen=True)


def at_speed(state: AppState, speed: float) -> AppState | Outcome:
    if why := problem(state, "slower or faster"):
        return say(state, why)
    if speed not in SPEEDS:
        return say(state, f"speed {speed:g}: expected one of {', '.join(f'{each:g}' for each in SPEEDS)}")
    return say(played(state, speed=speed), f"speed x{speed:g}")


def next_speed(state: AppState, way: int) -> AppState | Outcome:
    place = SPEEDS.index(state.input.moving_source.playback.speed) + way
    return at_speed(state, SPEEDS[min(max(place, 0), len(SPEEDS) - 1)])


@command("(", group=Group.INPUT, help="The video 5 seconds back", is_held=True)
def seek_back(state: AppState) -> AppState | Outcome:
    return wound(state, -SEEK_SECONDS)


@command(")", group=Group.INPUT, help="The video 5 seconds on", is_held=True)
def seek_on(state: AppState) -> AppState | Outcome:
    return wound(state, SEEK_SECONDS)


@command("{", group=Group.INPUT, help="The video one frame back, and paused", is_held=True)
def step_back(state: AppState) -> AppState | Outcome:
    return stepped(state, -1)


@command("}", group=Group.INPUT, help="The video one frame on, and paused", is_held=True)
def step_on(state: AppState) -> AppState | Outcome:
    return stepped(state, 1)


@command("ctrl+left", group=Group.INPUT, help="The video slower: its speed times 4, 2, 1, 0.5, 0.25")
def slower(state: AppState) -> AppState | Outcome:
    return next_speed(state, -1)


@command("ctrl+right", group=Group.INPUT, help="The video faster: its speed times 0.25, 0.5, 1, 2, 4")
def faster(state: AppState) -> AppState | Outcome:
    return next_speed(state, 1)
