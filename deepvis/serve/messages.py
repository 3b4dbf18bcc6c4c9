"""What a page sends: JSON, read strictly into events of the window and orders to the server. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from deepvis.core.keys import key_code
from deepvis.serve.limits import TEXT_BYTES, fitted_size
from deepvis.window.ui.events import LARGEST_RATIO, Event, Key, Mouse, Pasted, Resized

MOUSE_KINDS = ("press", "wheel", "move", "leave")
MOST_STEPS = 20  # of the wheel, in one message
PASTED_CHARACTERS = 10_000  # pasted
LARGEST_NUMBER = 100_000  # of rows, columns and sides


class MessageError(ValueError):
    """A message that no page of ours sends; the sentence is the reason for which the socket is closed."""


@dataclass(frozen=True)
class Drawn:
    """The page shows this picture. version: as in its message. seconds: what decoding and drawing took."""

    version: int
    seconds: float = 0.0


@dataclass(frozen=True)
class TakeControl:
    """The viewer wants to press the keys."""


@dataclass(frozen=True)
class CameraSwitched:
    """The page's camera is on, or off; why: the browser's reason where it gave none."""

    is_on: bool
    why: str = ""


@dataclass(frozen=True)
class RecordSwitched:
    """Begin a recording, or end it."""

    is_on: bool


ClientMessage = Event | Drawn | TakeControl | CameraSwitched | RecordSwitched


def read_message(text: str) -> ClientMessage | None:
    """One message; None for a key that the window has no code for. Raises MessageError."""
    if len(text) > TEXT_BYTES:
        raise MessageError(f"a message of {len(text)} characters, expected at most {TEXT_BYTES}")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise MessageError("a message that is no JSON") from None
    if not isinstance(fields, dict):
        raise MessageError("a message that is no JSON object")
    read = _READERS.get(fields.get("type")) if isinstance(fields.get("type"), str) else None
    if read is None:
        raise MessageError("a message of an unknown type")
    return read(fields)


def _key(fields: dict[str, Any]) -> ClientMessage | None:
    code = key_code(_text(fields, "key", 20))
    return None if code is None else Key(code)


def _mouse(fields: dict[str, Any]) -> ClientMessage:
    kind = fields.get("kind")
    if kind not in MOUSE_KINDS:
        raise MessageError("a mouse message of an unknown kind")
    steps = min(max(_whole(fields, "steps", 0), -MOST_STEPS), MOST_STEPS)
    return Mouse(kind, _whole(fields, "row", 0), _whole(fields, "col", 0), steps)


def _size(fields: dict[str, Any]) -> ClientMessage:
    height, width = _whole(fields, "height"), _whole(fields, "width")
    ratio = fields.get("ratio", 1)
    if height <= 0 or width <= 0:
        raise MessageError("a page without an area")
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 < ratio <= LARGEST_RATIO:
        raise MessageError("a message whose ratio is no number in its range")
    fitted = fitted_size(height, width)
    shrunk = min(fitted[0] / height, fitted[1] / width, 1.0)  # a page too small for its panes has no larger letters
    return Resized(*fitted, ratio * shrunk)


def _paste(fields: dict[str, Any]) -> ClientMessage:
    return Pasted(_text(fields, "text", PASTED_CHARACTERS))


def _camera(fields: dict[str, Any]) -> ClientMessage:
    return CameraSwitched(_flag(fields, "on"), _text(fields, "why", 200) if "why" in fields else "")


_READERS: dict[Any, Any] = {
    "key": _key,
    "mouse": _mouse,
    "size": _size,
    "paste": _paste,
    "drawn": lambda fields: Drawn(_whole(fields, "version"), max(_whole(fields, "milliseconds", 0), 0) / 1000),
    "control": lambda fields: TakeControl(),
    "camera": _camera,
    "record": lambda fields: RecordSwitched(_flag(fields, "on")),
}


def _whole(fields: dict[str, Any], name: str, default: int | None = None) -> int:
    value = fields.get(name, default)
    limit = 0xFFFFFFFF if name == "version" else LARGEST_NUMBER
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit:
        raise MessageError(f"a message whose {name} is no number in its range")
    return int(value)


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise MessageError(f"a message whose {name} is neither true nor false")
    return value


def _text(fields: dict[str, Any], name: str, most: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > most:
        raise MessageError(f"a message whose {name} is no text of at most {most} characters")
    return value
