"""The window's key listener, where there is nothing to listen to. What it hears is tested in tests/window."""

from __future__ import annotations

import pytest

from deepvis.window.ui import xlib
from deepvis.window.ui.key_listener import KeyListener


def test_without_libx11_nothing_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlib, "library", lambda: None)
    listener = KeyListener()
    listener.listen("no window")
    assert (listener.found, listener.take_keys(), listener.is_destroyed) == (False, [], False)
    listener.close()


def test_without_a_server_or_a_window_nothing_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":9999")
    listener = KeyListener()
    listener.listen("no window")
    assert (listener.found, listener.take_keys()) == (False, [])
    listener.close()


def test_a_window_of_another_name_is_not_taken(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    listener = KeyListener()
    listener.listen("no window")
    assert (listener.found, listener.take_keys()) == (False, [])
    listener.close()
