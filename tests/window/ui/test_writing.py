"""Names in any script: drawn in a font of the system, or spelled out; never empty boxes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.models.labels import read_labels
from deepvis.window.ui import faces, text, writing
from deepvis.window.ui.faces import NO_LETTER, OWN, is_drawable
from deepvis.window.ui.text import draw_text, text_width
from deepvis.window.ui.writing import composed, drawn, joined, ordered

LABELS = {
    "Japanese": "猫 ねこ カタツムリ",
    "Arabic": "قطة فارسية",
    "Greek": "γάτα",
    "Cyrillic": "Ёж, кошка",
    "emoji": "😺 👍🏽",
    "Hindi": "बिल्ली",
    "Hebrew": "חתול 42",
    "Korean": "고양이",
}


def forget() -> None:
    for module in (faces, text, writing):
        for made in vars(module).values():
            if hasattr(made, "cache_clear") and made is not writing._forms:
                made.cache_clear()
    faces._found.clear()


@pytest.fixture
def system_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[list[tuple[str, int]]], None]]:
    """Have the system offer these fonts and no others, (file, number in it)."""

    def offer(fonts: list[tuple[str, int]]) -> None:
        monkeypatch.setattr(faces, "fonts_for", lambda code: fonts)
        forget()

    yield offer
    monkeypatch.undo()
    forget()


def ink(label: str) -> np.ndarray:
    canvas = np.zeros((24, 400, 3), np.uint8)
    draw_text(canvas, 2, 2, label, 13, (255, 255, 255), width=390)
    return canvas


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_every_letter_of_a_label_has_a_shape(label: str) -> None:
    letters = drawn(label)
    assert letters and all(is_drawable(letter) for letter in letters)
    assert (ink(label) > 100).any() and (ink(label) != ink(NO_LETTER * len(label))).any()


def test_without_any_system_font_labels_are_spelled_out(system_fonts: Callable[[list[tuple[str, int]]], None]) -> None:
    system_fonts([])
    assert {name: drawn(label) for name, label in LABELS.items()} == {
        "Japanese": "[U+732B] neko katatumuri",
        "Arabic": "qaf-tah-teh marbuta feh-alef-reh-seen-yeh-teh marbuta",
        "Greek": "γάτα",
        "Cyrillic": "Ёж, кошка",
        "emoji": ":smiling cat face with open mouth: :thumbs up sign:",
        "Hindi": "billii",
        "Hebrew": "het-tav-vav-lamed 42",
        "Korean": "goyangi",
    }


def test_a_font_of_the_system_serves_where_inter_has_nothing(
    system_fonts: Callable[[list[tuple[str, int]]], None],
) -> None:
    found = [font for font in faces.fonts_for(ord("ق")) if faces.has(*font, "ق")]
    if not found:
        pytest.skip("no font with Arabic letters is installed")
    system_fonts(found)
    assert not faces.has(*OWN, "ق") and is_drawable("ق")
    assert drawn(LABELS["Arabic"]) == ordered(joined(LABELS["Arabic"]))


def test_a_broken_or_missing_font_is_passed_over(
    system_fonts: Callable[[list[tuple[str, int]]], None], tmp_path: Path
) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    system_fonts([(str(tmp_path / "broken.ttf"), 0), (str(tmp_path / "gone.ttf"), 3)])
    assert not is_drawable("猫") and drawn("猫") == "[U+732B]"


def test_letters_of_another_font_stand_on_the_same_line_and_stay_in_it() -> None:
    for label in LABELS.values():
        rows = np.flatnonzero(ink(label).any(axis=(1, 2)))
        assert rows[0] >= 2 and rows[-1] < 2 + text.line_height(13)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("cat", "cat"),
        ("אבג", "גבא"),
        ("אב (ג) 42", "42 (ג) בא"),
        ("cat אבג dog", "cat גבא dog"),
        ("cat 12 אב 34 dog", "cat 12 34 בא dog"),
        ("אב cat dog גד", "דג cat dog בא"),
        ("", ""),
    ],
)
def test_what_is_read_from_the_right_is_turned_around(said: str, seen: str) -> None:
    assert ordered(said) == seen


def test_arabic_letters_join() -> None:
    names = [unicodedata.name(letter) for letter in joined("قطة")]
    assert [name.rpartition(" ")[0].removeprefix("ARABIC LETTER ") for name in names] == [
        "QAF INITIAL", "TAH MEDIAL", "TEH MARBUTA FINAL",
    ]  # fmt: skip
    assert unicodedata.name(joined("لا")[0]) == "ARABIC LIGATURE LAM WITH ALEF ISOLATED FORM"


def test_accents_join_their_letters_and_invisible_marks_go() -> None:
    assert composed("me\u0301o\u200d\ufe0f") == "méo"


@given(st.text(max_size=30))
def test_any_text_can_be_drawn_and_has_a_width(label: str) -> None:
    draw_text(np.zeros((20, 100, 3), np.uint8), 0, 0, label, 12, (255, 255, 255), width=90)
    assert text_width(text.one_line(label), 12) >= 0


def test_a_labels_file_in_many_scripts(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("".join(f"{label}\n" for label in LABELS.values()), encoding="utf-8")
    assert list(read_labels(file)) == list(LABELS.values())
