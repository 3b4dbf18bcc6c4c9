"""The window of two checkouts beside each other: compose, passes with a video, and from a key to the pixels.

    python benchmarks/before_after.py --before CHECKOUT [--after CHECKOUT] [--rounds N] [--model NAME ...]

Each checkout's own benchmarks run with its own package, in turn, so that what else the machine does meets both alike.
Prints JSON: milliseconds, or passes per second, the best of the rounds of each, and their ratio. Make the earlier
checkout with ``git worktree add --detach FOLDER COMMIT``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("caffenet-mini", "squeezenet", "bvlc-googlenet")
Figures = dict[str, float]  # what is measured -> its figure


def compose_figures(found: Any, model: str) -> Figures:
    worst = found["models"][model].get("worst_ms", {})
    return {f"compose, {kind}, slowest layer, ms": value for kind, value in worst.items()}


def pass_figures(found: Any, model: str) -> Figures:
    return {"passes with deconv a second": found[model]["passes_per_second"]}


def key_figures(found: Any, model: str) -> Figures:
    figures = {}
    for result in found["results"]:
        shown = "deconv" if result["deconv"] else "cursor"
        inside = result["inside"]["key_to_pixel_ms"]
        figures[f"key to {shown}, inside, p95, ms"] = inside["p95"]
        changes = (result["screen"] or {}).get("last_change" if result["deconv"] else "first_change") or {}
        for share in ("median", "p90"):
            if f"{share}_ms" in changes:
                figures[f"key to {shown}, screen, {share}, ms"] = changes[f"{share}_ms"]
    return figures


BENCHMARKS: dict[str, Callable[[Any, str], Figures]] = {
    "compose": compose_figures,
    "passes": pass_figures,
    "key_to_pixel": key_figures,
}


def run(checkout: Path, benchmark: str, arguments: Sequence[str]) -> Any:
    command = [sys.executable, str(checkout / "benchmarks" / f"{benchmark}.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=checkout)
    if done.returncode:
        raise SystemExit(f"{benchmark} of {checkout}: {done.stderr.strip()[-400:]}")
    return json.loads(done.stdout)


def measure(checkout: Path, model: str, benchmark: str, video: str | None) -> Figures:
    arguments = ["--model", model]
    if benchmark == "passes" and video is not None:
        arguments += ["--video", video]
    return BENCHMARKS[benchmark](run(checkout, benchmark, arguments), model)


def better(name: str, one: float, other: float) -> float:
    """The better of two figures: the lesser time, the higher rate."""
    return max(one, other) if name.endswith("a second") else min(one, other)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--before", type=Path, required=True, metavar="CHECKOUT")
    p.add_argument("--after", type=Path, default=ROOT, metavar="CHECKOUT")
    p.add_argument("--rounds", type=int, default=3, metavar="N")
    p.add_argument("--model", nargs="+", default=list(MODELS), metavar="NAME")
    p.add_argument("--only", nargs="+", choices=list(BENCHMARKS), default=list(BENCHMARKS))
    p.add_argument("--video", metavar="FILE")
    arguments = p.parse_args()
    trees = {"before": arguments.before.resolve(), "after": arguments.after.resolve()}
    results: dict[str, dict[str, dict[str, float]]] = {}
    for _ in range(arguments.rounds):
        for model in arguments.model:
            for benchmark in arguments.only:
                for when, tree in trees.items():
                    for name, value in measure(tree, model, benchmark, arguments.video).items():
                        figures = results.setdefault(model, {}).setdefault(name, {})
                        figures[when] = better(name, figures.get(when, value), value)
    for of_model in results.values():
        for figures in of_model.values():
            if figures.get("before"):
                figures["ratio"] = round(figures["after"] / figures["before"], 3)
    print(json.dumps({"benchmark": "before_after", "rounds": arguments.rounds, "results": results}, indent=2))


if __name__ == "__main__":
    main()
