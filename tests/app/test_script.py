"""When the keys of ``--keys`` are due."""

from __future__ import annotations

import pytest

from deepvis.script import OPTIMIZE_SECONDS, SETTLE_SECONDS, Script
from deepvis.wants import OPTIMIZATION
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


def test_an_optimization_may_take_longer() -> None:
    clock = FakeClock()
    script = Script((), clock)
    clock.now += SETTLE_SECONDS + 1
    assert not script.may_go_on(OPTIMIZATION)
    clock.now += OPTIMIZE_SECONDS
    assert script.may_go_on(OPTIMIZATION)
