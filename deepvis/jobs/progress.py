"""How far long work is: one protocol for all of it, and a bar on the terminal."""

from __future__ import annotations

import sys
import threading

from tqdm import tqdm

TERMINAL_SECONDS, FILE_SECONDS = 0.2, 30.0  # between two lines on a terminal, and in a log file


class Progress:
    """Long work reports to it how far it is; this one shows nothing. Called from several threads.

    stopping: set once what is in work is to be left as it is.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def begin(self, total: int, done: int = 0, title: str = "") -> None:
        """done: of ``total``, by earlier runs."""

    def advance(self, count: int, skipped: int | None = None) -> None:
        """skipped: so many of ``count``; None where nothing can be skipped."""

    def tell(self, words: str) -> None:
        """What stands behind the numbers from now on."""

    def note(self, sentence: str) -> None:
        """Something that the user should know; the work goes on."""

    def end(self) -> None: ...


class TerminalLine(tqdm):  # type: ignore[misc]  # tqdm has no types
    """tqdm's bar, also where Ctrl-C comes while it is being made: it is then closed without a word."""

    pos = 0  # which close() reads; without it a bar that is half made says that it has none


class Bar(Progress):
    """On the terminal: how much of all is done, how much in a second, the time left, how many were skipped.

    unit: what is counted, as it stands behind a number: " images", "it". done, total: as of now.
    done_before: by earlier runs.
    """

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit, self._skipped = unit, 0
        self.done = self.total = self.done_before = 0
        self._bar: tqdm | None = None

    def begin(self, total: int, done: int = 0, title: str = "") -> None:
        self.done, self.total, self.done_before = done, total, done
        seconds = TERMINAL_SECONDS if sys.stderr.isatty() else FILE_SECONDS
        self._bar = TerminalLine(
            total=total, initial=done, desc=title or None, unit=self._unit, dynamic_ncols=True, smoothing=0.1,
            mininterval=seconds, maxinterval=seconds,
        )  # fmt: skip

    def advance(self, count: int, skipped: int | None = None) -> None:
        if self._bar is None:
            return
        self.done += count
        if skipped is not None:
            self._skipped += skipped
            self.tell(f"skipped {self._skipped}")
        self._bar.update(count)

    def tell(self, words: str) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(words, refresh=False)

    def note(self, sentence: str) -> None:
        tqdm.write(sentence, file=sys.stderr)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
