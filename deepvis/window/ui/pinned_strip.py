"""The pinned frame below the input: a small picture, its name, its most probable classes."""

from __future__ import annotations

import cv2
import numpy as np

from deepvis.core.geometry import Rect, fit_inside
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import fill, picture
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width
from deepvis.window.ui.video_bar import video_foot_height

SHARE = 0.3  # of the pane's body
CLASSES = 3


def strip_in(scene: Scene, body: Rect) -> Rect | None:
    """Where the pinned frame stands in the input pane's body; None while none is pinned."""
    if scene.state.view.compared is None:
        return None
    body = body.cut(bottom=video_foot_height(scene))
    high = round(SHARE * body.height)
    return Rect(body.bottom - high, body.col, high, body.width)


def above_strip(scene: Scene, body: Rect) -> Rect:
    """What the pinned frame, and below it the time of a video, leave of the pane's body."""
    strip = strip_in(scene, body)
    body = body.cut(bottom=video_foot_height(scene))
    return body if strip is None else body.cut(bottom=strip.height + scene.px(4))


def pinned_classes(scene: Scene, count: int = CLASSES) -> list[tuple[str, float]]:
    """The most probable classes of the pinned frame, best first; empty where there are none, or not yet."""
    info, pinned = scene.state.info, scene.pinned
    probs = pinned.activations.get(info.prob_layer) if pinned is not None and info.prob_layer else None
    if probs is None:
        return []
    best = probs.reshape(len(probs), -1).max(axis=1)
    return [(scene.state.info.class_title(int(i)), float(best[i])) for i in np.argsort(-best, kind="stable")[:count]]


def draw_strip(canvas: np.ndarray, scene: Scene, body: Rect) -> None:
    """The picture at the left, at the right "pinned" with its name and the classes, as many as there is room for."""
    strip, compared = strip_in(scene, body), scene.state.view.compared
    if strip is None or compared is None:
        return
    fill(canvas, strip, theme.WELL)
    rgb = pinned_rgb(scene)
    inner = strip.inset(scene.px(3))
    left = inner.col
    if rgb is not None:
        place = fit_inside(rgb.shape[0], rgb.shape[1], Rect(inner.row, inner.col, inner.height, inner.width // 2))
        place = Rect(place.row, inner.col, place.height, place.width)
        picture(canvas, place, rgb)
        left = place.right + scene.px(8)
    px, row, width = scene.px(theme.SIZE_SMALL), inner.row, inner.right - left
    high = line_height(px) + scene.px(1)
    draw_text(canvas, row, left, "pinned", px, theme.SELECTED, bold=True, width=width)
    used = text_width("pinned ", px, True) + scene.px(4)
    draw_text(canvas, row, left + used, compared.name, px, theme.SOFT, width=max(width - used, 0))
    lines = pinned_classes(scene)
    for name, probability in lines if scene.pinned is not None else [("waiting for its pass", -1.0)]:
        row += high
        if row + high > strip.bottom:
            return
        share = "" if probability < 0 else f"{100 * probability:.1f} %"
        wide = text_width(share, px)
        draw_text(canvas, row, inner.right - wide, share, px, theme.TEXT)
        draw_text(canvas, row, left, name, px, theme.TEXT, width=max(width - wide - scene.px(6), 0))


def pinned_rgb(scene: Scene) -> np.ndarray | None:
    """(H, W, 3) uint8 RGB: the pinned frame as the network sees it, gray for one channel; None before its pass."""
    rgb = scene.pinned.input_rgb if scene.pinned is not None else None
    if rgb is None or scene.state.info.input_shape[0] != 1:
        return rgb
    return cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
