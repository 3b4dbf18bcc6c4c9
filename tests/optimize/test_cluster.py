"""A real Dask cluster of two workers, one of which is killed in mid-run."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from deepvis.cli.main import main
from deepvis.core.unit_files import unit_image_paths

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'deepvis[cluster]'")


@pytest.fixture(scope="module")
def cluster():
    """(the scheduler's address, process ids of its two workers)."""
    with (
        distributed.LocalCluster(
            2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as made,
        distributed.Client(made) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        yield made.scheduler_address, list(client.run(os.getpid).values())


def test_a_killed_worker_costs_nothing(cluster, tiny_files, tmp_path):
    address, pids = cluster
    pieces = unit_image_paths(tmp_path, "fc").whole_layer.parent / "pieces"

    def kill_one_at_work():
        while not list(pieces.glob("*.png")):
            time.sleep(0.01)
        os.kill(pids[0], signal.SIGKILL)
        killed.set()

    killed = threading.Event()
    threading.Thread(target=kill_one_at_work, daemon=True).start()
    words = [*tiny_files, "--push-layer", "fc", "--presets", "3", "--max-iter", "60", "--batch", "2"]
    words += ["--rand-seed", "0-3", "--output", str(tmp_path), "--scheduler", address]
    assert main(["optimize-layer", *words]) == 0
    assert killed.is_set()
    paths = unit_image_paths(tmp_path, "fc")
    assert paths.whole_layer.exists() and not pieces.exists()
    assert all(unit_image_paths(tmp_path, "fc", channel).montage.exists() for channel in range(5))
