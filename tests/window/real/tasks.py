"""Twelve things that a person wants of the window: the gestures that do each, and what must then be on the screen.

A gesture is one key, one click, or one typed word with Enter; pointing is none. Each task begins in a fresh window on
the embedded network and the sample photos, or on a folder of the user's own. ``test_tasks.py`` does them with real
keys and a real mouse. By hand, with a picture of each:

    python -m tests.window.real.test_tasks --size 1280x720 --pictures FOLDER
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from deepvis.core.geometry import Rect, fit_inside, montage_cell, tile_grid
from deepvis.core.panes import PaneLayout, card_areas
from deepvis.core.types import NetInfo
from deepvis.live.showing import net_info
from deepvis.models.zoo import load_model
from deepvis.network.shapes import infer_shapes
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.panes.jpgvis import part_place
from tests.helpers.reading import reads


@dataclass(frozen=True)
class Key:
    """One key, by X's name for it."""

    name: str


@dataclass(frozen=True)
class Word:
    """A word typed, with Enter."""

    letters: str


Place = Callable[[PaneLayout], tuple[int, int]]  # -> (row, column) in the window


@dataclass(frozen=True)
class Click:
    place: Place


@dataclass(frozen=True)
class Point:
    """The pointer is moved there and left there; no gesture."""

    place: Place


Gesture = Key | Word | Click | Point


@dataclass(frozen=True)
class Expectation:
    """words: a caption that stands in a pane, any of its words alone where it is ""; or that does not, if is_absent."""

    pane: str
    words: str
    is_absent: bool = False


Look = Callable[[np.ndarray, PaneLayout], bool]  # of the picture, (H, W, 3) BGR


@dataclass(frozen=True)
class Task:
    """wish: as the person would say it. prepare: what was done before the wish came up; it does not count."""

    name: str
    wish: str
    gestures: tuple[Gesture, ...]
    expectations: tuple[Expectation, ...]
    prepare: tuple[Gesture, ...] = ()
    looks: tuple[Look, ...] = ()
    own_photos: bool = False  # in a folder of the user's own

    @property
    def count(self) -> int:
        """Of the gestures, as the issue counts them."""
        return sum(not isinstance(gesture, Point) for gesture in self.gestures)


@lru_cache(maxsize=1)
def network() -> NetInfo:
    """The embedded network, as the window knows it."""
    model = load_model()
    return net_info(model, infer_shapes(model.graph, model.graph.inputs), "cpu")


def layout_at(height: int, width: int) -> PaneLayout:
    """Where the panes of the embedded network are in a window of that size."""
    return layout_for(network(), height, width, {}, 1.0)


def body(layout: PaneLayout, pane: str) -> Rect:
    """A pane without its heading."""
    return card_areas(layout[pane], layout.text_scale).body


def part_of_pane(layout: PaneLayout, pane: str, down: float, right: float) -> tuple[int, int]:
    """A place in a pane's body: shares of its height and width."""
    place = body(layout, pane)
    return place.row + int(down * place.height), place.col + int(right * place.width)


def at(pane: str, down: float = 0.5, right: float = 0.5) -> Place:
    return partial(part_of_pane, pane=pane, down=down, right=right)


def tile(layer: str, channel: int) -> Place:
    """The middle of a unit's tile, in the order of their numbers."""
    shown = network().layer(layer)

    def place(layout: PaneLayout) -> tuple[int, int]:
        grid = tile_grid(shown.channels, (shown.height, shown.width), layout.tiles_area)
        return middle(grid.tile(channel))

    return place


def patch(index: int) -> Place:
    """The middle of a patch of the top 9."""

    def place(layout: PaneLayout) -> tuple[int, int]:
        part = card_areas(part_place(layout["jpgvis"], 1), layout.text_scale).body
        return middle(montage_cell(index, 3, fit_inside(300, 300, part)))

    return place


def middle(place: Rect) -> tuple[int, int]:
    return place.row + place.height // 2, place.col + place.width // 2


