#!/usr/bin/env python3
"""kill -9 at random moments of the long commands, then the same command to its end: the same bytes? Prints JSON.

    benchmarks/faults/killed.py --images DIR [--moments 50] [--commands scan search ...] [--state FILE.jsonl]

Of each command an undisturbed run gives the files that are expected. Then, for each moment, a run in an empty folder
is killed, every third one a second time as it goes on, and the command is run to its end: it must exit with 0 (or say that
all is there already), and the folder must hold the expected files, with the same bytes, and no other. Half of the moments are drawn by the clock over
the length of a run, half are file events (small_runs.py). ``state``: what was tried, a line each, so that it goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from small_runs import CASES, RESUMED, Case, Folder, Kill, Ran, Tried, count_events, differences, digests, load, run

SEED = 21


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, metavar="DIR")
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--commands", nargs="+", default=RESUMED, choices=list(CASES))
    parser.add_argument("--state", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    load()
    with tempfile.TemporaryDirectory(prefix="killed-") as root:
        state = Tried(arguments.state)
        folder = Folder.of(Path(root), arguments.images)
        results = {
            name: Campaign(CASES[name], folder).all_moments(arguments.moments, state) for name in arguments.commands
        }
    print(json.dumps({"seed": SEED, "moments": arguments.moments, "commands": results}, indent=1))


class Campaign:
    """All moments of one command."""

    def __init__(self, case: Case, folder: Folder) -> None:
        self._case, self._folder = case, folder
        self._expected: dict[str, str] = {}
        self._seconds, self._events = 0.0, 0

    def all_moments(self, moments: int, state: Tried) -> dict[str, object]:
        """The figures of a command."""
        for number in range(moments):
            key = f"{self._case.name} {number}"
            if key not in state:
                if not self._expected:
                    self._measure()
                state.add(key, self._moment(number))
        found = [state[f"{self._case.name} {number}"] for number in range(moments)]
        faults = [fault for each in found for fault in each["faults"]]
        return {
            "moments": moments,
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
        began = time.monotonic()
        self._events = count_events(self._folder.words(self._case, at), at)
        self._seconds = time.monotonic() - began

    def _moment(self, number: int) -> dict[str, object]:
        drawn = random.Random(f"{SEED} {self._case.name} {number}")
        at = self._folder.empty("killed")
        words = self._folder.words(self._case, at)
        kills: list[dict[str, object]] = []
        faults: list[str] = []
        for _ in range(2 if number % 3 == 0 else 1):
            kill = self._drawn(drawn, by_clock=number % 2 == 0)
            ran = run(words, kill=kill, below=at)
            kills.append({"seconds": kill.seconds, "event": kill.event, "ended": ran.code != -9})
            faults += [] if ran.code == -9 else ending_faults(ran)
        files = len(digests(at))
        ended = run(words, below=at)
        faults += ending_faults(ended) + differences(self._expected, digests(at))
        shutil.rmtree(at)
        return {"kills": kills, "files": files, "faults": [without_digits(fault) for fault in faults]}

    def _drawn(self, drawn: random.Random, *, by_clock: bool) -> Kill:
        if by_clock:
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
