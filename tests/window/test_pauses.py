"""What soon after belongs together, and what waiting ends."""

from __future__ import annotations

from deepvis.window.pauses import CONFIRM_SECONDS, GO_TO_SECONDS, WALKING_SECONDS, Pauses
from tests.helpers.pictures import FakeClock


def test_a_question_ends_after_its_seconds_whatever_the_user_does_meanwhile() -> None:
    clock = FakeClock()
    pauses = Pauses(clock)
    assert pauses.is_asked_no_more
    pauses.asked()
    for _ in range(int(CONFIRM_SECONDS)):
        assert not pauses.is_asked_no_more
        clock.now += 1.1
        pauses.acted()
    assert pauses.is_asked_no_more


def test_seconds_since_the_user_acted() -> None:
    clock = FakeClock()
    pauses = Pauses(clock)
    assert pauses.acted() == float("inf") and pauses.is_walking and not pauses.goes_to_typed
    clock.now += GO_TO_SECONDS + 0.5
    assert pauses.goes_to_typed and pauses.is_walking
    clock.now += WALKING_SECONDS
    assert not pauses.is_walking and pauses.acted() == GO_TO_SECONDS + 0.5 + WALKING_SECONDS
