"""What a thread's passes wait for between two layers, as for a key that is being answered."""

from __future__ import annotations

import threading
from collections.abc import Callable

_waits = threading.local()


def wait_between_layers(wait: Callable[[], None]) -> None:
    """Have all passes of this thread call this before each layer, forward and back; other threads' do not."""
    _waits.wait = wait


def wait_before_layer() -> None:
    """Called before each layer."""
    wait: Callable[[], None] | None = getattr(_waits, "wait", None)
    if wait is not None:
        wait()
