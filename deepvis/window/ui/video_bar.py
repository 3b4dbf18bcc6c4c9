"""A video's time, length and speed below the input's picture, with a thin bar that a click winds to."""

from __future__ import annotations

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.playing import clock_words
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bar
from deepvis.window.ui.regions import SEEK, Hit, Tip
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width

BAR_HEIGHT = 5  # at text scale 1
LEAST_BAR = 40  # pixels at text scale 1 below which there is none


def has_video_bar(scene: Scene) -> bool:
    """The picture is a frame of a video whose length is known."""
    frame = scene.frame
    return frame is not None and frame.video is not None and frame.seconds is not None


def video_foot_height(scene: Scene) -> int:
    """Pixels that the line takes at the bottom of the input pane; 0 without a video."""
    return line_height(scene.px(theme.SIZE_SMALL)) + scene.px(4) if has_video_bar(scene) else 0


def time_words(scene: Scene) -> str:
    """ "0:12 / 3:04, x0.5"; "" without a video."""
    frame = scene.frame
    if frame is None or frame.video is None or frame.seconds is None:
        return ""
    is_short, speed = frame.video.length < 60, scene.state.input.moving_source.playback.speed
    tenths = is_short or scene.state.input.frozen
    words = f"{clock_words(frame.seconds, tenths=tenths)} / {clock_words(frame.video.length, tenths=is_short)}"
    return words if speed == 1 else f"{words}, x{speed:g}"


def foot_of(scene: Scene, body: Rect) -> Rect:
    """The line's place in the body of the input pane."""
    high = min(video_foot_height(scene), body.height)
    return Rect(body.bottom - high, body.col, high, body.width)


def bar_place(scene: Scene, body: Rect) -> Rect:
    """Where the bar is drawn; empty where there is no room. It stays where it is while the seconds run."""
    foot, px = foot_of(scene, body), scene.px(theme.SIZE_SMALL)
    digits = "".join("8" if letter.isdigit() else letter for letter in time_words(scene))
    left = foot.col + text_width(digits, px) + scene.px(8)
    high = min(scene.px(BAR_HEIGHT), foot.height)
    wide = foot.right - left
    if foot.is_empty or wide < scene.px(LEAST_BAR):
        return Rect(foot.row, foot.right, 0, 0)
    return Rect(foot.row + (foot.height - high) // 2, left, high, wide)


def draw_video_foot(canvas: np.ndarray, scene: Scene, body: Rect) -> None:
    """The words and the bar, at the bottom of ``body``."""
    frame = scene.frame
    if frame is None or frame.video is None or frame.seconds is None:
        return
    foot, place = foot_of(scene, body), bar_place(scene, body)
    px = scene.px(theme.SIZE_SMALL)
    draw_text(canvas, foot.row + scene.px(2), foot.col, time_words(scene), px, theme.TEXT, width=foot.width)
    if not place.is_empty:
        bar(canvas, place, frame.seconds / max(frame.video.length, 1e-6), theme.SELECTED, theme.TRACK)


def seek_hit(scene: Scene, body: Rect, row: int, col: int) -> Hit | None:
    """The place of the bar under a pixel, with some rows above and below it; None elsewhere."""
    frame = scene.frame
    if frame is None or frame.video is None:
        return None
    place, foot = bar_place(scene, body), foot_of(scene, body)
    if place.is_empty or not (foot.row <= row < foot.bottom and place.col <= col < place.right):
        return None
    seconds = (col - place.col) / place.width * frame.video.length
    return Hit("input", part=SEEK, index=round(10 * seconds), place=foot)


def seek_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a place of the bar: the time that a click goes to."""
    if hit.index is None:
        return None
    return Tip(clock_words(hit.index / 10, tenths=True), ("click: wind the video to here",))
