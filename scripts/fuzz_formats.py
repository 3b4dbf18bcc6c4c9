#!/usr/bin/env python3
"""Load mutated network and weights files: each gives a network or one sentence, quickly and in little memory."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from tests.formats.caffe import fuzzing
from tests.formats.fuzz_loop import fuzz


def files_of(case: fuzzing.Case) -> dict[str, bytes]:
    return {".prototxt": case.text, ".caffemodel": case.weights}


if __name__ == "__main__":
    sys.exit(fuzz(__doc__, 20_000, fuzzing.cases, fuzzing.load, files_of))
