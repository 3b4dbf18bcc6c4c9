"""Standard output of a command line: where it takes no more, as a file on a full disk, that is one sentence."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from deepvis.core.user_error import UserError


class OutputError(UserError):
    """What was printed cannot be written."""


@contextmanager
def output_checked() -> Iterator[None]:
    """For the block: what cannot be written raises OutputError, at its end at the latest, --help and --version too.

    A reader that has seen enough (BrokenPipeError) is another matter.
    """
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper):  # checked already, or a test's
        yield
        return
    sys.stdout = cast(TextIO, _Checked(stream))
    try:
        yield
        sys.stdout.flush()
    except SystemExit:
        sys.stdout.flush()
        raise
    finally:
        sys.stdout = stream


class _Checked:
    """A stream whose errors are the user's: argparse passes over those of the system."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._checked():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._checked():
            self._stream.flush()

    @contextmanager
    def _checked(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            with suppress(OSError, ValueError):  # or Python tries again as it ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            raise OutputError(
                f"the output cannot be written ({error.strerror or error}): standard output takes no more; make room, "
                "or send it elsewhere, and run the same command again"
            ) from error
