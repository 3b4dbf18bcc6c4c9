"""How numbers of units and seeds are named."""

from __future__ import annotations

import pytest

from deepvis.core.number_ranges import numbers
from deepvis.core.user_error import UsageError


@pytest.mark.parametrize(
    "words, found",
    [
        (["3"], [3]),
        (["0-3"], [0, 1, 2, 3]),
        (["7", "2-4", "3"], [7, 2, 3, 4]),
        (["1,3,5-6"], [1, 3, 5, 6]),
        (["all"], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_numbers(words: list[str], found: list[int]) -> None:
    assert numbers("--push-channel", words, 10) == found


@pytest.mark.parametrize("word", ["3-1", "x", "-1", "1.5", "__import__('os')", "", "0-99999999"])
def test_no_numbers(word: str) -> None:
    with pytest.raises(UsageError, match="--push-channel"):
        numbers("--push-channel", [word], 10)


def test_a_range_that_runs_downward_is_named_as_that() -> None:
    with pytest.raises(UsageError, match="--push-channel is '5-2', a range that runs downward; give 2-5"):
        numbers("--push-channel", ["5-2"], 10)


def test_seeds() -> None:
    with pytest.raises(UsageError, match="--rand-seed is '0-9'; expected seeds of 0 to 8"):
        numbers("--rand-seed", ["0-9"], largest=8)
    with pytest.raises(UsageError, match="expected a number or a range such as 0-8"):
        numbers("--rand-seed", ["all"])
