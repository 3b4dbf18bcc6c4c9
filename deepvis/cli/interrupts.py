"""Ctrl-C and SIGTERM: what is in progress is saved, one sentence is said, and the exit code names the signal."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_received = signal.SIGINT  # the signal that came last


def exit_code() -> int:
    """Of a run that a signal has ended, as shells have it: 130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + _received


def interrupted_words(rest: str = "") -> str:
    """The sentence about the signal: "interrupted; 3 of 9 images are done". rest: behind the semicolon."""
    return WORDS[_received] + (f"; {rest}" if rest else "")


def watch_signals() -> None:
    """The first Ctrl-C or SIGTERM raises KeyboardInterrupt; those that follow leave it the time to save what it has.

    One in the middle of an import ends the process at once, with the sentence, for libraries make errors of their own
    of an exception that they did not expect. Nothing is cleaned up then: so work loads its libraries before it begins
    to write, and what was left nevertheless, as by kill -9, is swept by the next run.
    """
    global _received
    _received = signal.SIGINT
    for number in WORDS:
        signal.signal(number, _interrupt)


@contextmanager
def interrupted_once() -> Iterator[None]:
    """As ``watch_signals``, for the block; nothing where that is so already."""
    before = {number: signal.getsignal(number) for number in WORDS}
    if set(before.values()) <= {_interrupt, _be_patient}:
        yield
        return
    watch_signals()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """All is said and done: the process ends by itself."""
    for number in WORDS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _received
    _received = signal.Signals(number)
    for each in WORDS:
        signal.signal(each, _be_patient)
    if _is_importing(frame):
        os.write(2, f"deepvis: {interrupted_words()}\n".encode())
        os._exit(exit_code())
    raise KeyboardInterrupt


def _be_patient(number: int, frame: FrameType | None) -> None:
    os.write(2, b"interrupted already: saving what is in progress\n")  # sys.stderr may be in the middle of a line


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
