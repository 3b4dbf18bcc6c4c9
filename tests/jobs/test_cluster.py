"""A Dask cluster started as the docs say, from the project's own environment: real programs, and their deaths."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from deepvis.cli.main import main
from deepvis.core.unit_files import unit_image_paths
from deepvis.formats.caffe.weights import read_weights, write_weights
from deepvis.jobs import cluster, handshake, pool, versions
from deepvis.jobs.pool import Where
from deepvis.jobs.progress import Progress
from deepvis.jobs.workers import JobError
from tests.helpers.waiting import until

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'deepvis[cluster]'")

DASK = Path(sys.executable).with_name("dask")
HERE = Path(__file__).resolve().parent


class Cluster:
    """A scheduler and workers, each a program of its own, in a folder that is not the project's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs: list[subprocess.Popen] = []
        self.address = f"tcp://127.0.0.1:{_free_port()}"
        self.scheduler = self._start("scheduler", "--port", self.address.rsplit(":", 1)[1], "--no-dashboard")

    def add_workers(self, count: int, **environ: str) -> None:
        before = self._count()
        for _ in range(count):
            self._start("worker", self.address, "--nthreads", "1", "--no-dashboard", "--death-timeout", "60", **environ)
        until(lambda: self._count() == before + count, "the workers")

    def is_at_work(self) -> bool:
        with distributed.Client(self.address, set_as_default=False) as client:
            return any(client.processing().values())

    def kill_a_worker_at_work(self) -> None:
        """kill -9 of a process that works on a task; the program that was started begins another."""
        with distributed.Client(self.address, set_as_default=False) as client:
            pids = client.run(os.getpid)
            address = until(lambda: next((a for a, keys in client.processing().items() if keys), None), "a task")
        os.kill(pids[address], signal.SIGKILL)

    def end(self) -> None:
        for program in reversed(self._programs):
            for process in [*psutil.Process(program.pid).children(recursive=True), program]:
                process.kill()
            program.wait()

    def _count(self) -> int:
        with distributed.Client(self.address, set_as_default=False) as client:
            return len(client.scheduler_info(n_workers=-1)["workers"])

    def _start(self, *words: str, **more: str) -> subprocess.Popen:
        environ = {**{name: value for name, value in os.environ.items() if name != "PYTHONPATH"}, **more}
        log = open(self.folder / f"{len(self._programs)}.log", "wb")  # noqa: SIM115
        self._programs.append(subprocess.Popen([DASK, *words], cwd=self.folder, env=environ, stdout=log, stderr=log))
        return self._programs[-1]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster")
    yield made
    made.end()


