"""Freed memory goes back every 5 seconds, however many passes there are."""

from __future__ import annotations

from deepvis.live.freed_memory import FreedMemory
from tests.helpers.pictures import FakeClock


def test_what_was_freed_is_given_back_with_the_first_pass_after_each_5_seconds():
    clock, times = FakeClock(), []
    follower = FreedMemory(lambda: times.append(clock.now), clock)
    for _ in range(13):
        follower(None)  # of a pass it looks at nothing
        clock.now += 1
    assert times == [105, 110]
