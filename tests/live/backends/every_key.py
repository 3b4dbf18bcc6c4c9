"""The whole window over one backend, without a display: every key of every command, one after another."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deepvis.core.commands import COMMANDS
from deepvis.live.backend import Backend
from deepvis.live.shown_model import ShownModel
from deepvis.models.model import Model
from deepvis.optimize import presets
from deepvis.settings.table import Settings
from deepvis.window import making_parts, pauses
from deepvis.window.first_state import first_state
from deepvis.window.layouts import Layouts
from deepvis.window.loop import Loop
from deepvis.window.options import RunOptions
from deepvis.window.stats import PassLog, Stats
from deepvis.window.ui.window import MemoryWindow

PATIENCE = 60.0  # seconds for one key
EXCEPTION = re.compile(r"\b[A-Z]\w*(Error|Exception|Warning|Exit)\b|Traceback")


def press_every_key(
    model: Model,
    make: Callable[[Model], Backend],
    photos: Path,
    video: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each key is waited for until the panes have settled; no sentence in the window may name an exception of Python.

    folder: where key p saves.
    """
    monkeypatch.setattr(making_parts, "open_backend", lambda name, model, device: make(model))
    quick = {name: replace(recipe, max_iter=2) for name, recipe in presets.BUILT_IN.items()}
    monkeypatch.setattr(presets, "BUILT_IN", quick)
    monkeypatch.setattr(pauses, "CONFIRM_SECONDS", float("inf"))  # between two W on a busy machine
    settings = Settings(images=str(photos), video=str(video), pictures=str(folder))
    parts = making_parts.make_parts(settings, ShownModel(model), PassLog())
    state = first_state(settings, model, "off", starts_moving=False)
    window, layouts = MemoryWindow("", 465, 750), Layouts(settings, model)
    loop = Loop(state, parts, window, RunOptions(headless=True), layouts, folder, Stats())
    try:
        settle(loop, "the start")
        keys = [key for row in COMMANDS.values() if row.name != "quit" for key in row.keys]
        # R puts the scan of G aside and makes the running top 9 forget; e: another photo, of which alone W saves a
        # top 9 only when it is pressed again
        for key in (*keys, "R", "e", "W", "W", *reversed(keys)):
            was_refused = loop.state.to_confirm == "save_top"
            loop.press(key)
            settle(loop, key)
            if key == "W":
                settle_saving(loop, "saved in" if was_refused else "top 9")
            if loop.state.takes_letters:  # the next key would be a letter
                loop.press("esc")
        loop.press("q")
        assert loop.state.quit
    finally:
        parts.stop()


def settle_saving(loop: Loop, words: str) -> None:
    """Turn the loop until the window says what has become of the running top 9."""
    until = time.monotonic() + PATIENCE
    while words not in loop.screen.scene.status.hint:  # type: ignore[union-attr]
        assert time.monotonic() < until, "nothing was said of key W"
        loop.turn()
    settle(loop, "W")


def settle(loop: Loop, key: str) -> None:
    """Turn the loop until every pane shows what the state asks for, or says why it cannot."""
    until = time.monotonic() + PATIENCE
    loop.turn()
    while loop.missing:
        assert time.monotonic() < until, f"after {key!r} {loop.missing} did not come"
        loop.turn()
    loop.turn()
    assert loop.screen.scene is not None
    status, images = loop.screen.scene.status, loop.screen.scene.unit_images
    for sentence in (status.error, status.hint, *(images.notes.values() if images else ())):
        assert not EXCEPTION.search(sentence), f"after {key!r} the window says: {sentence}"
