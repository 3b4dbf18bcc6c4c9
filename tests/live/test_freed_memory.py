"""Freed memory goes back once a minute, however many passes there are."""

from __future__ import annotations

from deepvis.live.freed_memory import FreedMemory
from tests.helpers.pictures import FakeClock


def test_what_was_freed_is_given_back_after_the_first_pass_of_each_minute():
    clock, times = FakeClock(), []
    follower = FreedMemory(lambda: times.append(clock.now), clock)
    for _ in range(130):
        follower(None)  # of a pass it looks at nothing
        clock.now += 1
    assert times == [160, 220]
