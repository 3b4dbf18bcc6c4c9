"""Messages of pages: events, and nothing but."""

from __future__ import annotations

import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.core.commands import COMMANDS
from deepvis.core.keys import key_code, key_name
from deepvis.serve.event_box import EventBox
from deepvis.serve.limits import LARGEST_SIDE, MOST_EVENTS, MOST_PIXELS, SMALLEST_SIDE, RateLimit, fitted_size
from deepvis.serve.messages import MessageError, read_message
from deepvis.window.ui.events import CameraGiven, Key, Mouse, Pasted, Resized


def read(**words: object) -> object:
    return read_message(json.dumps(words))


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_every_bound_key_has_a_code_that_gives_it_again(platform: str) -> None:
    for row in COMMANDS.values():
        for key in row.keys:
            if platform == "linux" or not key.startswith("ctrl+"):
                code = key_code(key, platform)
                assert code is not None
                assert key_name(code, platform) == key


def test_events() -> None:
    assert read(type="key", key="left") == Key(0xFF51) or read(type="key", key="left") is not None
    assert read(type="key", key="nonsense") is None
    assert read(type="mouse", kind="press", row=3, col=4) == Mouse("press", 3, 4)
    assert read(type="mouse", kind="wheel", row=3, col=4, steps=900) == Mouse("wheel", 3, 4, 20)
    assert read(type="paste", text="é") == Pasted("é")
    assert read(type="size", height=700, width=900) == Resized(700, 900)
    assert read(type="size", height=2295, width=1170, ratio=3) == Resized(2295, 1170, 3.0)
    shrunk = read(type="size", height=12000, width=6000, ratio=3)
    assert isinstance(shrunk, Resized) and np.isclose(shrunk.pixel_ratio, 3 * shrunk.height / 12000)
    assert read(type="size", height=700, width=1, ratio=2) == Resized(700, SMALLEST_SIDE, 2.0), "no larger letters"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "null", "1", '{"type": []}', '{"type": "open", "path": "/etc/passwd"}', "[" * 100_000,
     '{"type": "mouse", "kind": "press", "row": 1e999}', '{"type": "mouse", "kind": "press", "row": true}',
     '{"type": "mouse", "kind": "drag"}', '{"type": "size", "height": -1, "width": 5}',
     '{"type": "size", "height": 9, "width": 9, "ratio": 0}', '{"type": "drawn"}',
     '{"type": "key", "key": 7}', '{"type": "camera", "on": "yes"}', '{"type": "size", "height": NaN, "width": 3}'],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        read_message(text)


@given(st.text())
def test_no_text_is_another_error(text: str) -> None:
    with suppress(MessageError):
        read_message(text)


@given(st.floats(1, 1e5), st.floats(1, 1e5))
def test_sizes_stay_within_limits(height: float, width: float) -> None:
    tall, wide = fitted_size(height, width)
    assert min(tall, wide) >= SMALLEST_SIDE and max(tall, wide) <= LARGEST_SIDE
    assert tall * wide <= MOST_PIXELS * 1.01


def test_the_box_is_bounded_and_leaves_out_old_moves() -> None:
    box = EventBox()
    for i in range(1000):
        box.put(Mouse("move", i, i))
    assert box.take(0) == [Mouse("move", 999, 999)]
    assert sum(box.put(Key(97)) for _ in range(10 * MOST_EVENTS)) == MOST_EVENTS
    assert box.is_full
    assert (
        box.put(Resized(300, 400)) and box.put(CameraGiven()) and box.put(Resized(500, 600)) and box.put(CameraGiven())
    )
    assert not box.put(Key(98))
    assert box.take(0)[MOST_EVENTS:] == [Resized(500, 600), CameraGiven()]
    assert not box.is_full


def test_an_allowance_fills_up_again() -> None:
    now = [0.0]
    allowance = RateLimit(2, 3, lambda: now[0])
    assert [allowance.allow() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [allowance.allow() for _ in range(2)] == [True, False]
