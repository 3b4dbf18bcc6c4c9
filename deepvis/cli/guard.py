"""What every command line ends with: an exit code, and one sentence for what the user can put right."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from deepvis.core.files import os_error_words
from deepvis.core.user_error import UserError

INSTALLING = "start with scripts/run.sh, which installs what is needed, or install deepvis anew: pip install ."
WRONG, INTERRUPTED = 2, 130  # exit codes


def guarded(main: Callable[[], int], name: str, interrupted: str = "") -> int:
    """Run a command line; what the user got wrong becomes one sentence on standard error and exit code 2.

    name: begins the sentence. interrupted: what to say where a Ctrl-C ends it; "": nothing.
    """
    for stream in (sys.stdout, sys.stderr):  # file names may be no text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(main)
    except UserError as error:
        warn([str(error)], name)
    except BrokenPipeError:  # the reader of a list has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        warn([os_error_words(error)], name)
    except ImportError as error:
        if (error.name or "").startswith("deepvis"):
            raise
        warn([missing_library(error)], name)
    except MemoryError as error:
        warn([f"the memory does not suffice ({error or 'main memory'}); ask for less at a time"], name)
    except KeyboardInterrupt:
        warn([interrupted] if interrupted else [], name)
        return INTERRUPTED
    return WRONG


def _run(main: Callable[[], int]) -> int:
    """A Ctrl-C that a library has turned into an error of its own, as imports do, is a Ctrl-C again."""
    try:
        return main()
    except (UserError, OSError):
        raise
    except Exception as error:
        earlier: BaseException | None = error
        while earlier is not None and not isinstance(earlier, KeyboardInterrupt):
            earlier = earlier.__cause__ or earlier.__context__
        if earlier is None:
            raise
        raise KeyboardInterrupt from error


@contextmanager
def interrupted_once() -> Iterator[None]:
    """The first Ctrl-C or SIGTERM raises KeyboardInterrupt; those that follow leave it the time to save what it has."""
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def warn(sentences: Sequence[str], name: str) -> None:
    """Sentences on standard error."""
    for sentence in sentences:
        sys.stderr.write(f"{name}: {sentence}\n")


def missing_library(error: ImportError) -> str:
    """What is missing of Python's packages or of the system's libraries, and how to get it."""
    if isinstance(error, ModuleNotFoundError):
        return f"the package {error.name!r} is missing; {INSTALLING}"
    if "libGL" in str(error) or "libglib" in str(error) or "libgthread" in str(error):
        return f"OpenCV cannot be loaded ({error}); on Debian and Ubuntu: apt-get install libgl1 libglib2.0-0"
    return f"a library cannot be loaded ({' '.join(str(error).split())}); install the requirements anew: rm -r .venv"


def _interrupt(number: int, frame: object) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _be_patient)
    raise KeyboardInterrupt


def _be_patient(number: int, frame: object) -> None:
    os.write(2, b"interrupted already: saving what is in progress\n")  # sys.stderr may be in the middle of a line
