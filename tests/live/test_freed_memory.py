"""Freed memory goes back three times a minute, however many passes there are."""

from __future__ import annotations

from deepvis.live.freed_memory import FreedMemory
from tests.helpers.pictures import FakeClock


def test_what_was_freed_is_given_back_with_the_first_pass_after_each_20_seconds():
    clock, times = FakeClock(), []
    follower = FreedMemory(lambda: times.append(clock.now), clock)
    for _ in range(50):
        follower(None)  # of a pass it looks at nothing
        clock.now += 1
    assert times == [120, 140]
