from __future__ import annotations

import logging
import threading

import pytest

from deepvis.live.worker import Worker


class Halves(Worker[int, int]):
    """Half of each even number; an odd one fails."""

    def __init__(self) -> None:
        super().__init__("halves")
        self.was_closed = threading.Event()

    def answer(self, request: int | None) -> float | None:
        if request is None:
            return None
        if request % 2:
            raise ValueError(f"{request} is odd")
        self.publish(request // 2)
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
    answer = halves.outbox.take(60)
    assert (answer.request, answer.value, answer.error) == (8, 4, "")


def test_a_failure_is_a_value_and_the_worker_goes_on(halves):
    halves.inbox.put(3)
    answer = halves.outbox.take(60)
    assert answer.error == "ValueError: 3 is odd" and answer.request == 3 and answer.value is None
    halves.inbox.put(8)
    answer = halves.outbox.take(60)
    assert (answer.request, answer.value, answer.error) == (8, 4, "")
    halves.inbox.put(5)
    answer = halves.outbox.take(60)
    assert (answer.request, answer.value, answer.error) == (5, 4, "ValueError: 5 is odd")  # what was there stands


def test_the_same_failure_is_logged_once(halves, caplog):
    with caplog.at_level(logging.WARNING):
        for odd in (3, 3, 3, 5):
            halves.inbox.put(odd)
            assert halves.outbox.take(60).request == odd
        halves.inbox.put(2)
        assert halves.outbox.take(60).value == 1
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
        def answer(self, request: int | None) -> float | None:
            if request is not None:
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
    for odd in (1, 3):
        worker._request = odd
        worker.fail("there is no layer 'x'")
    assert worker.outbox.peek().request == 3


def test_names_that_no_window_can_draw_are_mended():
    worker = Halves()
    worker.fail("the file a\udcffb\n\tc.jpg is no picture")
    assert worker.outbox.peek().error == "the file a?b c.jpg is no picture"


def test_an_ask_of_which_nothing_was_told_is_answered_with_what_stands():
    class Silent(Halves):
        def answer(self, request: int | None) -> float | None:
            return None if request == 7 else super().answer(request)

    worker = Silent()
    worker.handle(8)
    worker.handle(7)
    answer = worker.outbox.peek()
    assert (answer.request, answer.value, answer.error) == (7, 4, "")
    worker.fail("it broke")
    worker.handle(7)
    assert worker.outbox.peek().error == "it broke"
    worker.recover()
    assert (worker.outbox.peek().value, worker.outbox.peek().error) == (4, "")
