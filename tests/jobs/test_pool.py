"""Work in threads and processes: all of it is done, deaths are survived, failures end the run."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future

import pytest
from pool_tasks import Mark

from deepvis.core.user_error import UserError
from deepvis.jobs.pool import IN_PROCESS, Stopped, Where, _drain, run_all
from deepvis.jobs.progress import Progress
from deepvis.jobs.workers import JobError, PoolError, Workers


class Counted(Progress):
    def __init__(self) -> None:
        super().__init__()
        self.count, self.notes = 0, []

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def advance(self, count: int, skipped: int) -> None:
        self.count += count


def done(folder) -> set[str]:
    return {path.stem for path in folder.glob("*.done")}


@pytest.mark.parametrize("where", [IN_PROCESS, Where(workers=1)])
def test_all_is_done_once(tmp_path, where) -> None:
    seen = Counted()
    run_all(where, [Mark(tmp_path, n) for n in range(5)], seen, 9, 0)
    assert done(tmp_path) == set("01234") and seen.count == 5 and seen.notes == []
    assert {path.read_text() for path in tmp_path.glob("*.attempts")} == {"x"}


def test_nothing_to_do(tmp_path) -> None:
    run_all(IN_PROCESS, [], Progress(), 0, 0)
    run_all(Where(workers=2), [], Progress(), 0, 0)


def test_a_killed_worker_is_survived(tmp_path) -> None:
    seen = Counted()
    tasks = [Mark(tmp_path, n, dies=1 if n == 1 else 0) for n in range(4)]
    run_all(Where(workers=2), tasks, seen, 9, 0)
    assert done(tmp_path) == set("0123") and seen.count == 4
    assert len(seen.notes) == 1 and "a worker died; begun again: " in seen.notes[0] and "mark 1" in seen.notes[0]


def test_a_task_that_always_kills_its_worker_ends_the_run(tmp_path) -> None:
    seen = Counted()
    with pytest.raises(JobError, match="a worker died 3 times over mark 0, perhaps for want of memory"):
        run_all(Where(workers=1), [Mark(tmp_path, 0, dies=99)], seen, 9, 0)
    assert len(seen.notes) == 2


@pytest.mark.parametrize("where", [IN_PROCESS, Where(workers=1)])
def test_a_failure_comes_through(tmp_path, where) -> None:
    with pytest.raises(UserError, match="mark 7 failed"):
        run_all(where, [Mark(tmp_path, 7, fails=True)], Counted(), 1, 0)


def test_the_others_are_stopped_when_one_fails() -> None:
    """The second task would run for ever, were it not told to stop."""
    started, was_stopped = threading.Event(), []

    class Waits:
        title = "waits"

        def run(self, watch):
            started.set()
            was_stopped.append(watch.stopping.wait(30))
            raise Stopped

    class Fails:
        title = "fails"

        def run(self, watch):
            started.wait(30)
            raise UserError("no")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("deepvis.jobs.pool.cores", lambda: 2)
        with pytest.raises(UserError, match="no"):
            run_all(IN_PROCESS, [Waits(), Fails()], Progress(), 2, 0)
    assert was_stopped == [True]


def test_what_is_finished_comes_before_the_end_of_the_pool() -> None:
    """A worker that is not to be used ends the run, and an error of that worker is not one of the task."""
    finished, failed, refused = Future(), Future(), Future()
    finished.set_result(1)
    failed.set_exception(UserError("cannot be read there"))
    futures = iter([finished, failed, refused])

    def check() -> None:
        raise PoolError("a worker has another version")

    outcomes = _drain(Workers(lambda task: next(futures), 3, check), deque(["a", "b", "c"]), {}, None)
    assert next(outcomes) == ("a", 1)
    with pytest.raises(PoolError, match="another version"):
        next(outcomes)
