"""Few moves keep a list nearly sorted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepvis.core.steady_order import ALL_ANEW, CLEARLY, rearranged

STRENGTHS = st.lists(st.floats(0.01, 100), min_size=2, max_size=60)


def settled(channels: tuple[int, ...], strengths: np.ndarray) -> tuple[int, ...]:
    for _ in range(200):
        before, channels = channels, rearranged(channels, strengths)
        if channels == before:
            return channels
    raise AssertionError("it never comes to rest")


@given(STRENGTHS, st.randoms(use_true_random=False))
def test_it_comes_to_rest_and_then_no_unit_stands_before_a_clearly_stronger_one(values: list[float], random) -> None:
    strengths = np.array(values)
    channels = list(range(len(values)))
    random.shuffle(channels)
    at_rest = settled(tuple(channels), strengths)
    assert sorted(at_rest) == sorted(channels)
    in_order = strengths[list(at_rest)]
    for place in range(len(in_order) - 1):
        assert in_order[place + 1 :].max() <= in_order[place] * CLEARLY


@given(STRENGTHS, st.randoms(use_true_random=False))
def test_units_that_change_a_little_move_nothing(values: list[float], random) -> None:
    strengths = np.array(values)
    channels = tuple(np.argsort(-strengths).tolist())
    shaken = strengths * np.array([random.uniform(1, CLEARLY**0.49) for _ in values])
    assert rearranged(channels, shaken) == channels


def test_one_that_becomes_strong_moves_to_the_front_and_few_others_move() -> None:
    strengths = np.linspace(10, 1, 100)
    strengths[90] = 50
    channels = rearranged(range(100), strengths)
    assert channels[0] == 90
    assert sum(a != b for a, b in enumerate(channels)) < 12


def test_one_that_falls_silent_moves_to_the_end_and_few_others_move() -> None:
    strengths = np.linspace(10, 1, 100)
    strengths[3] = 0
    channels = rearranged(range(100), strengths)
    assert channels[-1] == 3
    assert sum(a != b for a, b in enumerate(channels)) < 12


def test_another_scene_is_sorted_anew() -> None:
    strengths = np.random.default_rng(0).permutation(np.geomspace(1, 1000, 200))
    assert ALL_ANEW < 1
    assert rearranged(range(200), strengths) == tuple(np.argsort(-strengths).tolist())


def test_nothing_and_one() -> None:
    assert rearranged((), np.zeros(0)) == () and rearranged((2,), np.zeros(3)) == (2,)
