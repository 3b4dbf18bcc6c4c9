"""The program with a served window, which notes when it does what: run by benchmarks/serve_spans.py.

    python benchmarks/serve_program_with_times.py CHECKOUT FILE [OPTION ...]

CHECKOUT: whose deepvis runs. FILE: lines of JSON, [what, version of the picture or null, began, ended], in seconds of
``time.time``.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, sys.argv[1])

from deepvis.cli import window as window_command
from deepvis.serve import server
from deepvis.serve.event_box import EventBox
from deepvis.serve.served_window import ServedWindow
from deepvis.serve.viewer import Viewer
from deepvis.window.screen import Screen
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.events import Key

NOTED: list[tuple[str, int | None, float, float]] = []


def note(what: str, began: float, version: int | None = None) -> None:
    NOTED.append((what, version, began, time.time()))


def timed(what: str, function: Callable[..., Any], version: Callable[..., int | None]) -> Callable[..., Any]:
    """A function whose calls are noted. version: of the picture, from its result and its arguments."""

    @functools.wraps(function)
    def noted(*arguments: Any, **words: Any) -> Any:
        began = time.time()
        result = function(*arguments, **words)
        note(what, began, version(result, *arguments))
        return result

    return noted


def watch() -> None:
    """Have what happens on the way from a key to its picture noted."""
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731
    EventBox.put = timed("arrived", EventBox.put, nothing)  # type: ignore[method-assign]
    Composer.__call__ = timed("composed", Composer.__call__, nothing)  # type: ignore[method-assign]
    server.served_picture = timed("copied", server.served_picture, lambda found, *_: found.version)  # type: ignore
    Viewer._message = timed("packed", Viewer._message, lambda _, viewer, picture, *more: picture.version)  # type: ignore
    poll, changes = ServedWindow.poll, Viewer._changes

    def noted_poll(self: ServedWindow, milliseconds: int) -> Any:
        began = time.time()
        events = poll(self, milliseconds)
        if any(isinstance(each, Key) for each in events):
            note("taken", began)
        return events

    async def noted_changes(self: Viewer, picture: Any, *more: Any, **words: Any) -> Any:
        began = time.time()
        content = await changes(self, picture, *more, **words)
        note("coded", began, picture.version)
        return content

    show, drawn = Screen.show, Viewer.drawn

    def noted_show(self: Screen, *given: Any, **words: Any) -> None:
        began, is_answer = time.time(), bool(self._pressed_at)
        show(self, *given, **words)
        if is_answer and not self._pressed_at and isinstance(self._window, ServedWindow):
            newest = self._window._server.hub.newest
            note("answered", began, newest.version if newest is not None else None)

    def noted_drawn(self: Viewer, version: int, drawing: float) -> None:
        note("drawn", time.time(), version)
        drawn(self, version, drawing)

    Screen.show, Viewer.drawn = noted_show, noted_drawn  # type: ignore[method-assign]
    ServedWindow.poll, Viewer._changes = noted_poll, noted_changes  # type: ignore[method-assign]


def main() -> None:
    file, words = Path(sys.argv[2]), sys.argv[3:]
    watch()
    code = window_command.main(words)
    file.write_text("".join(f"{json.dumps(each)}\n" for each in NOTED))
    sys.stdout.flush()
    os._exit(code)  # as deepvis.cli.main.entry: a worker may still be busy


if __name__ == "__main__":
    main()
