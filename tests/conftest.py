"""Fixtures for every room: ../shared, a virtual X server, and the --slow switch."""

from __future__ import annotations

import os

# before torch and numpy are imported: the tests share few cores
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    skip_slow = pytest.mark.skip(reason="slow; run with --slow")
    skip_shared = pytest.mark.skip(reason=f"the big data folder {SHARED} is not here")
    for item in items:
        if "slow" in item.keywords and not config.getoption("--slow"):
            item.add_marker(skip_slow)
        if "shared" in item.keywords and not SHARED.is_dir():
            item.add_marker(skip_shared)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip(f"the big data folder {SHARED} is not here")
    return SHARED


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a virtual X server's display (":7"), 1600x1000, 24 bit, on a number that is free.

    Xvfb picks the number itself and writes it to a pipe once it listens: no race, no waiting.
    """
    missing = [name for name in ("Xvfb", "xdotool") if not shutil.which(name)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: apt-get install xvfb xdotool libxtst6")
    reader, writer = os.pipe()
    log = tmp_path_factory.mktemp("xvfb") / "log"
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writer],
        stdout=subprocess.DEVNULL,
        stderr=log.open("wb"),
    )
    os.close(writer)
    with os.fdopen(reader) as pipe:
        number = pipe.readline().strip()  # "" if the server died
    if not number:
        server.wait()
        pytest.skip(f"Xvfb did not start: {log.read_text()[-300:]}")
    yield f":{number}"
    server.terminate()
    server.wait()
