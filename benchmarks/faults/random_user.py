"""A user who presses keys and moves the mouse at random, the same way for the same seed.

What is done stands in a table: how often it is drawn, and the words for xdotool. Never ``q``; what opens a field to
type in is typed into and left with Esc, so that no letter meant for it is taken for a key.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from deepvis.core.state import PRESETS

Step = tuple[str, ...]  # the arguments of one xdotool call


@dataclass(frozen=True)
class Habit:
    """often: weight of being drawn, against all others. keys: X's names, one or several pressed in a row."""

    often: float
    keys: Sequence[str]


MOVES = ("Left", "Right", "Up", "Down", "j", "l", "i", "k", "J", "L", "I", "K", "comma", "period", "minus", "plus")
LAYERS = ("o", "o", "u", "Home", "End", "Return", "Tab", "bracketleft", "bracketright", "H")
SHOWN = ("z", "s", "t", "T", "V", "E", "C", "U", "S", "r", "D", "F4", "F5", "F6", "O", "P", "Q", "bar", "ctrl+g")
BACK = ("b", "n", "m", "d", "a", "A", "B", "Y", "backslash", "X", "dollar", "percent", "F3", "v")
INPUT = ("f", "c", "e", "w", "F", "M", "ctrl+f", "parenleft", "parenright", "braceleft", "braceright")
SPEED = ("ctrl+Left", "ctrl+Right", "ctrl+Right")
UNDO = ("BackSpace", "ctrl+z", "Z", "ctrl+y", "Escape", "Escape")
KEEPING = ("p", "ctrl+s", "ctrl+e", "ctrl+d", "N", "ctrl+n", "R")
TYPED: tuple[Sequence[str], ...] = (
    ("slash", "c", "o", "n", "v", "Down", "Up", "Escape"),
    ("ctrl+p", "f", "i", "r", "e", "Return", "Escape"),  # a layer or a class
    ("3", "7", "Return"),
    ("ctrl+t", "a", "b", "c", "Escape"),
    ("asciicircum", "9", "Escape"),
    ("h", "b", "a", "c", "k", "Next", "Escape", "Escape"),
    ("F1", "F1"),
)
HABITS: tuple[Habit, ...] = (
    *(Habit(5, (key,)) for key in MOVES),
    *(Habit(4, (key,)) for key in LAYERS),
    *(Habit(2, (key,)) for key in SHOWN),
    *(Habit(2, (key,)) for key in BACK),
    *(Habit(1, (key,)) for key in INPUT + SPEED),
    *(Habit(3, (key,)) for key in UNDO),
    *(Habit(0.2, (key,)) for key in KEEPING),
    *(Habit(1, keys) for keys in TYPED),
    Habit(1, ("x",)),  # the optimizer
    Habit(0.5, ("g",)),
    Habit(0.5, ("G",)),  # a scan of the open photos; of a video it says why not
    Habit(1, ("c", "G")),
    Habit(0.3, ("ctrl+a",)),  # autoplay
    Habit(0.2, ("ctrl+r", "Right", "Down", "ctrl+r")),  # a recording of a moment
)
WAIT = "Shift_L"  # does nothing, for the time from key to key
ALL_PRESETS = (*("v", WAIT, WAIT) * len(PRESETS), "Escape")  # a climb begins anew with the next one
ONCE: tuple[Habit, ...] = (*HABITS, Habit(0, ("x", *ALL_PRESETS)), Habit(0, ("g", *ALL_PRESETS)))
FILLING: tuple[Habit, ...] = (  # what holds pictures by design is to be full before growth is looked for
    Habit(4, ("l", "x", WAIT, WAIT, "Escape") * 3),  # climbs that are stopped
    Habit(3, ("c", *["e"] * 8, "c")),  # photos
    Habit(2, ("P", "P")),  # pinned frames, which undo brings back
    Habit(4, ("l", "l", "l", "o", "l", "l")),  # top 9s
    Habit(1, ("c", "G", "l", "l", "o", "l", "l", "l", "c")),  # those of the scanned photos
    Habit(0.3, ("R",)),  # streams that undo brings back
)
FILLING_SHARE = 0.5  # of the acts while they are to fill
FILLING_DELAY = "250"  # milliseconds from key to key: what is asked for is to come
MOUSE_SHARE = 0.25  # of all acts; of these:
BUTTONS = ((), (), (), ("1",), ("1",), ("4",), ("5",))  # moves alone, clicks, turns of the wheel


class RandomUser:
    """Draws what is done next. size: (height, width) of the window in pixels. fills: caches are to become full."""

    def __init__(self, seed: int, window: str, size: tuple[int, int]) -> None:
        self._draw, self._window, self._size = random.Random(seed), window, size
        self.fills = False
        self._not_done = list(ONCE)  # each is done once at first: what it loads is there
        self._draw.shuffle(self._not_done)

    def next_act(self) -> list[Step]:
        """What is done at once: a key, a row of keys, or the mouse."""
        if self.fills and self._not_done:
            return [("key", "--delay", FILLING_DELAY, *self._not_done.pop().keys)]
        if self.fills and self._draw.random() < FILLING_SHARE:
            return [("key", "--delay", FILLING_DELAY, *self._drawn(FILLING).keys)]
        if self._draw.random() < MOUSE_SHARE:
            height, width = self._size
            col, row = self._draw.randrange(width), self._draw.randrange(height)
            place = ("mousemove", "--window", self._window, str(col), str(row))
            button = self._draw.choice(BUTTONS)
            return [(*place, *(("click", *button) if button else ()))]
        return [("key", "--delay", "30", *self._drawn(HABITS).keys)]

    def _drawn(self, habits: Sequence[Habit]) -> Habit:
        (habit,) = self._draw.choices(habits, [each.often for each in habits])
        return habit

    def next_pause(self) -> float:
        """Seconds until the next act: mostly short, now and then one in which all panes settle."""
        return self._draw.choice((0.05, 0.1, 0.1, 0.2, 0.2, 0.3, 0.5, 2.0))
