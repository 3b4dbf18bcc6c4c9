"""What was pressed, as a file: ``--record-keys`` writes it line by line, ``--replay`` does it again (docs/keep.md).

Each line is JSON. The first says what was shown at the start, the others are gestures: keys, the mouse, pasted text,
sizes of the window, and the names of units when they were read. In a replay each comes once the panes have settled,
and a pause counts as long as it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import deepvis
from deepvis.core.json_file import parsed_json
from deepvis.core.keys import is_key_name
from deepvis.core.names_file import NamesError, names_in
from deepvis.core.panes import LARGEST_WINDOW
from deepvis.core.regular_file import text_of
from deepvis.core.state import PRESETS, AppState, InputState, ViewState
from deepvis.core.unit_names import UnitNames
from deepvis.core.user_error import UsageError
from deepvis.schema.plain_values import PlainError, plain, read_plain
from deepvis.schema.rows import shown
from deepvis.window.ui.events import LARGEST_RATIO, Event, Mouse, Pasted, Resized

VERSION = 1
LONGEST_PAUSE = 86_400.0  # seconds between two gestures
OfMouse = Literal["press", "wheel", "move", "leave"]
NO_KEY = "gesture"  # stands for what is no key where only keys have names
OF_MOUSE = ("press", "wheel", "move", "leave")
KINDS = ("key", "paste", *OF_MOUSE, "size", "names")


@dataclass(frozen=True)
class Gesture:
    """after: seconds since the one before. text: of a key its name; of names their file's content.

    row, col: of the mouse; of a size its height and width. pixel_ratio: of a size, as of ``Resized``.
    """

    kind: str
    after: float = 0.0
    text: str = ""
    row: int = 0
    col: int = 0
    steps: int = 0
    pixel_ratio: float = 1.0

    @property
    def token(self) -> str:
        return self.text if self.kind == "key" else NO_KEY

    def names(self) -> UnitNames:
        """Of a gesture of names: what was read. Raises PlainError."""
        try:
            return names_in(parsed_json(self.text), "the recorded names")
        except (ValueError, NamesError) as error:
            raise PlainError(f"the recorded names cannot be read ({error})") from None

    def event(self) -> Event | None:
        """What the window would have said; None for a key and for names."""
        if self.kind == "paste":
            return Pasted(self.text)
        if self.kind == "size":
            return Resized(self.row, self.col, self.pixel_ratio)
        if self.kind in OF_MOUSE:
            return Mouse(cast(OfMouse, self.kind), self.row, self.col, self.steps)
        return None


@dataclass(frozen=True)
class Start:
    """What was shown before anything was pressed. size: (height, width) of the window, pixel_ratio: as it has."""

    model: str
    size: tuple[int, int]
    view: ViewState
    source: InputState
    preset: int = 2
    pixel_ratio: float = 1.0


@dataclass(frozen=True)
class Replay:
    path: Path
    start: Start
    gestures: tuple[Gesture, ...]


class GestureLog:
    """Writes gestures as they come, in a thread. clock: seconds, never runs backwards. Raises OSError.

    error: why they cannot be written, one sentence, "" if they can. What a full disk does not take is written once
    there is room, as long as the window is open.
    """

    def __init__(
        self, path: Path, threads: Executor, start: Start, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.error = ""
        self._path, self._threads, self._clock = path, threads, clock
        self._file = path.open("w", encoding="utf-8")
        self._before = clock()
        self._move: tuple[Gesture, float] | None = None  # the newest, until something else comes
        self._write({"version": VERSION, "deepvis": deepvis.__version__, "start": plain(start)})

    def key(self, name: str) -> None:
        self._put(Gesture("key", text=name))

    def names(self, content: dict[str, Any]) -> None:
        self._put(Gesture("names", text=json.dumps(content, ensure_ascii=False)))

    def event(self, event: Event) -> None:
        """The mouse, a paste, a size; of moves that follow each other the last alone."""
        if isinstance(event, Pasted):
            self._put(Gesture("paste", text=event.text))
        elif isinstance(event, Resized):
            self._put(Gesture("size", row=event.height, col=event.width, pixel_ratio=event.pixel_ratio))
        elif isinstance(event, Mouse) and event.kind in ("move", "leave"):
            self._move = Gesture(event.kind, row=event.row, col=event.col), self._clock()
        elif isinstance(event, Mouse):
            self._put(Gesture(event.kind, row=event.row, col=event.col, steps=event.steps))

    def close(self) -> None:
        self._flush_move()
        self._threads.submit(self._end)

    def _flush_move(self) -> None:
        if self._move is not None:
            (gesture, at), self._move = self._move, None
            self._timed(gesture, at)

    def _put(self, gesture: Gesture) -> None:
        self._flush_move()
        self._timed(gesture, self._clock())

    def _timed(self, gesture: Gesture, at: float) -> None:
        after, self._before = round(at - self._before, 3), at
        self._write({**plain(gesture), "kind": gesture.kind, "after": after})

    def _write(self, content: dict[str, Any]) -> None:
        line = json.dumps(content, ensure_ascii=False) + "\n"
        self._threads.submit(self._write_line, line)

    # ------------------------------------------------------------ in the thread

    def _write_line(self, line: str) -> None:
        try:
            self._file.write(line)
            self._file.flush()  # what it could not write before comes first
            self.error = ""
        except OSError as error:
            self.error = f"what is pressed cannot be written to {self._path}: {error.strerror or error}"

    def _end(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            self.error = f"what was pressed could not be written to {self._path}: {error.strerror or error}"
        if self._path.is_file() and not self._path.stat().st_size:  # not even the first line; /dev/full is no file
            self._path.unlink()


def start_of(state: AppState, size: tuple[int, int], pixel_ratio: float = 1.0) -> Start:
    return Start(state.info.name, size, state.view, state.input, state.live.preset, pixel_ratio)


def read_replay(path: Path) -> Replay:
    """Raises UsageError: one sentence that names the file and the line."""
    try:
        lines = [line for line in text_of(path).splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError(f"--replay {path}: {getattr(error, 'strerror', None) or 'this is no text'}") from None
    start: Start | None = None
    gestures = []
    for number, line in enumerate(lines, 1):
        try:
            content = parsed_json(line)
            if start is None:
                start = _start(content)
            else:
                gestures.append(_gesture(content))
        except (PlainError, ValueError) as error:
            if number == len(lines) > 1 and not isinstance(error, PlainError):
                break  # the program was killed while it wrote that line
            words = str(error) if isinstance(error, PlainError) else "this is no JSON that --record-keys has written"
            raise UsageError(f"--replay {path}, line {number}: {words}") from None
    if start is None:
        raise UsageError(f"--replay {path}: the file is empty; --record-keys writes one")
    return Replay(path, start, tuple(gestures))


def _start(content: Any) -> Start:
    if not isinstance(content, dict) or content.get("version") != VERSION or "start" not in content:
        raise PlainError(f"expected the start of a recording of version {VERSION}, as --record-keys writes it")
    start = read_plain(Start, content["start"], "start")
    if not 0 <= start.preset < len(PRESETS) or not all(1 <= side <= LARGEST_WINDOW for side in start.size):
        raise PlainError(f"start is {shown(content['start'])}: expected a preset and a size that there are")
    _check_ratio(start.pixel_ratio)
    return start


def _gesture(content: Any) -> Gesture:
    gesture = read_plain(Gesture, content, "the gesture")
    if gesture.kind not in KINDS:
        raise PlainError(f"kind is {gesture.kind!r}: expected one of {', '.join(KINDS)}")
    if gesture.kind == "key" and not (is_key_name(gesture.text) or len(gesture.text) == 1):
        raise PlainError(f"{gesture.text!r} is the name of no key")
    if gesture.kind == "names":
        gesture.names()
    _check_numbers(gesture)
    return gesture


def _check_numbers(gesture: Gesture) -> None:
    """Raises PlainError for what no window has written: a replay would wait or draw for ever."""
    lowest = 1 if gesture.kind == "size" else -LARGEST_WINDOW
    for name in ("row", "col", "steps"):
        low = -LARGEST_WINDOW if name == "steps" else lowest
        if not low <= getattr(gesture, name) <= LARGEST_WINDOW:
            raise PlainError(f"{name} is {getattr(gesture, name)}: expected {low} to {LARGEST_WINDOW}")
    _check_ratio(gesture.pixel_ratio)
    if not 0 <= gesture.after <= LONGEST_PAUSE:
        raise PlainError(f"after is {gesture.after}: expected 0 to {LONGEST_PAUSE} seconds")


def _check_ratio(ratio: float) -> None:
    if not 0 < ratio <= LARGEST_RATIO:
        raise PlainError(f"pixel_ratio is {ratio}: expected more than 0, {LARGEST_RATIO:g} at most")
