"""From the start of the process to the window with the input picture, and to the first activations.

    python benchmarks/first_frame.py [--model NAME ...] [--images PATH] [--runs N] [--headless]

Starts run_toolbox.py some times for each model, in a real window on a virtual X server (or --headless), and prints
JSON: the median and the least of first_frame_seconds and first_activations_seconds, and the resident memory. To reach
on the second start: 1 s and 3.5 s; 900 MB with GoogLeNet.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.helpers.screen import virtual_screen

MODELS = ("caffenet-mini", "squeezenet", "bvlc-googlenet")


def run_toolbox(arguments: list[str], folder: Path, display: str | None) -> dict:
    """The statistics of one run that ends by itself."""
    stats = folder / "stats.json"
    environment = {**os.environ, **({"DISPLAY": display} if display else {})}
    command = [sys.executable, str(ROOT / "run_toolbox.py"), *arguments, "--stats", str(stats)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(stats.read_text())


def measure(model: str, images: str | None, runs: int, folder: Path, display: str | None) -> dict:
    arguments = ["--model", model, "--screenshot", str(folder / "shot.png")]
    arguments += ["--images", images] if images else []
    arguments += [] if display else ["--headless"]
    found = [run_toolbox(arguments, folder, display) for _ in range(runs + 1)][1:]  # the first warms the disk
    result: dict = {"model": model, "runs": runs}
    for name in ("first_frame_seconds", "first_activations_seconds"):
        seconds = [facts[name] for facts in found]
        result[name] = {"median": round(statistics.median(seconds), 3), "least": round(min(seconds), 3)}
    result["resident_megabytes"] = round(max(facts["resident_bytes"] for facts in found) / 1e6)
    return result


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", nargs="+", default=MODELS, metavar="NAME")
    p.add_argument("--images", metavar="PATH", help="by default the sample photos of scikit-image")
    p.add_argument("--runs", type=int, default=5, metavar="N")
    p.add_argument("--headless", action="store_true")
    arguments = p.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with nullcontext() if arguments.headless else virtual_screen(folder) as screen:
            display = screen.display if screen else None
            found = [measure(model, arguments.images, arguments.runs, folder, display) for model in arguments.model]
    print(json.dumps({"benchmark": "first_frame", "window": not arguments.headless, "results": found}, indent=2))


if __name__ == "__main__":
    main()
