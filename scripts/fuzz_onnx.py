#!/usr/bin/env python3
"""Open mutated ONNX files: each gives a network or one sentence, in bounded work and memory."""

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

from deepvis.formats.onnx.file_graph import graph_of_file
from deepvis.formats.onnx.model_file import read_model
from deepvis.network.ref import Source
from deepvis.network.shapes import infer_shapes
from tests.formats.onnx import fuzzing


def load_before(folder: Path) -> None:
    """What PyTorch loads with the first run without data is not counted."""
    for case in fuzzing.seeds():
        (folder / "seed.onnx").write_bytes(case.raw)
        graph = graph_of_file(read_model(folder / "seed.onnx"), Source(folder / "seed.onnx")).graph
        infer_shapes(graph, graph.inputs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5_000, help="how many files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    arguments = parser.parse_args()
    failed, sentences = 0, collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        load_before(Path(folder))
        for case in fuzzing.cases(arguments.count, arguments.seed):
            try:
                said = fuzzing.load(case, Path(folder))
                sentences[re.sub(r"'[^']*'|[-\d.]+", "#", said.removeprefix(folder))[:70]] += 1
            except Exception as error:
                failed += 1
                print(f"{case.done}: {type(error).__name__}: {str(error)[:300]}")
                if arguments.keep:
                    arguments.keep.mkdir(parents=True, exist_ok=True)
                    (arguments.keep / f"{case.done.split(':')[0].replace(' ', '')}.onnx").write_bytes(case.raw)
    for sentence, count in sentences.most_common(25):
        print(f"{count:6d}  {sentence or 'a network'}")
    print(f"{arguments.count} files, {failed} failed, {len(sentences)} kinds of sentences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
