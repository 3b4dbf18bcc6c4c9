"""A pass waits for a key that is being answered, and never for long."""

from __future__ import annotations

import threading

from deepvis.core.key_hold import MOST_SECONDS, KeyHold
from tests.helpers.pictures import FakeClock


def test_a_hold_is_on_until_its_picture_is_there_or_it_has_taken_too_long() -> None:
    clock = FakeClock()
    hold = KeyHold(clock)
    assert not hold.is_on
    hold.begin()
    assert hold.is_on
    hold.end()
    assert not hold.is_on
    clock.now += 3 * MOST_SECONDS
    hold.begin()
    clock.now += MOST_SECONDS
    assert not hold.is_on
    hold.wait()  # at once: nobody has said that it is over


def test_keys_without_end_leave_half_of_the_time() -> None:
    clock = FakeClock()
    hold, on = KeyHold(clock), 0
    for _ in range(1000):
        hold.begin()
        on += hold.is_on
        clock.now += MOST_SECONDS / 7.3
    assert 0.4 < on / 1000 < 0.55


def test_who_waits_goes_on_when_it_ends() -> None:
    clock = FakeClock()  # which stands still: nothing but the end lets it go on
    hold, passed = KeyHold(clock), threading.Event()
    hold.begin()

    def passing() -> None:
        hold.wait()
        passed.set()

    thread = threading.Thread(target=passing)
    thread.start()
    hold.end()
    thread.join(20)
    assert passed.is_set()
