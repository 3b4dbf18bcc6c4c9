"""When the keys of ``--keys`` are due."""

from __future__ import annotations

import pytest

from deepvis.window.requests import ATTRIBUTION, OPTIMIZATION, OPTIMIZATION_BEGUN
from deepvis.window.script import LONG_SECONDS, SETTLE_SECONDS, Script
from tests.helpers.pictures import FakeClock


def test_a_key_is_due_once_nothing_is_missing() -> None:
    script = Script(("o", "b"), FakeClock())
    assert script.take("the network's pass") is None
    assert [script.take(""), script.take("")] == ["o", "b"]
    assert script.is_done and script.take("") is None


def test_what_never_comes_is_waited_for_so_long_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    script = Script(("o", "b"), clock)
    clock.now += SETTLE_SECONDS + 1
    assert script.take("the unit's images") == "o"
    assert script.take("the unit's images") is None  # each key has the whole time
    clock.now += SETTLE_SECONDS + 1
    assert script.take("the unit's images") == "b"
    clock.now += SETTLE_SECONDS + 1
    assert script.may_go_on("the unit's images") and script.may_go_on("the unit's images")
    assert [record.getMessage()[:34] for record in caplog.records] == ["the unit's images did not come wit"] * 3


def test_an_attribution_is_waited_for_but_not_by_wait_and_esc() -> None:
    clock = FakeClock()
    script = Script(("o", "wait:2", "b", "esc"), clock)
    assert script.take(ATTRIBUTION) is None
    clock.now += SETTLE_SECONDS + 1
    assert script.take(ATTRIBUTION) is None  # occlusion takes its time
    assert script.take("") == "o"
    assert script.take(ATTRIBUTION) is None
    clock.now += 2
    assert script.take(ATTRIBUTION) == "b"
    assert script.take(ATTRIBUTION) == "esc"


def test_an_optimization_may_take_longer() -> None:
    clock = FakeClock()
    script = Script((), clock)
    clock.now += SETTLE_SECONDS + 1
    assert not script.may_go_on(OPTIMIZATION)
    clock.now += LONG_SECONDS
    assert script.may_go_on(OPTIMIZATION)


@pytest.mark.parametrize("missing", [OPTIMIZATION, OPTIMIZATION_BEGUN])
def test_a_key_waits_for_the_end_of_an_optimization(missing: str) -> None:
    script = Script(("x", "v"), FakeClock())
    assert script.take("") == "x"
    assert script.take(missing) is None and script.take("") == "v"


def test_after_a_wait_a_running_optimization_holds_nothing_back() -> None:
    clock = FakeClock()
    script = Script(("x", "wait:2", "wait:0.5", "v", "wait:1"), clock)
    assert script.take("") == "x"
    clock.now += 30
    assert script.take(OPTIMIZATION) is None  # nothing is to be seen yet: the wait has not begun
    assert script.take(OPTIMIZATION_BEGUN) is None
    clock.now += 2.4
    assert script.take(OPTIMIZATION_BEGUN) is None
    clock.now += 0.2
    assert script.take("the network's pass") is None  # all else is waited for as ever
    assert script.take(OPTIMIZATION_BEGUN) == "v"
    assert script.is_done and not script.may_go_on(OPTIMIZATION_BEGUN)
    clock.now += 1
    assert script.may_go_on(OPTIMIZATION_BEGUN) and script.may_go_on("")


def test_a_wait_passes_where_nothing_is_optimized_and_before_the_first_key() -> None:
    clock = FakeClock()
    script = Script(("wait:1", "o", "wait:1"), clock)
    assert script.take("the network") is None and script.take("") is None
    clock.now += 1
    assert script.take("") == "o"
    assert not script.may_go_on("")
    clock.now += 1
    assert script.may_go_on("")


def test_esc_does_not_wait_for_the_end_of_what_it_stops() -> None:
    script = Script(("x", "esc", "esc"), FakeClock())
    assert script.take(OPTIMIZATION) is None and script.take("") == "x"
    assert script.take(OPTIMIZATION) is None  # not before it has begun
    assert script.take(OPTIMIZATION_BEGUN) == "esc"
    assert script.take("the unit's images") is None and script.take("") == "esc"
