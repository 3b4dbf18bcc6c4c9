#!/usr/bin/env python3
"""Open mutated ONNX files: each gives a network or one sentence, in bounded work and memory."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from tests.formats.fuzz_loop import fuzz
from tests.formats.onnx import fuzzing

if __name__ == "__main__":
    sys.exit(fuzz(__doc__, 5_000, fuzzing.cases, fuzzing.load, lambda case: {".onnx": case.raw}, fuzzing.load_before))
