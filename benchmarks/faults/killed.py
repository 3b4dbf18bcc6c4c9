#!/usr/bin/env python3
"""kill -9 at random moments of the long commands, then the same command to its end: the same bytes? Prints JSON.

    benchmarks/faults/killed.py --images DIR [--moments 50] [--first N] [--commands scan search ...] [--state FILE]

Of each command an undisturbed run gives the files that are expected. Then, for each moment, a run in an empty folder
is killed, every third one a second time as it goes on, and the command is run to its end: it must exit with 0 (or say
that all is there already), and the folder must hold the expected files, with the same bytes, and no other. Half of the
moments are drawn over the processor time of a run, half are file events (small_runs.py). ``state``: what was
tried, a line each, so that it goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.faults.small_runs import (
    CASES,
    Case,
    Folder,
    Kill,
    Ran,
    Tried,
    differences,
    digests,
    load,
    measured,
    run,
)

SEED = 21


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, metavar="DIR")
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument(
        "--first", type=int, default=0, metavar="N", help="number of the first moment, of 0 to --moments"
    )
    parser.add_argument("--commands", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--state", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    load()
    with tempfile.TemporaryDirectory(prefix="killed-") as root:
        state = Tried(arguments.state)
        folder = Folder.of(Path(root), arguments.images)
        campaigns = [Campaign(CASES[name], folder, state) for name in arguments.commands]
        for number in range(arguments.first, arguments.moments):  # of all commands, so that what is cut short is even
            for campaign in campaigns:
                campaign.try_moment(number)
    print(json.dumps({"seed": SEED, "commands": {each.name: each.figures() for each in campaigns}}, indent=1))


class Campaign:
    """All moments of one command."""

    def __init__(self, case: Case, folder: Folder, state: Tried) -> None:
        self.name, self._case, self._folder, self._state = case.name, case, folder, state
        self._expected: dict[str, str] = {}
        self._seconds, self._events = 0.0, 0

    def try_moment(self, number: int) -> None:
        """Unless it was tried."""
        if (key := f"{self.name} {number}") not in self._state:
            if not self._expected:
                self._measure()
            self._state.add(key, self._moment(number))

    def figures(self) -> dict[str, object]:
        """Of all moments that were tried."""
        found = self._state.of(self.name)
        faults = [fault for each in found for fault in each["faults"]]
        return {
            "moments": len(found),
            "kills": sum(len(each["kills"]) for each in found),
            "ended_before_the_kill": sum(each["kills"][0]["ended"] for each in found),
            "with_files_when_killed": sum(each["files"] > 0 for each in found),
            "same_bytes": sum(not each["faults"] for each in found),
            "faults": sorted(set(faults)),
        }

    def _measure(self) -> None:
        """An undisturbed run, counted and timed."""
        self._expected = digests(self._folder.make(self._case.name))
        at = self._folder.empty("measured")
        self._events, self._seconds = measured(self._folder.words(self._case, at), at)

    def _moment(self, number: int) -> dict[str, object]:
        drawn = random.Random(f"{SEED} {self._case.name} {number}")
        at = self._folder.empty("killed")
        words = self._folder.words(self._case, at)
        kills: list[dict[str, object]] = []
        faults: list[str] = []
        for _ in range(2 if number % 3 == 0 else 1):
            kill = self._drawn(drawn, by_time=number % 2 == 0)
            ran = run(words, kill=kill, below=at)
            kills.append({"seconds": kill.seconds, "event": kill.event, "ended": ran.code != -9})
            faults += [] if ran.code == -9 else ending_faults(ran)
        files = len(digests(at))
        ended = run(words, below=at)
        faults += ending_faults(ended) + differences(self._expected, digests(at))
        shutil.rmtree(at)
        return {"kills": kills, "files": files, "faults": [without_digits(fault) for fault in faults]}

    def _drawn(self, drawn: random.Random, *, by_time: bool) -> Kill:
        if by_time:
            return Kill(seconds=round(drawn.uniform(0.02, 1.0) * self._seconds, 3))
        return Kill(event=drawn.randrange(self._events))


def ending_faults(ran: Ran) -> Sequence[str]:
    """What is wrong with a run that came to its end. What an earlier one had finished may be refused in a sentence."""
    if not ran.has_traceback and (ran.code == 0 or (ran.code == 2 and "is there already" in ran.last_words)):
        return []
    return [f"exit code {ran.code} at the end: {ran.last_words}"]


def without_digits(sentence: str) -> str:
    """A fault by its kind: temporary names differ from run to run."""
    import re

    return re.sub(r"[0-9a-f]{8,}", "*", re.sub(r"/\S*killed-\w+", "", sentence))


if __name__ == "__main__":
    main()
    os._exit(0)
