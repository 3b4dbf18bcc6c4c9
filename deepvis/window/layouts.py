"""The size of the window, and where its panes are, as the settings say."""

from __future__ import annotations

import deepvis.window.ui.panes  # noqa: F401  (gives the places)
from deepvis.core.panes import LARGEST_WINDOW, SMALLEST_WINDOW, LayoutError, PaneLayout
from deepvis.core.presenting import USUAL, Presenting
from deepvis.core.types import NetInfo
from deepvis.core.user_error import UsageError
from deepvis.models.model import Model
from deepvis.settings.table import Settings
from deepvis.window.options import RunOptions
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.window import AnyWindow, MemoryWindow, OpenCVWindow, WindowError
from deepvis.window.ui.work_area import fitted, room_for_window

DESIGN_HEIGHT, DESIGN_WIDTH = 930, 1500


class Layouts:
    """(network, height, width) -> where the panes are. Raises UsageError for a table of panes that cannot be."""

    def __init__(self, settings: Settings, model: Model) -> None:
        self._panes = {**model.panes, **(settings.panes or {})}
        self._font_scale = settings.font_scale

    def has(self, pane: str) -> bool:
        """False if the table leaves the pane out: what it shows need not be made."""
        return all(self._panes.get(name, ()) is not None for name in (pane, f"caffevis_{pane}"))

    def __call__(
        self, info: NetInfo, height: int, width: int, *, presenting: Presenting = USUAL, pixel_ratio: float = 1.0
    ) -> PaneLayout:
        panes, font_scale = self._panes, self._font_scale
        try:
            return layout_for(info, height, width, panes, font_scale, presenting=presenting, pixel_ratio=pixel_ratio)
        except LayoutError as error:
            raise UsageError(str(error)) from error


def size_in_settings(settings: Settings) -> tuple[int, int]:
    """(height, width) in pixels that the settings ask for. Raises UsageError for a window too small to be one."""
    height, width = settings.window_size or (DESIGN_HEIGHT, DESIGN_WIDTH)
    size = round(height * settings.scale), round(width * settings.scale)
    if min(size) < SMALLEST_WINDOW:
        raise UsageError(f"a window of {size[1]}x{size[0]} pixels is too small; give a larger --scale or --size")
    if max(size) > LARGEST_WINDOW:
        raise UsageError(f"a window of {size[1]}x{size[0]} pixels is too large; give a smaller --scale or --size")
    return size


def window_size(settings: Settings, room: tuple[int, int] | None) -> tuple[int, int]:
    """(height, width) in pixels of the window at the start: no more than the room, unless the settings name a size."""
    size = size_in_settings(settings)
    return size if settings.window_size else fitted(size, room)


def open_window(settings: Settings, options: RunOptions, title: str) -> AnyWindow:
    """On the screen or, headless, in memory. Raises UsageError where there is no screen."""
    try:
        if options.headless:
            return MemoryWindow(title, *size_in_settings(settings))
        return OpenCVWindow(title, *window_size(settings, room_for_window()))
    except WindowError as error:
        raise UsageError(str(error)) from error