def is_full(bgr: np.ndarray) -> bool:
    """More than a sentence: many pixels are not of the commonest brightness."""
    grey = bgr.max(axis=2).astype(int)
    return bool((np.abs(grey - np.bincount(grey.ravel()).argmax()) > 12).mean() > 0.2)


def pane_is_full(pane: str) -> Look:
    return lambda bgr, layout: is_full(bgr[body(layout, pane).slices])


def says(pane: str, words: str) -> Expectation:
    return Expectation(pane, words)


def does_not_say(pane: str, words: str) -> Expectation:
    return Expectation(pane, words, is_absent=True)


def failed(task: Task, bgr: np.ndarray) -> str:
    """What of the task's expectations the window, (H, W, 3) uint8 BGR, does not meet; "" where it meets all."""
    layout = layout_at(*bgr.shape[:2])
    for expected in task.expectations:
        if reads(bgr[layout[expected.pane].slices], expected.words) is expected.is_absent:
            return f"the pane {expected.pane} {'says' if expected.is_absent else 'does not say'} {expected.words!r}"
    missing = [number for number, look in enumerate(task.looks) if not look(bgr, layout)]
    return f"look number {missing[0]} of the task is not met" if missing else ""


GO_TO = Key("slash")

TASKS = (
    Task(
        "unit by number",
        "Show me unit 151 of conv5.",
        (GO_TO, Word("conv5 151")),
        (says("status", "conv5"), says("aux", "Unit 151")),
        looks=(pane_is_full("layers"),),
    ),
    Task(
        "class by name",
        "How does it see flamingos? Go to the class flamingo.",
        (GO_TO, Word("flamingo")),
        (says("status", "flamingo"), says("layers", "flamingo")),
    ),
    Task(
        "number in the layer",
        "I am in conv1; show me its unit 37.",
        (Word("37"),),
        (says("aux", "Unit 37"), says("status", "conv1")),
    ),
    Task(
        "what fires most",
        "Which unit of this layer fires most on this picture?",
        (Key("H"),),
        (says("status", "conv5"), says("aux", "Unit 63"), says("aux", "max 3.98")),
        prepare=(GO_TO, Word("conv5")),
    ),
    Task(
        "sorted by strength",
        "Show me only what fires, the strongest first.",
        (Key("O"),),
        (says("layers", "sorted by strength"),),
        prepare=(GO_TO, Word("conv5")),
    ),
    Task(
        "what is this tile",
        "What is this tile here?",
        (Point(tile("conv5", 20)),),
        (
            says("layers", "conv5 20"),
            says("layers", "rank of 160"),
        ),
        prepare=(GO_TO, Word("conv5")),
    ),
    Task(
        "who looks at this place",
        "Which units fire at this place of the picture?",
        (Click(at("input", 0.4, 0.45)),),
        (says("layers", "sorted by the place"), says("aux", "Fires here"), says("status", "place pinned")),
        prepare=(GO_TO, Word("conv5")),
    ),
    Task(
        "a slip undone",
        "Oh no, I have forgotten the running top 9!",
        (Key("BackSpace"),),
        (says("jpgvis", "16 samples"),),
        prepare=(GO_TO, Word("conv5 3"), Key("R")),
    ),
    Task(
        "a photo by name",
        "Show me the photo of the coffee.",
        (GO_TO, Word("coffee")),
        (says("input", "coffee"),),
    ),
    Task(
        "the photo of a patch",
        "Where is this patch of the top 9 from?",
        (Click(patch(0)),),
        (says("input", "camera"), does_not_say("input", "astronaut")),
        prepare=(GO_TO, Word("conv5 151")),
    ),
    Task(
        "my own photos' best",
        "Which of my own photos excite this unit most?",
        (Key("G"),),
        (says("jpgvis", "photos"),),
        prepare=(GO_TO, Word("conv5 151")),
        own_photos=True,
    ),
    Task(
        "where does it come from",
        "What in the picture makes this unit fire? Show it on the picture.",
        (Key("A"),),
        (says("back", "Deconv"), says("input", "deconv 40")),
        prepare=(GO_TO, Word("conv5 151")),
    ),
)
