"""Text: clipped, elided, wrapped, the same pixels wherever it falls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepvis.window.ui.faces import FONTS
from deepvis.window.ui.text import draw_text, elide, line_height, one_line, text_width, whole_parts, wrap

words = st.text(alphabet="abcdefgh 5x/_·éЖ-", max_size=40)


def canvas(height: int = 40, width: int = 300, ground: int = 10) -> np.ndarray:
    return np.full((height, width, 3), ground, np.uint8)


@given(words, st.integers(0, 200), st.booleans())
def test_elided_text_fits_and_is_a_beginning(text: str, width: int, bold: bool) -> None:
    short = elide(text, 13, width, bold)
    assert text_width(short, 13, bold) <= width
    assert short == text or text.startswith(short.removesuffix("…"))


@settings(deadline=None)
@given(words, st.integers(30, 200))
def test_wrapped_lines_fit_and_keep_every_letter(text: str, width: int) -> None:
    lines = wrap(text, 12, width)
    assert all(text_width(line, 12) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrapping_to_few_lines_ends_in_an_ellipsis() -> None:
    lines = wrap("one two three four five six seven eight nine ten", 12, 60, 2)
    assert len(lines) == 2 and lines[-1].endswith("…")


@settings(deadline=None)
@given(words, st.integers(-60, 60), st.integers(-60, 320))
def test_text_across_an_edge_is_the_clipped_text(text: str, row: int, col: int) -> None:
    large = canvas(200, 900)
    draw_text(large, row + 80, col + 200, text, 14, (250, 200, 100))
    small = canvas()
    draw_text(small, row, col, text, 14, (250, 200, 100))
    assert (small == large[80:120, 200:500]).all()


def test_solid_letters_take_the_colour_and_the_ground_stays() -> None:
    drawn = canvas(60, 200)
    draw_text(drawn, 5, 5, "HHH", 40, (10, 200, 250), bold=True)
    assert (drawn == (10, 200, 250)).all(axis=2).any() and (drawn[:3] == 10).all()
    assert drawn[..., 1].max() == 200 and drawn[..., 0].max() == 10


@pytest.mark.parametrize("align", ["left", "right", "centre"])
def test_aligned_text_stays_in_its_field(align: str) -> None:
    drawn = canvas()
    draw_text(drawn, 4, 100, "inception_4c/output", 13, (255, 255, 255), width=80, align=align)
    assert (drawn[:, :98] == 10).all() and (drawn[:, 182:] == 10).all() and (drawn[:, 100:180] != 10).any()


def test_5x5_keeps_its_letter() -> None:
    assert text_width("5x5", 13) == pytest.approx(text_width("5x", 13) + text_width("5", 13), abs=1)
    crossed, plain = canvas(), canvas()
    draw_text(crossed, 0, 5, "5×5", 13, (255,) * 3)
    draw_text(plain, 0, 5, "5x5", 13, (255,) * 3)
    assert (crossed != plain).any()


def test_lines_ends_controls_and_lone_surrogates_are_drawable() -> None:
    assert one_line("a\nb\tc\x00d\udcff") == "a b c d?"
    draw_text(canvas(), 0, 0, "bad \udcff name\n", 13, (255,) * 3, width=50)


def test_letters_reach_no_further_than_the_line() -> None:
    for px in (10, 11, 13, 17, 26):
        drawn = canvas(80, 400)
        draw_text(drawn, 20, 20, "ÀgjpqyÅ|", px, (255,) * 3)
        rows = np.flatnonzero((drawn != 10).any(axis=(1, 2)))
        assert rows[0] >= 20 and rows[-1] < 20 + line_height(px)


def test_the_font_carries_its_licence() -> None:
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text().upper()


def test_a_path_is_broken_at_a_slash_where_it_has_one() -> None:
    assert wrap("see /some/folder/of/mine/weights.caffemodel", 12, 140) == (
        "see",
        "/some/folder/of/mine/",
        "weights.caffemodel",
    )


def test_short_sentences_on_a_narrow_line_are_whole_and_the_last_one_stays() -> None:
    parts = ("up, down: choose", "enter: do it", "esc: close")
    widths = [text_width("    ".join(parts[first:]), 13) for first in range(3)]
    found = [whole_parts(parts, 13, width) for width in (widths[0], widths[0] - 1, widths[1] - 1, widths[2] - 1)]
    assert found == ["    ".join(parts), "enter: do it    esc: close", "esc: close", "esc: close"]
