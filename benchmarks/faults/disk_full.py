#!/usr/bin/env python3
"""Every command and every save of the window on a disk that is full at some write. Prints JSON. Needs root (a tmpfs).

    benchmarks/faults/disk_full.py --images DIR [--sizes 8] [--commands scan ...] [--window] [--state FILE.jsonl]

Of each command an undisturbed run gives the files that are expected. Then it runs into a small tmpfs, of sizes drawn
between nothing and what it needs: it must end with 2 and one sentence that names a file and the full disk; what has its
own name must be whole; once the tmpfs is made larger, the same command must give the same bytes, and nothing else.
``--window``: the window (headless) with each thing that it saves on a full disk: it goes on to its end, says so in one
sentence, leaves no half file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.faults.small_runs import CASES, Case, Folder, Ran, Tried, differences, digests, load, run

SEED = 21
PAGE = 4096  # bytes: a tmpfs gives whole ones
FULL = ("the disk takes no more", "No space left on device", "the disk is full")
GROWS = ("search.json", "scan.json", "how.json", "gallery.json", "index.html")  # written anew as the rest comes
SAID_ABOVE = "top 9"  # its sentence stands in the window alone; the program ends with 0
WINDOW = {  # words of the window; {full}: the full disk
    "ctrl+s, ctrl+e, p": '--pictures {full} --keys "down ctrl+s ctrl+e p"',
    "ctrl+r": '--pictures {full} --keys "down ctrl+r down up ctrl+r"',
    "session": '--pictures {full} --keys "/ s a v e space s e s s i o n space a s space c a t s enter"',
    "screenshot": "--keys down --screenshot {full}/shot.png",
    "record": "--keys down --record {full}/film.mp4",
    "record-keys": '--keys "down down" --record-keys {full}/keys.jsonl',
    "stats": "--keys down --stats {full}/stats.json",
    "names": '--keys "down ctrl+d" (DEEPVIS_DATA)',
    "top 9": '--keys "down G W" (DEEPVIS_CACHE)',
    "optimized": '--keys "down v x right" (DEEPVIS_CACHE)',
}


@contextmanager
def disk(at: Path, size: int) -> Iterator[None]:
    """A tmpfs of so many bytes."""
    at.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={max(size, PAGE)}", "none", str(at)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


def enlarge(at: Path) -> None:
    """Make room."""
    subprocess.run(["mount", "-o", "remount,size=256m", str(at)], check=True)


def used(at: Path) -> int:
    """Bytes of a tmpfs that are taken."""
    status = os.statvfs(at)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


class FullDisks:
    """All sizes of one command."""

    def __init__(self, case: Case, folder: Folder, state: Tried) -> None:
        self.name, self._case, self._folder, self._state = case.name, case, folder, state
        self._expected: dict[str, str] = {}
        self._needs = 0

    def try_size(self, number: int) -> None:
        """Unless it was tried."""
        if (key := f"{self.name} {number}") not in self._state:
            if not self._expected:
                self._measure()
            self._state.add(key, self._tried(random.Random(f"{SEED} {self.name} {number}").random()))

    def figures(self) -> dict[str, object]:
        found = self._state.of(self.name)
        return {
            "sizes": len(found),
            "full": sum(each["code"] == 2 for each in found),
            "had_room": sum(each["code"] == 0 for each in found),
            "same_bytes": sum(not each["faults"] for each in found),
            "said": sorted({each["said"] for each in found if each["code"] == 2}),
            "faults": sorted({fault for each in found for fault in each["faults"]}),
        }

    def _measure(self) -> None:
        at = self._folder.empty("disk")
        with disk(at, 256 << 20):
            ran = run(self._folder.words(self._case, at))
            self._expected, self._needs = digests(at), used(at)
        if ran.code:
            raise RuntimeError(ran.said)

    def _tried(self, share: float) -> dict[str, object]:
        at = self._folder.empty("disk")
        words = self._folder.words(self._case, at)
        with disk(at, int(share * self._needs)):
            first = run(words)
            faults = (full_faults(first, at) if first.code else []) + self._half_files(at)
            enlarge(at)
            last = run(words)
            is_refused = first.code == 0 and last.code == 2 and "is there already" in last.last_words  # there was room
            faults += [] if last.code == 0 or is_refused else [f"exit code {last.code} with room: {last.last_words}"]
            faults += differences(self._expected, digests(at))
        said = first.sentence.replace(str(at), "")
        return {"share": round(share, 3), "code": first.code, "said": said, "faults": faults}

    def _half_files(self, at: Path) -> list[str]:
        """Files of a published name that have other bytes than they are to have, and files beside."""
        found = digests(at)
        wrong = [name for name in found if found[name] != self._expected.get(name, found[name])]
        return [
            *(f"{name} is not whole" for name in wrong if not name.endswith(GROWS)),
            *(f"{name} is left" for name in found if name.endswith(".part")),
        ]


def full_faults(ran: Ran, at: Path) -> list[str]:
    """Of a run that found the disk full."""
    lines = [line for line in ran.said.replace("\r", "\n").splitlines() if line.startswith("deepvis")]
    said = " ".join(lines)
    return [
        *(["a traceback"] if ran.has_traceback else []),
        *([] if ran.code == 2 else [f"exit code {ran.code}: {ran.last_words}"]),
        *([] if lines else ["no sentence"]),
        *([] if any(words in said for words in FULL) else [f"not that the disk is full: {ran.last_words}"]),
        *([] if str(at) in said else [f"no file is named: {said}"]),
    ]


def try_window(folder: Folder) -> dict[str, object]:
    """Each thing that the window saves, on a disk with nothing left."""
    found: dict[str, object] = {}
    photo = sorted(folder.photos.iterdir())[0]
    for name, how in WINDOW.items():
        at = folder.empty("disk")
        with disk(at, PAGE * 16):
            fill(at)
            ran = run(window_words(how, at, photo), environ=window_environ(how, at))
            left = sorted(path.relative_to(at).as_posix() for path in at.rglob("*") if path.is_file())
        empty = {"fill"} | {each for each in left if each.endswith(".lock")}
        faults = full_faults(ran, at) if name != SAID_ABOVE or ran.code else []
        faults += [f"{each} is left" for each in left if each not in empty]
        found[name] = {"code": ran.code, "said": ran.sentence.replace(str(at), ""), "faults": faults}
    return found


def fill(at: Path) -> None:
    """Leave no room."""
    with (at / "fill").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * PAGE)
        except OSError:
            return


def window_words(how: str, at: Path, photo: Path) -> list[str]:
    """The command line of a row of WINDOW."""
    import shlex

    words = [word for word in shlex.split(how.partition(" (")[0].format(full=at))]
    return ["--headless", "--images", str(photo.parent), "--size", "1000x700", *words]


def window_environ(how: str, at: Path) -> dict[str, str | None]:
    variable = how.partition(" (")[2].strip(")")
    return {variable: str(at)} if variable else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sizes", type=int, default=8)
    parser.add_argument("--commands", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--window", action="store_true")
    parser.add_argument("--state", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    load()
    with tempfile.TemporaryDirectory(prefix="full-") as root:
        folder, state = Folder.of(Path(root), arguments.images), Tried(arguments.state)
        campaigns = [FullDisks(CASES[name], folder, state) for name in arguments.commands]
        for number in range(arguments.sizes):
            for campaign in campaigns:
                campaign.try_size(number)
        found: dict[str, object] = {"seed": SEED, "commands": {each.name: each.figures() for each in campaigns}}
        if arguments.window:
            found["window"] = try_window(folder)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
    os._exit(0)
