from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepvis.core.cache import ByteCache


def test_what_was_used_longest_ago_makes_room():
    cache: ByteCache[bytes] = ByteCache(10, len)
    cache.put("a", b"1234")
    cache.put("b", b"1234")
    assert cache.get("a") == b"1234"
    cache.put("c", b"1234")
    assert "b" not in cache and cache.get("b") is None and "a" in cache and "c" in cache
    assert (cache.bytes, len(cache)) == (8, 2)


def test_what_is_larger_than_all_is_not_kept():
    cache: ByteCache[np.ndarray] = ByteCache(100, lambda array: array.nbytes)
    cache.put("small", np.zeros(50, np.uint8))
    cache.put("large", np.zeros(101, np.uint8))
    assert "large" not in cache and "small" in cache


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=60))
def test_it_never_holds_more_than_its_capacity(puts):
    cache: ByteCache[bytes] = ByteCache(64, len)
    for key, size in puts:
        cache.put(key, bytes(size))
        assert cache.bytes <= 64
        assert cache.bytes == sum(len(cache.get(k) or b"") for k in range(6))
