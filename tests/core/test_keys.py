"""Key codes as they were measured, on each platform."""

from __future__ import annotations

import pytest

from deepvis.core.keys import accented, canonical, character, is_key_name, key_name


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
    for letter in "abzJ059![{<>+-,.?":
        assert key_name(ord(letter), platform) == letter
    assert key_name(32, platform) == "space"
    assert key_name(13, platform) == "enter"


def test_modifiers_of_gtk_builds() -> None:
    assert key_name(0x100000 | ord("j"), "linux") == "j"  # Num Lock
    assert key_name(0x10000 | ord("J"), "linux") == "J"  # Shift
    assert key_name(0x80000 | ord("c"), "linux") is None  # Alt + c
    assert key_name(0x40000 | ord("Z"), "linux") == "ctrl+z"
    assert key_name(0x40000 | 0xFF08, "linux") == "ctrl+backspace"


def test_other_names_of_keys() -> None:
    assert [canonical(name) for name in ("Escape", "Left", "Page_Down", "Next", "J", "esc")] == [
        "esc", "left", "pgdn", "pgdn", "J", "esc",
    ]  # fmt: skip
    assert canonical("Ctrl+Z") == "ctrl+z" and is_key_name("ctrl+z") and not is_key_name("ctrl+lift")
    assert is_key_name("pgup")
    assert not is_key_name("lift")


@pytest.mark.parametrize(
    ("keysym", "typed"),
    [
        (0x61, "a"), (0x41, "A"), (0x20, " "), (0xE9, "é"), (0xDF, "ß"), (0x1B1, "ą"), (0x6C1, "а"), (0x7C1, "Α"),
        (0x7E1, "α"), (0xCE0, "א"), (0xDA1, "ก"), (0x20AC, "€"), (0x01004E2D, "中"), (0x0101F600, "\N{GRINNING FACE}"),
        (0xFFB5, "5"), (0xFE51, "\u0301"),
    ],
)  # fmt: skip
def test_what_a_key_types_in_any_script(keysym: int, typed: str) -> None:
    assert character(keysym, "linux") == typed


@pytest.mark.parametrize("code", [-1, 0, 255 << 8, 0xFF0D, 0xFF1B, 0xFF51, 0xFFE1, 0xFFBE, 0x40000 | ord("z"), 0x7F])
def test_keys_that_type_nothing(code: int) -> None:
    assert character(code, "linux") is None


def test_an_accent_goes_onto_the_letter_that_has_one() -> None:
    assert accented("\u0301", "e") == "é" and accented("\u0308", "U") == "Ü"
    assert accented("\u0301", "5") == "5"
