"""One reader of files under mutated inputs: what may come of one, and what counts as a fault.

A reader is a row: a function that does with a file what the program does, seeds (sets of files that open) and
mutations. A case is a number: the same reader, seed and number give the same bytes. Used by ``test_mutated_inputs.py``
with a few, by ``benchmarks/faults/mutated_inputs.py`` with as many as wanted.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deepvis.core.user_error import UserError
from tests.faults.structured import splice
from tests.formats.caffe.fuzzing import Mutation

LONGEST = 2000  # characters of a sentence
SPARE_BYTES = 200 << 20  # that opening may take whatever the file's size
MOST_TIMES = 10  # of the file's size
MOST_SECONDS = 10.0  # of this process's own time, not the clock's: machines are shared

Files = Mapping[str, bytes]  # by name; the first is the one that is mutated


@dataclass(frozen=True)
class InputReader:
    """seeds: sets of files that open, made in an empty folder. refusals: errors whose text is the user's sentence.

    opens: given the mutated file, its companions beside it. names: does every sentence name the file? False: the
    caller puts the name in front.
    """

    name: str
    opens: Callable[[Path], object]
    seeds: Callable[[Path], Sequence[Files]]
    mutations: Sequence[Mutation]
    refusals: tuple[type[Exception], ...] = (UserError,)
    names: bool = True


@dataclass(frozen=True)
class Outcome:
    """fault: "" where the file was opened or refused in one sentence. more: bytes of memory that it took."""

    said: str
    fault: str
    seconds: float
    more: int

    @property
    def word(self) -> str:
        return "fault" if self.fault else "refused" if self.said else "opened"


INPUT_READERS: dict[str, InputReader] = {}


def reader(
    name: str,
    seeds: Callable[[Path], Sequence[Files]],
    mutations: Sequence[Mutation],
    *refusals: type[Exception],
    names: bool = True,
) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """Enter the function that opens such files."""

    def add(opens: Callable[[Path], object]) -> Callable[[Path], object]:
        if name in INPUT_READERS:
            raise ValueError(f"two readers are called {name}")
        INPUT_READERS[name] = InputReader(name, opens, cache(seeds), mutations, (UserError, *refusals), names)
        return opens

    return add


def mutated(each: InputReader, folder: Path, seed: int, index: int) -> tuple[dict[str, bytes], str]:
    """The files of a case, the mutated one first, and what was done. folder: where seeds are made, once."""
    rng = random.Random(f"{seed} {each.name} {index}")
    seeds = each.seeds(folder)
    files = dict(rng.choice(seeds))
    first = next(iter(files))
    raw, done = files[first], []
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if rng.random() < 0.05:
            raw = splice(rng, raw, next(iter(rng.choice(seeds).values())))
            done.append("splice")
        else:
            mutation = rng.choice(each.mutations)
            raw = mutation(rng, raw) if raw else b"\n"
            done.append(mutation.__name__)
    return {**files, first: raw}, f"{each.name} {index}: {' '.join(done)}"


def written(files: Files, folder: Path) -> Path:
    """Write the files of a case; the mutated one."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / next(iter(files))


def outcome(each: InputReader, file: Path) -> Outcome:
    """Open a file as the program does, and judge what comes of it."""
    size = file.stat().st_size
    before, begun = resident_bytes(reset=True), time.process_time()
    said, fault = "", ""
    try:
        each.opens(file)
    except each.refusals as error:
        said = str(error)
        fault = sentence_fault(said, file, names=each.names)
    except Exception as error:
        fault = f"{type(error).__name__}: {str(error)[:300]}"
    seconds, more = time.process_time() - begun, max(peak_bytes() - before, 0)
    if not fault and seconds > MOST_SECONDS:
        fault = f"took {seconds:.1f} s"
    if not fault and more > max(SPARE_BYTES, MOST_TIMES * size):
        fault = f"took {more >> 20} MiB for {size} bytes"
    return Outcome(said, fault, seconds, more)


def sentence_fault(said: str, file: Path, *, names: bool = True) -> str:
    """Why this is no sentence for a user, "" where it is one."""
    if not said.strip():
        return "an empty sentence"
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", said):
        return f"a sentence of several lines or with control characters: {said[:300]!r}"
    if len(said) > LONGEST:
        return f"a sentence of {len(said)} characters: {said[:300]!r}"
    if names and file.name not in said:
        return f"a sentence that does not name the file: {said[:300]!r}"
    return ""


def resident_bytes(*, reset: bool = False) -> int:
    """What this process holds now. reset: its peak begins here. 0 where the system does not tell."""
    if reset:
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            return 0
    return _status("VmRSS")


def peak_bytes() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    try:
        return int(re.findall(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[0]) * 1024
    except (OSError, IndexError):
        return 0
