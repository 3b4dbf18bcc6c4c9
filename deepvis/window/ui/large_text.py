"""Presenter mode's text: as large as there is room for, so that nothing is cut; without presenter mode as it is."""

from __future__ import annotations

from collections.abc import Callable

from deepvis.core.presenting import TEXT_SCALE
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import text_width


def is_large(scene: Scene) -> bool:
    """Is presenter mode on?"""
    return scene.state.view.presenting.large_text


def least(px: int) -> int:
    """The size that a text of presenter mode has without it: no smaller one is taken."""
    return max(round(px / TEXT_SCALE), 10)


def fitting(scene: Scene, px: int, fits: Callable[[int], bool]) -> int:
    """The largest size up to ``px`` that fits, in presenter mode; else ``px``."""
    if not is_large(scene):
        return px
    return next((size for size in range(px, least(px), -1) if fits(size)), min(least(px), px))


def class_words(scene: Scene, name: str, px: int, width: int, *, bold: bool = True) -> str:
    """A class's name; in presenter mode the first of its names where not all have room."""
    if not is_large(scene) or text_width(name, px, bold) <= width:
        return name
    return name.partition(",")[0]
