#!/usr/bin/env python3
"""How fast the paper's presets climb in this checkout and in another one: turn by turn in the same minutes.

    benchmarks/paper_presets.py --other CHECKOUT [--models ../shared/models] [--rounds 10]

Each checkout has a process of its own that waits for its turn; a turn is four iterations of one image of GoogLeNet's
loss3/classifier on one core, from one blur to the next. Of each preset the best turn counts, in seconds of the
processor, so that a busy machine disturbs little, and by the clock. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

LAYER, CHANNEL, TURN = "loss3/classifier", 130, 4
PRESETS = ("1", "2", "3", "4", "1+", "2+", "3+", "4+")


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--other", type=Path, required=True, help="a checkout of another commit")
    p.add_argument("--models", type=Path, default=Path("../shared/models"))
    p.add_argument("--rounds", type=int, default=10)
    p.add_argument("--runs-in", type=Path, help=argparse.SUPPRESS)
    args = p.parse_args(argv)
    if args.runs_in:
        return take_turns(args.runs_in, args.models)
    here = Path(__file__).resolve().parents[1]
    names = {"this": here, "other": args.other.resolve()}
    processes = {name: begun(root, args) for name, root in names.items()}
    best = {name: {preset: [float("inf"), float("inf")] for preset in PRESETS} for name in names}
    for number in range(args.rounds):
        for preset in PRESETS:
            for name in list(names)[:: 1 if number % 2 else -1]:
                found = asked(processes[name], preset)
                best[name][preset] = [min(pair) for pair in zip(best[name][preset], found, strict=True)]
    for process in processes.values():
        process.stdin.close()
        process.wait()
    print(
        json.dumps({"layer": LAYER, "rounds": args.rounds, "presets": table(best), "commits": commits(names)}, indent=1)
    )
    return 0


def table(best: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, float]]:
    """Milliseconds an iteration, and how many times as long as in the other checkout."""
    return {
        preset: {
            "processor_ms": round(1e3 * best["this"][preset][0], 2),
            "processor_ms_other": round(1e3 * best["other"][preset][0], 2),
            "clock_ms": round(1e3 * best["this"][preset][1], 2),
            "clock_ms_other": round(1e3 * best["other"][preset][1], 2),
            "times_the_other": round(best["this"][preset][0] / best["other"][preset][0], 3),
        }
        for preset in PRESETS
    }


def commits(names: dict[str, Path]) -> dict[str, str]:
    words = ["git", "rev-parse", "--short", "HEAD"]
    return {
        name: subprocess.run(words, cwd=root, capture_output=True, text=True).stdout.strip()
        for name, root in names.items()
    }


def begun(root: Path, args: argparse.Namespace) -> subprocess.Popen:
    words = ["--other", str(args.other), "--models", str(args.models.resolve()), "--runs-in", str(root)]
    return subprocess.Popen(
        [sys.executable, __file__, *words], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def asked(process: subprocess.Popen, preset: str) -> list[float]:
    process.stdin.write(f"{preset}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def take_turns(root: Path, models: Path) -> int:
    """Answer each preset on the standard input with [seconds of the processor, of the clock] of an iteration."""
    sys.path.insert(0, str(root))
    import torch

    from deepvis.models.zoo import load_model
    from deepvis.optimize.ascend import advance, begin
    from deepvis.optimize.ascent_network import ascent_net_of
    from deepvis.optimize.climb import Job
    from deepvis.optimize.objective import unit
    from deepvis.optimize.presets import ANY_NETWORK, TABLE_1

    torch.set_num_threads(1)
    model = load_model("bvlc-googlenet", weights=models / "bvlc-googlenet" / "bvlc_googlenet.caffemodel")
    ready = ascent_net_of(model)
    recipes, climbs = {**TABLE_1, **ANY_NETWORK}, {}
    for line in sys.stdin:
        preset = line.strip()
        if preset not in climbs:
            climbs[preset] = advance(ready, [begin(ready, Job(unit(LAYER, CHANNEL), recipes[preset]))])
        began = time.process_time(), time.perf_counter()
        for _ in range(TURN):
            climbs[preset] = advance(ready, climbs[preset])
        spent = [(time.process_time() - began[0]) / TURN, (time.perf_counter() - began[1]) / TURN]
        print(json.dumps(spent), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
