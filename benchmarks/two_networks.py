#!/usr/bin/env python3
"""Two networks on the same frames beside each of them alone: passes a second of a running video, without a display.

    benchmarks/two_networks.py --first bvlc-googlenet --second squeezenet --video bikes.mp4 [--seconds 12] [--turns 3]

Prints JSON. The runs take turns, the best of each counts. "of_the_sum": the time of a frame with both over the sum of a
pass of each alone: 1 is what two networks one after the other take.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--first", default="bvlc-googlenet", help="a model's name or folder")
    p.add_argument("--second", default="squeezenet")
    p.add_argument("--video", required=True)
    p.add_argument("--seconds", type=float, default=12)
    p.add_argument("--turns", type=int, default=3)
    arguments = p.parse_args(argv)
    cases = {
        "first": ["--model", arguments.first],
        "second": ["--model", arguments.second],
        "both": ["--model", arguments.first, "--compare", arguments.second],
    }
    best = dict.fromkeys(cases, 0.0)
    for _ in range(arguments.turns):
        for name, network in cases.items():
            best[name] = max(best[name], passes_per_second(network, arguments.video, arguments.seconds))
    alone = 1 / best["first"] + 1 / best["second"]
    print(json.dumps({
        "first": arguments.first,
        "second": arguments.second,
        "passes_per_second": {name: round(value, 2) for name, value in best.items()},
        "of_the_sum": round(1 / best["both"] / alone, 3),
        "load": round(os.getloadavg()[0], 1),
    }, indent=1))  # fmt: skip
    return 0


def passes_per_second(network: Sequence[str], video: str, seconds: float) -> float:
    """Of the network that ``--stats`` is of: with two networks they answer the same frames."""
    with tempfile.TemporaryDirectory() as folder:
        stats = Path(folder) / "stats.json"
        command = [sys.executable, "run_toolbox.py", "--headless", *network, "--video", video]
        subprocess.run([*command, "--seconds", str(seconds), "--stats", str(stats)], cwd=ROOT, check=True)
        return float(json.loads(stats.read_text())["passes_per_second"])


if __name__ == "__main__":
    sys.exit(main())
