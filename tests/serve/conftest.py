"""A served window in a process of its own, and a real Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
]


@dataclass(frozen=True, eq=False)
class Served:
    """A program that serves its window. url: with the token."""

    process: subprocess.Popen[str]
    url: str

    @property
    def place(self) -> str:
        """http://HOST:PORT."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        return self.url.partition("token=")[2]

    def memory_mb(self) -> float:
        """What it holds in main memory."""
        import psutil

        return psutil.Process(self.process.pid).memory_info().rss / 2**20


@contextmanager
def serving(*words: str, folder: Path, address: tuple[str, ...] = ()) -> Iterator[Served]:
    """The program with ``--serve`` and these words; it is ended in the end."""
    command = [sys.executable, str(ROOT / "run_toolbox.py"), *words, "--device", "cpu", "--serve", *address]
    environment = {**os.environ, "DEEPVIS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http"), process.communicate()
        yield Served(process, url)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def served(tiny: list[str], photos: Path, tmp_path: Path) -> Iterator[Served]:
    """A small network over three photos."""
    with serving(*tiny, "--images", str(photos), folder=tmp_path) as program:
        yield program


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """Of localhost, signed by itself: paths of certificate and key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    files = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    words = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=localhost", "-out", files[0], "-keyout", files[1]]
    subprocess.run(["openssl", "req", *words], check=True, capture_output=True)
    return files


@pytest.fixture(scope="session")
def chromium(launch_chromium: Callable[..., Any]) -> Iterator[object]:
    """A headless Chromium with a camera that moves."""
    browser = launch_chromium(SWITCHES)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def window(tiny: list[str], photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A program that serves a window of photos, for all tests of a file."""
    with serving(*tiny, "--images", str(photos), folder=tmp_path_factory.mktemp("window")) as program:
        yield program
