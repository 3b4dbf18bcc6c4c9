#!/usr/bin/env python3
"""How soon key x shows a shape, in a real window on a virtual X server: seconds until an iteration is on the screen.

    benchmarks/live_climb.py --weights GOOGLENET.caffemodel --labels synset_words.txt --video bikes.mp4 [--shots DIR]

The cases: a still photo; the video frozen; the video running, in which the live network's passes are counted too, and
those that the same network makes without a climb. The second number of a case is for the same network once more: the
first climb loads torch's part of it. Prints JSON. --shots: the window as it was at each of the iterations.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.chosen_settings import settings_of
from deepvis.cli.window import parser
from deepvis.window.app import Toolbox, opened
from deepvis.window.options import RunOptions
from deepvis.window.screenshots import save_picture
from tests.helpers.screen import virtual_screen

ITERATIONS = (1, 8, 16, 25, 64, 128)
CASES = ("photo", "video, frozen", "video")
ALONE_SECONDS = 6.0


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--model", default="bvlc-googlenet")
    p.add_argument("--weights", required=True)
    p.add_argument("--labels", required=True)
    p.add_argument("--video", required=True)
    p.add_argument("--layer", default="loss3/classifier")
    p.add_argument("--channel", type=int, default=130)
    p.add_argument("--preset", default="lucid")
    p.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    p.add_argument("--until", type=int, default=ITERATIONS[-1], help="iteration")
    p.add_argument("--size", default="1500x930")
    p.add_argument("--shots", type=Path)
    args = p.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, virtual_screen(Path(folder)) as screen:
        os.environ["DISPLAY"], os.environ["DEEPVIS_CACHE"] = screen.display, folder
        found = {case: measure(case, args) for case in args.cases}
    print(json.dumps({"model": args.model, "preset": args.preset, "unit": args.channel, "cases": found}, indent=1))
    return 0


def measure(case: str, args: argparse.Namespace) -> dict:
    """Seconds from the key to each iteration on the screen, of the first climb and of a second one."""
    words = ["--model", args.model, "--weights", args.weights, "--labels", args.labels, "--size", args.size]
    words += ["--video", args.video] if case.startswith("video") else []
    settings = settings_of(parser().parse_args(words))
    toolbox = Toolbox(settings, RunOptions(), opened(settings), starts_moving=case.startswith("video"))
    loop = toolbox.loop
    try:
        while loop.missing:
            loop.turn()
        keys = ["/", *f"{args.layer} {args.channel}", "enter"]
        keys += ["v"] * ((names().index(args.preset) - loop.state.live.preset) % len(names()))
        for key in keys + ["f"] * (case == "video, frozen"):
            loop.press(key)
        turn_for(loop, 2.0)
        began, before = time.monotonic(), passes_of(loop)
        turn_for(loop, ALONE_SECONDS if case == "video" else 0.0)
        alone = (passes_of(loop) - before) / max(time.monotonic() - began, 1e-9)
        facts: dict = {"passes_per_second_without_a_climb": round(alone, 2)} if case == "video" else {}
        for which in ("first", "second"):
            facts[which] = climb(loop, case, which, args)
            loop.press("esc")
            turn_for(loop, 1.0)
        return facts
    finally:
        toolbox.close()


def climb(loop, case: str, which: str, args: argparse.Namespace) -> dict:
    """One climb, begun by a real key."""
    began, before, left = time.monotonic(), passes_of(loop), [n for n in ITERATIONS if n <= args.until]
    subprocess.Popen(["xdotool", "mousemove", "5", "5", "key", "x"])
    seconds: dict[str, float] = {}
    while left:
        loop.turn()
        progress = loop.screen.scene.optimize if loop.screen.scene is not None else None
        while progress is not None and left and progress.iteration >= left[0]:
            at = left.pop(0)
            seconds[f"iteration {at}"] = round(time.monotonic() - began, 2)
            if args.shots:
                args.shots.mkdir(parents=True, exist_ok=True)
                save_picture(args.shots / f"{case.replace(', ', '_')}_{which}_{at:03d}.png", loop.screen.picture)
    spent, passes = time.monotonic() - began, passes_of(loop) - before
    found: dict = {"seconds": seconds}
    if case == "video":
        found["passes_per_second"] = round(passes / spent, 2)
        found["iterations_for_each_pass"] = round(progress.iteration / max(passes, 1), 3)
    return found


def names() -> tuple[str, ...]:
    from deepvis.core.state import PRESETS

    return PRESETS


def passes_of(loop) -> int:
    return loop.parts.passes


def turn_for(loop, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        loop.turn()


if __name__ == "__main__":
    sys.exit(main())
