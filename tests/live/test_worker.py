from __future__ import annotations

import logging
import threading

import pytest

from deepvis.core.mailbox import Mailbox
from deepvis.live.worker import Worker


class Halves(Worker[int]):
    """Half of each even number; an odd one fails."""

    def __init__(self) -> None:
        super().__init__("halves")
        self.answers: Mailbox[int] = Mailbox()
        self.was_closed = threading.Event()

    def answer(self, ask: int | None) -> float | None:
        if ask is None:
            return None
        if ask % 2:
            raise ValueError(f"{ask} is odd")
        self.answers.put(ask // 2)
        self.recover()
        return None

    def close(self) -> None:
        self.was_closed.set()


@pytest.fixture
def halves():
    worker = Halves()
    worker.start()
    yield worker
    worker.stop(10)
    assert worker.was_closed.is_set()


def test_an_ask_is_answered(halves):
    halves.inbox.put(8)
    assert halves.answers.take(60) == 4


def test_a_failure_is_a_value_and_the_worker_goes_on(halves):
    halves.inbox.put(3)
    error = halves.errors.take(60)
    assert error.sentence == "ValueError: 3 is odd" and error.ask == 3
    halves.inbox.put(8)
    assert halves.answers.take(60) == 4 and halves.errors.take(60) is None
    assert halves.errors.peek() is None


def test_the_same_failure_is_logged_once(halves, caplog):
    with caplog.at_level(logging.WARNING):
        for odd in (3, 3, 3, 5):
            halves.inbox.put(odd)
            while halves.answered != odd or halves.inbox.has_new():
                halves._thread.join(0.001)
        halves.inbox.put(2)
        assert halves.answers.take(60) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "halves: ValueError: 3 is odd",
        "halves: ValueError: 5 is odd",
    ]


def test_stopping_before_the_start_and_twice_is_fine():
    worker = Halves()
    worker.stop()
    worker.start()
    worker.stop(10)
    worker.stop(10)
    assert not worker._thread.is_alive()


def test_an_ask_that_hangs_does_not_hold_up_stopping(caplog):
    hangs, entered = threading.Event(), threading.Event()

    class Hanging(Halves):
        def answer(self, ask: int | None) -> float | None:
            if ask is not None:
                entered.set()
                hangs.wait()
            return None

    worker = Hanging()
    worker.start()
    worker.inbox.put(1)
    assert entered.wait(60)
    with caplog.at_level(logging.INFO):
        worker.stop(timeout=0.01)
    assert "did not end" in caplog.text
    hangs.set()
    worker._thread.join(60)
    assert not worker._thread.is_alive()


def test_the_same_failure_of_another_ask_names_that_ask():
    worker = Halves()
    worker.fail("there is no layer 'x'", ask=1)
    worker.fail("there is no layer 'x'", ask=2)
    assert worker.errors.peek().ask == 2


def test_names_that_no_window_can_draw_are_mended():
    worker = Halves()
    worker.fail("the file a\udcffb\n\tc.jpg is no picture")
    assert worker.errors.peek().sentence == "the file a?b c.jpg is no picture"
