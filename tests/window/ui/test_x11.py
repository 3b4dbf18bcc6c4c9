"""The window's ears, where there is nothing to hear. What they do hear is tested in tests/window."""

from __future__ import annotations

import pytest

from deepvis.window.ui.x11 import Ears


def test_without_libx11_nothing_is_heard() -> None:
    ears = Ears(library="libNothingLikeIt.so.0")
    ears.listen("no window")
    assert (ears.found, ears.hear(), ears.is_destroyed) == (False, [], False)
    ears.close()


def test_without_a_server_or_a_window_nothing_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":9999")
    ears = Ears()
    ears.listen("no window")
    assert (ears.found, ears.hear()) == (False, [])
    ears.close()


def test_a_window_of_another_name_is_not_taken(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    ears = Ears()
    ears.listen("no window")
    assert (ears.found, ears.hear()) == (False, [])
    ears.close()
