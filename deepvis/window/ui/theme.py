"""The window's colours, as BGR bytes, and the sizes of its text.

Dark and neutral, so that pictures keep their colours. Marks use hues of Okabe and Ito's palette
(jfly.uni-koeln.de/color), which people with any colour vision tell apart, and each has a shape of
its own besides: the selection a solid frame, the back origin corner brackets, staleness a hatched
tag with the word.
"""

from __future__ import annotations

BGR = tuple[int, int, int]


def bgr(code: str) -> BGR:
    """'#rrggbb' to (blue, green, red)."""
    red, green, blue = (int(code[i : i + 2], 16) for i in (1, 3, 5))
    return blue, green, red


BACKGROUND = bgr("#0b0d10")  # between the panes
FACE = bgr("#15181d")  # of a pane
WELL = bgr("#0e1013")  # an empty place inside a pane
CHIP = bgr("#1f242b")  # a layer's name
KEY = bgr("#303742")  # a key of the keyboard
CHOSEN = bgr("#233244")  # the highlighted row of the palette
EMPTY = bgr("#30363f")  # stripes of a slot that holds nothing
LINE = bgr("#2b313a")
TRACK = bgr("#262b33")  # of bars

BAR = bgr("#85591a")  # of a scalar above 0, warm as diffs above 0 are; letters stand on it
BAR_BELOW = bgr("#274a6e")  # below 0, to the other side

TEXT = bgr("#e6e9ee")
SOFT = bgr("#a9b1bc")  # values and names that are not selected
FAINT = bgr("#8b94a1")  # what is no fact: "off", "Loading …"

SELECTED = bgr("#56b4e9")  # sky blue: solid frame
ORIGIN = bgr("#e69f00")  # orange: corner brackets
STALE = bgr("#cc79a7")  # reddish purple: hatched tag
ERROR = bgr("#f0805a")  # vermillion, lightened for the dark ground
GOOD = bgr("#2fbf94")  # bluish green, likewise
RECORDING = bgr("#e5342b")  # the mark of a recording
FIELD = bgr("#f0e442")  # yellow: the receptive field
FOR = GOOD  # what a unit contributes: a whole frame
AGAINST = ERROR  # below 0: a frame of dashes
CHANGED = bgr("#d8a0f0")  # violet: a unit that is switched off, clamped or scaled
RISEN = bgr("#f0ab4e")  # a class that is more probable than before, as orange as tiles that rose
FALLEN = bgr("#6fb7f2")  # less

# heights in pixels of the em square at text scale 1
SIZE_HEADING = 11.5
SIZE_TEXT = 13.0
SIZE_SMALL = 11.5
SIZE_LARGE = 17.0
