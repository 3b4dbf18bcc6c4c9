"""What a command line ends with: its exit code, and one sentence where the user can put something right."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deepvis.cli.guard import guarded
from deepvis.cli.interrupts import interrupted_once
from deepvis.core.user_error import UsageError
from deepvis.live.backend import BackendError
from deepvis.network.model_error import ModelError
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.scan.scan_error import ScanError
from deepvis.settings.table import ConfigError


def ending(error: BaseException) -> int:
    def fail() -> int:
        raise error

    return guarded(fail, "deepvis x", "the same again goes on")


@pytest.mark.parametrize("kind", [BackendError, ModelError, OptimizeError, ScanError, ConfigError, UsageError])
def test_every_room_s_error_is_one_sentence(kind: type[Exception], capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(kind("the thing is wrong")) == 2
    assert capsys.readouterr().err == "deepvis x: the thing is wrong\n"


def test_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(PermissionError(errno.EACCES, "Permission denied", "/a/b")) == 2
    assert "(Permission denied) at /a/b; see whether it is there, and who may" in capsys.readouterr().err
    assert ending(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/b")) == 2
    assert "the disk takes no more at /a/b; make room and run" in capsys.readouterr().err


def test_an_interrupt_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "deepvis x: interrupted; the same again goes on\n"


def test_an_interrupt_that_a_library_made_its_own_error_of(capsys: pytest.CaptureFixture[str]) -> None:
    def importing() -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("the extension cannot be loaded") from error

    assert guarded(importing, "deepvis x") == 130
    assert capsys.readouterr().err == "deepvis x: interrupted\n"


def test_a_disk_that_is_full_while_saving_after_an_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    def saving() -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/b") from None

    assert guarded(saving, "deepvis x") == 2
    assert "the disk takes no more at /a/b" in capsys.readouterr().err


def test_a_fault_of_the_program_is_no_sentence() -> None:
    with pytest.raises(ZeroDivisionError):
        ending(ZeroDivisionError())


def test_the_first_interrupt_counts(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interrupted_once():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert capfd.readouterr().err == "interrupted already: saving what is in progress\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_reader_that_has_seen_enough(root: Path) -> None:
    command = f"{sys.executable} -m deepvis fetch --list | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that takes nothing")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["--version", "models", "layers --help"])
def test_output_that_cannot_be_written(words: str, unbuffered: str, root: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        command = [sys.executable, "run_toolbox.py", *words.split()]
        done = subprocess.run(command, cwd=root, env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "the output cannot be written (No space left on device): standard output takes no more" in done.stderr


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_while_a_module_is_imported(
    number: signal.Signals, code: int, word: str, root: Path, tmp_path: Path
) -> None:
    """The module would make an error of its own of the exception."""
    (tmp_path / "slow.py").write_text(
        f"import signal\ntry:\n    signal.raise_signal({int(number)})\n"
        "except BaseException:\n    raise ImportError('broken')\n"
    )
    program = "from deepvis.cli.guard import guarded\nguarded(lambda: __import__('slow') and 0, 'deepvis x')"
    environment = {**os.environ, "PYTHONPATH": f"{root}:{tmp_path}"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"deepvis: {word}\n")


def test_terminated_is_another_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: signal.raise_signal(signal.SIGTERM) or 0, "deepvis x", "the same again goes on") == 143
    assert capsys.readouterr().err == "deepvis x: terminated; the same again goes on\n"
