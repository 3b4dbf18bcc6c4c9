"""Thirteen things that a person asks of the window beyond "where is it": why, what if, which differs, and keep it.

As ``tasks.py``, which has the words of a task; ``test_tasks.py`` does both.
"""

from __future__ import annotations

import numpy as np

from deepvis.core.panes import PaneLayout
from tests.window.real.tasks import GO_TO, Click, Key, Task, Word, at, does_not_say, says


def is_recording(bgr: np.ndarray, layout: PaneLayout) -> bool:
    """The red point of the mark in the upper right corner."""
    mark = bgr[: layout["jpgvis"].row + 30, -130:].astype(int)
    return bool((mark[..., 2] - mark[..., :2].max(axis=2) > 120).sum() > 30)


CONV5 = (GO_TO, Word("conv5 151"))

ANSWER_TASKS = (
    Task(
        "why this class",
        "Why does it say flamingo? Which units speak for it?",
        (Key("Y"),),
        (says("layers", "contribution"),),
        prepare=(GO_TO, Word("flamingo")),
    ),
    Task(
        "which part speaks for it",
        "Which part of the picture speaks for this unit? Show me Grad-CAM.",
        (Key("B"),),
        (says("input", "Grad-CAM"),),
        prepare=CONV5,
    ),
    Task(
        "what if it were off",
        "What would it say without this unit?",
        (Key("X"),),
        (says("aux", "now 0"), does_not_say("aux", "max 3.20")),
        prepare=CONV5,
    ),
    Task(
        "what differs between two pictures",
        "I have pinned the first picture: which units differ most in this one?",
        (GO_TO, Word("differ")),
        (says("layers", "by difference"), says("input", "pinned")),
        prepare=(GO_TO, Word("conv5"), Key("P"), Key("e")),
    ),
    Task(
        "all ways back at once",
        "Show me gradient, deconv, guided backprop and an attribution of this unit.",
        (Key("backslash"),),
        (says("layers", "deconv"), says("layers", "guided"), says("layers", "Grad-CAM")),
        prepare=CONV5,
    ),
    Task(
        "one unit over my photos",
        "Where does this unit fire in each of my photos?",
        (Key("F3"),),
        (says("layers", "my-coffee"),),
        prepare=CONV5,
        own_photos=True,
    ),
    Task(
        "colour or shape",
        "Does this unit look at colour or at shape?",
        (Key("F4"),),
        (
            says("layers", "Mirrored"),
            says("layers", "Gray"),
        ),
        prepare=CONV5,
    ),
    Task(
        "keep this unit",
        "I want this unit as a large picture for my slides.",
        (Key("ctrl+s"),),
        (says("status", "png"),),
        prepare=CONV5,
    ),
    Task(
        "a name for it",
        "I call this unit fur.",
        (Key("ctrl+t"), Word("fur")),
        (says("status", "fur"),),
        prepare=CONV5,
    ),
    Task(
        "over time",
        "How do the five strongest classes go over time?",
        (Key("dollar"), Key("dollar")),
        (says("layers", "strongest classes"),),
        prepare=CONV5,
    ),
    Task(
        "which layers are steady",
        "Which layers jump from frame to frame?",
        (Key("ctrl+g"),),
        (says("status", "steadiness"),),
    ),
    Task(
        "all my photos at a glance",
        "Show me all my photos; I take the coffee.",
        (Key("ctrl+f"), Click(at("layers", 0.96, 0.55))),
        (says("input", "my-coffee"),),
        own_photos=True,
    ),
    Task(
        "a key forgotten",
        "Record this as a video; I have forgotten the key.",
        (Key("h"), Word("record")),
        (),
        looks=(is_recording,),
    ),
)
