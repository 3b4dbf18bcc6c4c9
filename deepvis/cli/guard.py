"""What every command line ends with: an exit code, and one sentence for what the user can put right."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence

from deepvis.cli.interrupts import exit_code, interrupted_once, interrupted_words
from deepvis.cli.output import output_checked
from deepvis.core.files import os_error_words
from deepvis.core.program import ROOT
from deepvis.core.user_error import UserError

WRONG = 2  # exit code


def guarded(main: Callable[[], int], name: str, go_on: str = "") -> int:
    """Run a command line; what the user got wrong becomes one sentence on standard error and exit code 2.

    name: begins the sentence. go_on: what to do next where Ctrl-C or SIGTERM ends it; what the
    KeyboardInterrupt itself says comes first.
    """
    for stream in (sys.stdout, sys.stderr):  # file names may be no text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with interrupted_once(), output_checked():
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
    except KeyboardInterrupt as error:
        warn([interrupted_words(str(error) or go_on)], name)
        return exit_code()
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


def warn(sentences: Sequence[str], name: str) -> None:
    """Sentences on standard error."""
    for sentence in sentences:
        sys.stderr.write(f"{name}: {sentence}\n")


def missing_library(error: ImportError) -> str:
    """What is missing of Python's packages or of the system's libraries, and how to get it."""
    if isinstance(error, ModuleNotFoundError):
        return f"the package {error.name!r} is missing; {installing()}"
    if "libGL" in str(error) or "libglib" in str(error) or "libgthread" in str(error):
        return f"OpenCV cannot be loaded ({error}); on Debian and Ubuntu: apt-get install libgl1 libglib2.0-0"
    return f"a library cannot be loaded ({' '.join(str(error).split())}); {installing()}"


def installing() -> str:
    """How what this program needs is installed anew: in a checkout, or from where the package came."""
    if (ROOT / "scripts" / "run.sh").is_file():
        return "remove .venv and start with scripts/run.sh, which installs what is needed"
    return "install deepvis anew, with all that it needs, from its wheel or its checkout"
