"""What one run is to do besides what the settings say: the part of the command line for scripts and tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.window.gestures import Replay
    from deepvis.window.session import Session

from deepvis.core.first_hints import Hints


def seconds_to_wait(word: str) -> float | None:
    """The seconds of ``wait:SECONDS`` among the keys; None for any other word."""
    found = re.fullmatch(r"wait:(\d+(?:\.\d*)?|\.\d+)", word)
    return float(found[1]) if found else None


@dataclass(frozen=True)
class RunOptions:
    """headless: render to memory. keys: names, each sent once the panes have settled, and ``wait:SECONDS``.

    screenshot: PNG to write when the keys are done. frames, seconds: end after so many shown pictures, or so
    long; None: do not. record: a video of the window. stats: a JSON file of what was measured. hints: the setting.
    """

    headless: bool = False
    keys: tuple[str, ...] = ()
    screenshot: Path | None = None
    record: Path | None = None
    frames: int | None = None
    seconds: float | None = None
    stats: Path | None = None
    session: Session | None = None  # to be opened at the start
    record_keys: Path | None = None  # a file for what is pressed
    replay: Replay | None = None  # to be done again, in the place of keys

    @property
    def is_timeless(self) -> bool:
        """True if the window shows nothing that depends on the clock: a replay is to show the same."""
        return self.record_keys is not None or self.replay is not None

    hints: Hints = Hints.OFF

    @property
    def ends_when_done(self) -> bool:
        """True if the run ends by itself once keys and screenshot are done: nobody is there to close it."""
        return (self.headless or self.screenshot is not None) and self.frames is None and self.seconds is None
