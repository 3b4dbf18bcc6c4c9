"""Kept results: of this very source, bounded, and no reason for the source to live on."""

from __future__ import annotations

import weakref

import numpy as np

from deepvis.window.ui.draw_cache import CAPACITY, cached


def test_a_result_is_made_once_for_each_key_and_source() -> None:
    made: list[int] = []

    def make() -> np.ndarray:
        made.append(1)
        return np.zeros(4)

    one, other = np.ones(3), np.ones(3)
    assert cached("key", one, make) is cached("key", one, make) and len(made) == 1
    cached("key", other, make)
    cached("another key", other, make)
    assert len(made) == 3


def test_the_source_is_not_kept_alive() -> None:
    source = np.ones(1000)
    gone = weakref.ref(source)
    cached("alive", source, lambda: np.zeros(2))
    del source
    assert gone() is None


def test_old_results_make_room() -> None:
    source = np.ones(2)
    first = weakref.ref(cached("first", source, lambda: np.zeros(CAPACITY // 2, np.uint8)))
    for i in range(3):
        cached(("more", i), source, lambda: np.zeros(CAPACITY // 2, np.uint8))
    assert first() is None
