"""The command ``deepvis``: a subcommand, or the window where none is named."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from deepvis.cli.interrupts import exit_code, ignore_signals, interrupted_words, watch_signals

WINDOW = "window"  # may be named too


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code. 2: one sentence on standard error says what the user got wrong."""
    from deepvis.cli import subcommand, window  # late: signals are watched for while they load
    from deepvis.cli.guard import guarded

    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0].startswith("-"):
        return window.main(words)
    name, rest = words[0], words[1:]
    return window.main(rest) if name == WINDOW else guarded(lambda: subcommand.find(name).main(rest), "deepvis")


def entry(*words: str) -> NoReturn:
    """The console command: ``main`` of these words and those of the command line, and out at once.

    A worker of the window may still be busy (torch loads, a pass is on its way); taking the interpreter down under it
    can crash.
    """
    watch_signals()
    try:
        code = main([*words, *sys.argv[1:]])
    except KeyboardInterrupt:  # before or after a command line is guarded
        sys.stderr.write(f"deepvis: {interrupted_words()}\n")
        code = exit_code()
    ignore_signals()
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    entry()
