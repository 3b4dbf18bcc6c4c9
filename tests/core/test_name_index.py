"""Many names at once give what a look at each of them gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.core.fuzzy import match
from deepvis.core.name_index import ENOUGH, Names

WORDS = st.sampled_from(["tiger", "shark", "Éclair", "flamingo_head", "fly", "x", "ray gun", "a\nb", "", "9 lives"])
NAMES = st.lists(st.lists(WORDS, max_size=3).map(" ".join), max_size=12)


@given(NAMES, st.sampled_from(["ti", "shark tiger", "ecl", "head", "flmg", "f", "ray", "zz", "9", "b", "tgr sh"]))
def test_what_fits_is_found(names: list[str], query: str) -> None:
    fitting = {index for index, name in enumerate(names) if match(query, name.replace("\n", " "))}
    found = Names(names).best(query, most=100)
    assert len(set(found)) == len(found)
    if len(found) < ENOUGH:
        assert fitting <= set(found)


def test_the_order_is_that_of_the_fit() -> None:
    names = Names(["inside ofly", "a fly", "fly agaric", "fly", "f l y"])
    assert names.best("fly", 10) == [3, 2, 1, 0, 4]
    assert names.best("fly", 2) == [3, 2]
    assert names.best("", 3) == [0, 1, 2]
    assert Names([]).best("fly", 3) == []


@pytest.mark.parametrize("word", ["(", "[", "\\", "^", ".", "*+", "]-"])
def test_letters_that_mean_something_to_a_regular_expression_are_letters(word: str) -> None:
    assert Names(["none", f"a {word} b"]).best(word, 5) == [1]


def test_names_that_hold_a_word_come_in_their_order() -> None:
    assert list(Names(["one", "two", "stone", "one one"]).holding("one")) == [0, 2, 3]
