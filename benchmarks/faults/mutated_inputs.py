"""Mutated files through every reader of the program: opened, or refused in one sentence that names the file.

    python benchmarks/faults/mutated_inputs.py --state FOLDER [--count N] [--reader NAME ...] [--seed N]

Each reader runs in a process of its own with a limit of memory, that is killed where a file takes too long and begun
again behind a crash. What came of each case is a line of FOLDER/<reader>.jsonl: the same command again goes on
where it was. The files of a fault are kept in FOLDER/faults/<reader>-<number>. Prints JSON, by reader: tried, opened,
refused, faults (with what was done and what came of it), slowest (seconds of the process's own time), most_mb (memory
beyond what the process held). A fault: an exception that is no sentence, a sentence of several lines or without the
file's name, over 10 s, memory over ten times the file and over 200 MB, a crash.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import select
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # so that a process's own time is that of the work

from benchmarks.faults.process_figures import processor_seconds
from tests.faults.all_inputs import INPUT_READERS
from tests.faults.input_reader import InputReader, mutated, outcome, written

MOST_WORK = 60.0  # seconds of a process's own time for one file, or for the seeds: it is killed
MOST_SILENCE = 900.0  # seconds of the clock, on a busy machine
ROOM = 3 << 30  # bytes that a reader's process may map beyond what it has at the start
USERS = ("HOME", "TMPDIR", "DEEPVIS_DATA", "DEEPVIS_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")


# --- one reader, in a process of its own -----------------------------------------------------------


def work(name: str, first: int, count: int, seed: int, faults: Path, home: Path, out: int) -> None:
    """Open the cases from ``first`` on, and write a line of JSON of each. out: descriptor to write to."""
    each, lines = INPUT_READERS[name], os.fdopen(out, "w")
    os.environ.update(dict.fromkeys(USERS, str(home)))
    tempfile.tempdir = str(home)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # what a library prints is no line of ours
    os.dup2(quiet, 2)
    try_seeds(each, home)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
    for index in range(first, count):
        files, done = mutated(each, home / "seeds", seed, index)
        file = written(files, fresh(home / "case"))
        lines.write(json.dumps({"case": index, "done": done}) + "\n")
        lines.flush()
        found = outcome(each, file)
        if found.fault:
            written(files, faults / f"{name}-{index}")
        line = {"case": index, "word": found.word, "seconds": round(found.seconds, 3), "mb": found.more // 2**20}
        lines.write(json.dumps({**line, **({"fault": found.fault, "done": done} if found.fault else {})}) + "\n")
        lines.flush()


def try_seeds(each: InputReader, home: Path) -> None:
    """Open each twice: what loads with the first is not counted later. Ends the process where one does not open."""
    for number, files in enumerate(each.seeds(fresh(home / "seeds"))):
        file = written(files, fresh(home / "case"))
        outcome(each, file)
        found = outcome(each, file)
        if found.word != "opened":
            raise SystemExit(f"{each.name}: seed {number} is {found.word}: {found.fault or found.said}")


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


# --- all readers -----------------------------------------------------------------------------------


def run(name: str, count: int, seed: int, state: Path) -> None:
    """Try a reader's cases up to ``count``; what came of those before is in its file."""
    path = state / f"{name}.jsonl"
    while (first := len(lines_of(path))) < count:
        with path.open("a") as file, tempfile.TemporaryDirectory(prefix="deepvis-faults-") as home:
            last: dict[str, Any] = {}
            for last in lines_from(name, first, count, seed, state / "faults", Path(home)):
                if "word" in last:
                    file.write(json.dumps(last) + "\n")
                    file.flush()
            if not last:
                raise SystemExit(f"{name}: its process ended before the first case; see whether its seeds open")
            if "word" not in last:  # it began this one and never told
                lost = {"case": last["case"], "word": "fault", "seconds": 0, "mb": 0, "fault": "crash or hang"}
                file.write(json.dumps({**lost, "done": last["done"]}) + "\n")
                shutil.copytree(Path(home) / "case", state / "faults" / f"{name}-{last['case']}", dirs_exist_ok=True)


def lines_from(name: str, first: int, count: int, seed: int, faults: Path, home: Path) -> Iterator[dict[str, Any]]:
    """The lines of a reader's process, which is killed where it is silent for too long."""
    ours, theirs = os.pipe()
    process = multiprocessing.get_context("fork").Process(
        target=work, args=(name, first, count, seed, faults, home, theirs), daemon=True
    )
    process.start()
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as lines:
        yield from _until_silent(lines, process.pid or 0)
    process.kill()
    process.join()


def _until_silent(lines: IO[bytes], process: int) -> Iterator[dict[str, Any]]:
    """What a process writes, as long as it does not work for too long in between."""
    heard, worked, rest = time.monotonic(), processor_seconds(process), b""
    while time.monotonic() - heard < MOST_SILENCE and processor_seconds(process) - worked < MOST_WORK:
        if not select.select([lines], [], [], 2.0)[0]:
            continue
        if not (piece := lines.read(1 << 16)):
            break
        *whole, rest = (rest + piece).split(b"\n")
        yield from map(json.loads, whole)
        heard, worked = time.monotonic(), processor_seconds(process)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def figures(path: Path) -> dict[str, Any]:
    lines = lines_of(path)
    words = Counter(line["word"] for line in lines)
    return {
        "tried": len(lines),
        "opened": words["opened"],
        "refused": words["refused"],
        "faults": [f"{line['done']}: {line['fault']}" for line in lines if line["word"] == "fault"],
        "slowest": max((line["seconds"] for line in lines), default=0),
        "most_mb": max((line["mb"] for line in lines), default=0),
    }


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, required=True, help="folder of what was done so far")
    parser.add_argument("--count", type=int, default=2000, help="cases of each reader")
    parser.add_argument("--reader", action="append", metavar="NAME", choices=list(INPUT_READERS), help="this one alone")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    state = arguments.state.resolve()
    (state / "faults").mkdir(parents=True, exist_ok=True)
    names = arguments.reader or list(INPUT_READERS)
    for name in names:
        run(name, arguments.count, arguments.seed, state)
    found = {name: figures(state / f"{name}.jsonl") for name in names}
    sys.stdout.write(json.dumps({"seed": arguments.seed, "readers": found}, indent=1) + "\n")
    return 1 if any(each["faults"] for each in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
