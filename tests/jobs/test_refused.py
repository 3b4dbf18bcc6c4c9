"""A command that is refused before its work leaves nothing behind, and takes nothing away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from deepvis.cli.main import main
from deepvis.jobs import pool

FC = ["--push-layer", "fc", "--max-iter", "2"]
COMMANDS = {
    "optimize": [*FC, "--push-channel", "0-1"],
    "optimize-layer": [*FC, "--rand-seed", "0", "--presets", "3"],
    "search": [*FC, "--push-channel", "0", "--recipes", "2"],
    "figures": ["--figures", "4", "--classes", "1", "--max-iter", "2"],
    "scan": ["--layers", "fc"],
}
AWAY = ["--scheduler", "tcp://127.0.0.1:9"]  # where nothing listens


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    handshake = pytest.importorskip("deepvis.jobs.handshake", reason="Dask is not installed")
    cluster = pytest.importorskip("deepvis.jobs.cluster", reason="Dask is not installed")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(handshake, "ANSWER_SECONDS", 0.5)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *any: object) -> None:
        pass


class QuietServer(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away before it has all is none."""


@pytest.fixture
def web_server() -> Iterator[str]:
    with QuietServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def refused(capsys: pytest.CaptureFixture[str], words: list[str]) -> str:
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("name", COMMANDS)
def test_without_a_scheduler(name: str, tiny_files, collection, tmp_path: Path, capsys, impatient) -> None:
    words = [name, *tiny_files, *COMMANDS[name], *(["--images", str(collection)] if name == "scan" else [])]
    new, there = (["--output", str(tmp_path / which / "out")] for which in ("new", "there"))
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in refused(capsys, [*words, *new, *AWAY])
    assert files(tmp_path) == {}
    assert main([*words, *there]) == 0
    capsys.readouterr()
    before = files(tmp_path)
    assert main([*words, *there, *AWAY]) == 0, "all is done: no worker is needed"
    assert name == "scan" or capsys.readouterr().out.startswith("already done")
    if name in ("optimize", "optimize-layer", "scan"):
        capsys.readouterr()
        assert "no Dask scheduler" in refused(capsys, [*words, *there, *AWAY, "--overwrite"])
    assert files(tmp_path) == before


def answers(first_words: bytes) -> Iterator[str]:
    """The address of a program that says so much to whoever connects, and nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connected.append(listening.accept()[0])
                    connected[-1].sendall(first_words)

        connected: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"


def test_something_else_answers(tiny_files, tmp_path: Path, capsys, impatient, web_server: str) -> None:
    words = ["optimize", *tiny_files, *COMMANDS["optimize"], "--output", str(tmp_path), "--scheduler"]
    said = refused(capsys, [*words, web_server])
    assert f"no Dask scheduler answers at {web_server}, but a web server does, as the scheduler's dashboard is" in said
    for first_words, why in (
        (b"", "something listens there, but does not answer as one"),
        (b"SSH-2.0-OpenSSH\r\n", "something else does"),
    ):
        for address in answers(first_words):
            assert f"no Dask scheduler answers at {address} ({why}" in refused(capsys, [*words, address])
    assert "no Dask scheduler answers at first (missing port number" in refused(capsys, [*words, "first"])
    assert "argument --scheduler: its value is empty, as a shell variable is that" in refused(capsys, [*words, ""])
    assert files(tmp_path) == {}


def test_crops(tiny_files, collection, tmp_path: Path, capsys, impatient) -> None:
    assert "there is no scan in" in refused(capsys, ["crops", "--scan", str(tmp_path / "typo" / "a")])
    assert files(tmp_path) == {}
    scan = ["scan", *tiny_files, "--images", str(collection), "--layers", "fc", "--output", str(tmp_path)]
    assert main(scan) == 0
    capsys.readouterr()
    before = files(tmp_path)
    crops = ["crops", "--device", "cpu", "--scan", str(tmp_path)]
    assert "no Dask scheduler answers" in refused(capsys, [*crops, "--output", str(tmp_path / "new"), *AWAY])
    assert files(tmp_path) == before


def test_no_photos(tiny_files, tmp_path: Path, capsys) -> None:
    out = ["--images", str(tmp_path / "nix"), "--output"]
    assert "nix cannot be read" in refused(capsys, ["scan", *tiny_files, *out, str(tmp_path / "new" / "out")])
    assert "nix" in refused(capsys, ["statistics", *tiny_files, *out, str(tmp_path / "new" / "out")])
    assert "nix" in refused(capsys, ["photo-statistics", *out, str(tmp_path / "new" / "out.npz")])
    assert files(tmp_path) == {}


def test_no_scheduler_is_asked_for() -> None:
    pool.try_scheduler(None)
