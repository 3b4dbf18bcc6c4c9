#!/usr/bin/env python3
"""The same as ``deepvis optimize-layer``: scripts/optimize_layer.py --help."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import run_script

if __name__ == "__main__":
    run_script("optimize-layer")
