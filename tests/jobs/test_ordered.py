"""Results of threads in the order of their jobs."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from deepvis.jobs.ordered import in_order


def test_results_come_in_order_whoever_ends_first():
    def work(job: int) -> int:
        time.sleep(0.02 * (job % 2 == 0))
        return job * job

    assert list(in_order(work, range(7), 3, 3, "test")) == [n * n for n in range(7)]


def test_no_more_than_asked_is_begun_and_the_rest_not_after_the_end():
    begun, lock = [], threading.Lock()

    def work(job: int) -> int:
        with lock:
            begun.append(job)
        return job

    with closing(in_order(work, range(100), 1, 2, "test")) as found:
        assert next(found) == 0
    assert max(begun) <= 2


def test_what_the_work_raises_is_raised():
    def work(job: int) -> float:
        return 1 / (job - 1)

    with closing(in_order(work, range(3), 2, 2, "test")) as found:
        assert next(found) == -1.0
        with pytest.raises(ZeroDivisionError):
            next(found)
