"""Key codes as they were measured, on each platform."""

from __future__ import annotations

import pytest

from deepvis.core.keys import canonical, is_key_name, key_name


@pytest.mark.parametrize("code", [-1, 255, 0xFFE1, 0xFFE3, 0xFFE9])
def test_no_key_and_lone_modifiers(code: int) -> None:
    assert key_name(code, "linux") is None


@pytest.mark.parametrize(
    ("platform", "codes"),
    [
        ("linux", [0xFF51, 0xFF52, 0xFF53, 0xFF54, 0xFF55, 0xFF56, 0xFF50, 0xFF57, 0x1B, 0xFFBE]),
        (
            "win32",
            [0x250000, 0x260000, 0x270000, 0x280000, 0x210000, 0x220000, 0x240000, 0x230000, 27, 0x700000],
        ),
        ("darwin", [63234, 63232, 63235, 63233, 63276, 63277, 63273, 63275, 27, 63236]),
    ],
)
def test_named_keys(platform: str, codes: list[int]) -> None:
    names = ["left", "up", "right", "down", "pgup", "pgdn", "home", "end", "esc", "f1"]
    assert [key_name(code, platform) for code in codes] == names


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_characters_are_their_own_names(platform: str) -> None:
    for character in "abzJ059![{<>+-,.?":
        assert key_name(ord(character), platform) == character
    assert key_name(32, platform) == "space"
    assert key_name(13, platform) == "enter"


def test_modifiers_of_gtk_builds() -> None:
    assert key_name(0x100000 | ord("j"), "linux") == "j"  # Num Lock
    assert key_name(0x10000 | ord("J"), "linux") == "J"  # Shift
    assert key_name(0x40000 | ord("c"), "linux") is None  # Ctrl + c


def test_other_names_of_keys() -> None:
    assert [canonical(name) for name in ("Escape", "Left", "Page_Down", "Next", "J", "esc")] == [
        "esc", "left", "pgdn", "pgdn", "J", "esc",
    ]  # fmt: skip
    assert is_key_name("pgup")
    assert not is_key_name("lift")
