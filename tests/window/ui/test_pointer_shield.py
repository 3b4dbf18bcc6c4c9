"""The glass over the window, where there is nothing to lie over. What it hears is tested in tests/window/real."""

from __future__ import annotations

import pytest

from deepvis.window.ui import xlib
from deepvis.window.ui.pointer_shield import PointerShield


def test_without_libx11_a_server_or_a_window_there_is_no_glass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":9999")
    for window in (0, 5):
        shield = PointerShield(window)
        assert (shield.take_events(), shield.size()) == ([], (0, 0))
        shield.close()
    monkeypatch.setattr(xlib, "library", lambda: None)
    assert PointerShield(5).size() == (0, 0)


def test_glass_over_a_window_that_is_gone_hears_nothing(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    shield = PointerShield(0x7FFFFF)
    assert (shield.take_events(), shield.size()) == ([], (0, 0))
    shield.close()
