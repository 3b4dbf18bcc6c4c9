"""How well a typed text fits a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.core.fuzzy import folded, match


@pytest.mark.parametrize(
    ("query", "best_first"),
    [
        ("conv5", ["conv5", "conv5/3x3", "inception conv5", "deconv5"]),
        ("cat", ["cat", "cat, tabby", "catfish", "tabby cat", "sea catfish", "bobcat"]),
        ("tiger shark", ["tiger shark", "shark, a tiger of the sea"]),
        ("3x3", ["3x3_reduce", "inception_4c/3x3", "conv13x3"]),
        ("fl", ["flamingo", "butter fly", "shuffle"]),
    ],
)
def test_whole_words_come_before_beginnings_before_parts(query: str, best_first: list[str]) -> None:
    points = [match(query, name).points for name in best_first]
    assert points == sorted(points, reverse=True)


def test_letters_in_order_fit_where_they_are_close_together_and_begin_a_word() -> None:
    assert match("icv", "in conv4").points < match("con", "in conv4").points
    assert match("cnv", "a conv").marks == (2, 4, 5)
    assert match("flamingo", "Find the layer and many more things, or go on") is None
    assert match("xyz", "conv5") is None


def test_every_word_must_be_there_and_the_letters_found_are_marked() -> None:
    found = match("shark tig", "tiger shark")
    assert found.marks == (0, 1, 2, 6, 7, 8, 9, 10)
    assert match("shark cat", "tiger shark") is None
    assert match("", "anything").marks == ()


def test_case_and_accents_do_not_count() -> None:
    assert match("CREME brulee", "Crème brûlée").marks == (*range(5), *range(6, 12))
    assert match("été", "ETE d'or") is not None and match("ΣΟΦ", "σοφια") is not None


@given(st.text(max_size=40))
def test_places_in_the_folded_text_are_places_in_the_text(text: str) -> None:
    assert len(folded(text)) == len(text)


@given(st.text(max_size=12), st.text(max_size=40))
def test_marks_are_places_of_the_name(query: str, name: str) -> None:
    found = match(query, name)
    if found is not None:
        assert list(found.marks) == sorted(set(found.marks)) and all(0 <= i < len(name) for i in found.marks)