def said_by(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    return code, capsys.readouterr().err


def test_as_documented(started: Cluster, tiny_files, tmp_path: Path, capsys, monkeypatch) -> None:
    """Without workers, then with one that is killed in mid-run and begins again, then without a scheduler."""
    source = f"source {versions.source_digest()}"
    words = ["optimize-layer", *tiny_files, "--push-layer", "fc", "--presets", "3", "--rand-seed", "0-2"]
    words += ["--batch", "3"]
    away = [*words, "--scheduler", started.address]
    until(lambda: b"Scheduler at" in (started.folder / "0.log").read_bytes(), "the scheduler")
    code, said = said_by(capsys, *away, "--max-iter", "3", "--output", str(tmp_path / "none"))
    assert code == 2 and f"has no workers; start some with: dask worker {started.address}" in said
    assert said.count("\n") == 1

    os.kill(started.scheduler.pid, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        patched.setattr(handshake, "ANSWER_SECONDS", 1)
        patched.setattr(cluster, "CONNECT_SECONDS", 1)
        code, said = said_by(capsys, *away, "--max-iter", "3", "--output", str(tmp_path / "none"))
    os.kill(started.scheduler.pid, signal.SIGCONT)
    assert code == 2 and f"no Dask scheduler answers at {started.address} (something listens there" in said

    started.add_workers(1)
    with distributed.Client(started.address, set_as_default=False) as client:
        (worker,) = client.nthreads()
    with pytest.raises(JobError, match=f"a worker of a Dask cluster answers at {worker}, expected its scheduler"):
        handshake.check_scheduler(worker, 10)
    killer = threading.Thread(target=started.kill_a_worker_at_work, daemon=True)
    killer.start()
    code, said = said_by(capsys, *away, "--max-iter", "60", "--output", str(tmp_path / "away"))
    killer.join()
    assert code == 0, said
    assert said_by(capsys, *words, "--max-iter", "60", "--output", str(tmp_path / "here"))[0] == 0
    assert contents(tmp_path / "away") == contents(tmp_path / "here")

    with monkeypatch.context() as patched:
        patched.setattr(versions, "__version__", "9.9")
        for place in ("versions", "late"):
            code, said = said_by(capsys, *away, "--max-iter", "3", "--output", str(tmp_path / place))
            sentence = rf"has deepvis 0\.1\.0 \({source}\), expected 9\.9 \({source}\) as on the machine that gave"
            assert code == 2 and re.search(sentence, said) and said.count("deepvis optimize-layer:") == 1
            patched.setattr(cluster, "check_workers", lambda *any: set())  # as if it joined with the first task
    assert not any((tmp_path / "late").rglob("*.png"))

    with other_weights(Path(tiny_files[tiny_files.index("--weights") + 1])):
        assert said_by(capsys, *away, "--max-iter", "3", "--output", str(tmp_path / "other_away"))[0] == 0
        assert said_by(capsys, *words, "--max-iter", "3", "--output", str(tmp_path / "other_here"))[0] == 0
    assert contents(tmp_path / "other_away") == contents(tmp_path / "other_here"), "the worker had opened it before"

    pieces = unit_image_paths(tmp_path / "lost", "fc").whole_layer.parent / "pieces"

    def kill_the_scheduler() -> None:
        until(lambda: any(pieces.glob("*.png")), "a picture")
        started.scheduler.kill()

    threading.Thread(target=kill_the_scheduler, daemon=True).start()
    code = main([*away, "--max-iter", "60", "--output", str(tmp_path / "lost")])
    out, said = capsys.readouterr()
    assert out == "", "no result is named"
    sentences = [line for line in said.split("\n") if line.startswith("deepvis")]
    assert code == 2 and len(sentences) == 1 and "Traceback" not in said
    assert f"the Dask scheduler at {started.address} is gone" in sentences[0]
    assert said_by(capsys, *words, "--max-iter", "60", "--output", str(tmp_path / "lost"))[0] == 0
    assert contents(tmp_path / "lost") == contents(tmp_path / "here")


@contextmanager
def other_weights(file: Path) -> Iterator[None]:
    """Other numbers in a file of weights, for the block."""
    before = file.read_bytes()
    write_weights(file, {layer: [-blob for blob in blobs] for layer, blobs in read_weights(file).items()})
    try:
        yield
    finally:
        file.write_bytes(before)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_a_scheduler_that_stops_answering(started: Cluster, tiny_files, tmp_path: Path, capsys, monkeypatch) -> None:
    started.add_workers(1)
    monkeypatch.setattr(cluster, "SILENT_SECONDS", 3)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 3)
    words = ["optimize", *tiny_files, "--push-layer", "fc", "--push-channel", "0-3", "--batch", "1"]
    words += ["--max-iter", "5000", "--scheduler", started.address, "--output", str(tmp_path / "out")]

    def stop() -> None:
        until(lambda: any((tmp_path / "out").rglob("*.npz")), "how far it is")
        os.kill(started.scheduler.pid, signal.SIGSTOP)

    threading.Thread(target=stop, daemon=True).start()
    code, said = said_by(capsys, *words)
    assert code == 2 and f"the Dask scheduler at {started.address} is gone, or no longer answers" in said


@pytest.mark.slow
def test_a_scan_and_its_crops(started: Cluster, tiny_files, collection, tmp_path: Path, capsys, small_chunks) -> None:
    started.add_workers(2)
    words = ["scan", *tiny_files, "--images", str(collection), "--crop", "--modes", "deconv", "guided"]
    assert said_by(capsys, *words, "--output", str(tmp_path / "same"))[0] == 0
    here = contents(tmp_path / "same")
    (tmp_path / "same").rename(tmp_path / "here")
    assert said_by(capsys, *words, "--scheduler", started.address, "--output", str(tmp_path / "same"))[0] == 0
    assert contents(tmp_path / "same") == here


@pytest.mark.slow
def test_workers_without_the_package(started: Cluster, monkeypatch, tmp_path: Path) -> None:
    if not subprocess.run([sys.executable, "-c", "import deepvis"], cwd=tmp_path, capture_output=True).returncode:
        pytest.skip("the environment has the package")
    started.add_workers(1)
    monkeypatch.setattr(cluster, "ROOT", tmp_path)
    with pytest.raises(JobError, match="the scheduler of the Dask cluster cannot import deepvis; start it in the env"):
        pool.run_all(Where(scheduler=started.address), [mark(tmp_path)], Progress(), 1, 0)


@pytest.mark.slow
def test_a_worker_of_another_version_that_joins_late(started: Cluster, tiny_files, tmp_path: Path, capsys) -> None:
    """Its number is the same, its code is not."""
    shutil.copytree(cluster.ROOT / "deepvis", tmp_path / "deepvis", ignore=shutil.ignore_patterns("*.pyc"))
    with open(tmp_path / "deepvis" / "network" / "net.py", "a") as file:
        file.write("# changed\n")
    started.add_workers(1)
    words = ["optimize", *tiny_files, "--push-layer", "fc", "--push-channel", "0-3", "--batch", "1"]
    words += ["--max-iter", "5000", "--scheduler", started.address, "--output", str(tmp_path / "out")]

    def join() -> None:
        until(started.is_at_work, "a task")
        started.add_workers(1, PYTHONPATH=str(tmp_path))

    threading.Thread(target=join, daemon=True).start()
    code, said = said_by(capsys, *words)
    sentences = [line for line in said.split("\n") if line.startswith("deepvis")]
    assert code == 2 and len(sentences) == 1, said
    assert "of the Dask cluster has deepvis 0.1.0 (source " in sentences[0]


def mark(folder: Path, dies: int = 0):
    from pool_tasks import Mark

    return Mark(folder, 0, dies=dies)


def find_tests(address: str) -> None:
    """Have the cluster find the tasks of the tests."""
    import site
    from functools import partial

    with distributed.Client(address, set_as_default=False) as client:
        client.run_on_scheduler(partial(site.addsitedir, str(HERE)))
        client.register_worker_callbacks(partial(site.addsitedir, str(HERE)))


@pytest.mark.slow
def test_a_task_that_always_kills_its_worker(started: Cluster, tmp_path: Path) -> None:
    started.add_workers(1)
    find_tests(started.address)
    with pytest.raises(JobError, match="workers of the Dask cluster died again and again over mark 0, perhaps for"):
        pool.run_all(Where(scheduler=started.address), [mark(tmp_path, dies=99)], Progress(), 1, 0)


@pytest.mark.slow
def test_workers_that_are_all_gone(started: Cluster, tmp_path: Path, monkeypatch) -> None:
    class Told(Progress):
        def note(self, sentence: str) -> None:
            notes.append(sentence)

    notes: list[str] = []
    monkeypatch.setattr(cluster, "NOTE_SECONDS", 1.0)
    monkeypatch.setattr(cluster, "LONELY_SECONDS", 3.0)
    started.add_workers(1)
    find_tests(started.address)
    threading.Thread(target=end_workers, args=(started, tmp_path), daemon=True).start()
    with pytest.raises(JobError, match="has had no worker for 3 seconds; start some with: dask worker"):
        pool.run_all(Where(scheduler=started.address), [mark(tmp_path, dies=99)], Told(), 1, 0)
    assert len(notes) == 1 and "no worker is left in the Dask cluster" in notes[0]


def end_workers(started: Cluster, folder: Path) -> None:
    until(lambda: any(folder.glob("*.attempts")), "a worker at work")
    nanny = started._programs[1]
    for process in [*psutil.Process(nanny.pid).children(recursive=True), nanny]:
        process.kill()
