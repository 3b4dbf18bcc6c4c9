#!/usr/bin/env python3
"""Load mutated network and weights files: each gives a network or one sentence, quickly and in little memory."""

from __future__ import annotations

import argparse
import collections
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from tests.formats.caffe import fuzzing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="how many files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    arguments = parser.parse_args()
    failed, sentences = 0, collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for case in fuzzing.cases(arguments.count, arguments.seed):
            try:
                said = fuzzing.load(case, Path(folder))
                sentences[re.sub(r"'[^']*'|[-\d.]+", "#", said.removeprefix(folder))[:70]] += 1
            except Exception as error:
                failed += 1
                print(f"{case.done}: {type(error).__name__}: {str(error)[:300]}")
                if arguments.keep:
                    arguments.keep.mkdir(parents=True, exist_ok=True)
                    stem = case.done.split(":")[0].replace(" ", "")
                    (arguments.keep / f"{stem}.prototxt").write_bytes(case.text)
                    (arguments.keep / f"{stem}.caffemodel").write_bytes(case.weights)
    for sentence, count in sentences.most_common(25):
        print(f"{count:6d}  {sentence or 'a network'}")
    print(f"{arguments.count} files, {failed} failed, {len(sentences)} kinds of sentences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
