"""From key codes to keys and letters."""

from __future__ import annotations

from deepvis.window.typist import ONCE_SECONDS, Typist
from tests.helpers.pictures import FakeClock

CTRL, DEAD_ACUTE = 0x40000, 0xFE51


def test_while_typing_a_key_is_its_letter_and_else_its_name() -> None:
    typist = Typist()
    assert [typist.key(code, is_typing=True) for code in (0x20, 0xE9, ord("R"), 0x01004E2D)] == [" ", "é", "R", "中"]
    assert [typist.key(code, is_typing=True) for code in (0xFF0D, 0xFF1B, 0xFF54, CTRL | ord("u"))] == [
        "enter", "esc", "down", "ctrl+u",
    ]  # fmt: skip
    assert [typist.key(code, is_typing=False) for code in (0x20, 0xE9, ord("R"))] == ["space", None, "R"]


def test_an_accent_waits_for_its_letter() -> None:
    typist = Typist()
    codes = (DEAD_ACUTE, ord("e"), ord("e"), DEAD_ACUTE, ord("x"))
    assert [typist.key(code, is_typing=True) for code in codes] == [None, "é", "e", None, "x"]


def test_a_held_key_does_not_consent_to_a_loss() -> None:
    clock = FakeClock()
    typist = Typist(clock)

    def presses(letter: str, apart: float) -> list[str | None]:
        found = []
        for _ in range(4):
            found.append(typist.key(ord(letter), is_typing=False))
            clock.now += apart
        return found

    assert presses("W", 0.05) == ["W", None, None, None]
    clock.now += ONCE_SECONDS
    assert presses("W", ONCE_SECONDS + 0.1) == ["W"] * 4
    assert presses("l", 0.05) == ["l"] * 4 and presses("R", 0.3) == ["R", None, None, None]
