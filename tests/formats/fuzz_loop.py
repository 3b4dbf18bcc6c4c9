"""The loop of the scripts that open mutated files: each gives a network or one sentence."""

from __future__ import annotations

import argparse
import collections
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar


class Mutated(Protocol):
    """A file or several, and what was done to them in words."""

    @property
    def done(self) -> str: ...


Case = TypeVar("Case", bound=Mutated)


def fuzz(
    purpose: str | None,
    count: int,
    cases: Callable[[int, int], Iterable[Case]],
    load: Callable[[Case, Path], str],
    files_of: Callable[[Case], Mapping[str, bytes]],
    before: Callable[[Path], None] = lambda folder: None,
) -> int:
    """Run the command line; 1 where anything but a network or a sentence came of a file, else 0.

    count: how many files by default. cases: (how many, seed) -> the files. load: opens one, and gives the sentence or
    "". files_of: suffix -> bytes, to keep those that failed. before: what must run once, in a folder of its own.
    """
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--count", type=int, default=count, help="how many files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    arguments = parser.parse_args()
    failed, sentences = 0, collections.Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        before(Path(folder))
        for case in cases(arguments.count, arguments.seed):
            try:
                said = load(case, Path(folder))
                sentences[re.sub(r"'[^']*'|[-\d.]+", "#", said.removeprefix(folder))[:70]] += 1
            except Exception as error:
                failed += 1
                print(f"{case.done}: {type(error).__name__}: {str(error)[:300]}")
                if arguments.keep:
                    arguments.keep.mkdir(parents=True, exist_ok=True)
                    stem = case.done.split(":")[0].replace(" ", "")
                    for suffix, raw in files_of(case).items():
                        (arguments.keep / f"{stem}{suffix}").write_bytes(raw)
    for sentence, number in sentences.most_common(25):
        print(f"{number:6d}  {sentence or 'a network'}")
    print(f"{arguments.count} files, {failed} failed, {len(sentences)} kinds of sentences")
    return 1 if failed else 0
