"""One process of the real window for hours: a video plays, random keys and the mouse, and what it holds each minute.

    python benchmarks/faults/long_window.py [--minutes M] [--every S] [--seed N] [--model NAME|DIR] [--lines FILE]

Runs run_toolbox.py on a virtual X server. Between measurements a seeded random user presses all keys but q, clicks and
turns the wheel: layers up and down, all modes, the optimizer, scans of the photos, recordings. In the first 18 minutes
it does more often what fills caches. Each minute it comes to rest (everything left with Esc, the view reset, the video
playing) and one JSON line is written: memory (medians of five looks), what of it is in use, in caches and beside them,
threads, descriptors, milliseconds from a key to the first changed pixel, pictures a second.
Prints JSON of the whole. To reach: less than 15 MB of growth from minute 20 to the end, no thread and no descriptor
more, key to pixel as at the start, exit code 0.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np

from benchmarks.faults.driven_window import CLIP, PROGRAM_WITH_FIGURES, DrivenWindow, driven_window
from benchmarks.faults.program_with_figures import COUNTED
from benchmarks.faults.random_user import RandomUser
from benchmarks.faults.screen_watch import ScreenWatch
from tests.helpers.screen import Screen, virtual_screen

SHARED = ROOT.parent / "shared"
WARM_MINUTES = 20.0  # until caches are full
FILLING_MINUTES = 18.0  # in which the user does what fills them
GROWING = ("rss_mb", "anonymous_mb", "heap_in_use_mb", "beside_mb", *(f"{name}_mb" for name in COUNTED))
MOST_STALLS = 5  # of the screen, a minute each
AT_EDGES = 5  # lines at the start and the end whose medians are compared
Line = dict[str, object]


def run(arguments: argparse.Namespace, folder: Path, screen: Screen) -> dict[str, object]:
    os.symlink(arguments.video.resolve(), folder / f"{CLIP}{arguments.video.suffix}")
    words = ["--model", arguments.model, "--video", f"{CLIP}{arguments.video.suffix}", "--size", "1500x930"]
    words += ["--images", str(arguments.images.resolve())] if arguments.images else []
    lines: list[Line] = []
    acts = 0
    watch = ScreenWatch(screen)
    with driven_window(screen, folder, words, PROGRAM_WITH_FIGURES) as window:
        user = RandomUser(arguments.seed, window.window, window.size)
        began = time.monotonic()
        stalls = 0
        try:
            while not lines or float(str(lines[-1]["minute"])) < arguments.minutes:
                minute = (time.monotonic() - began) / 60
                user.fills = minute < FILLING_MINUTES
                try:
                    lines.append({"minute": round(minute, 2), **window.measured(watch)})
                    note(arguments.lines, lines[-1])
                    acts += play(user, window, began + arguments.every * (minute * 60 // arguments.every + 1))
                except subprocess.TimeoutExpired:  # nothing is answered, as where the whole machine stands still
                    stalls += 1
                    if stalls > MOST_STALLS:
                        raise RuntimeError(f"the screen gave no answer {stalls} times") from None
        except (OSError, RuntimeError) as error:  # it has ended by itself: a fault, which the exit code tells
            print(f"the program is gone: {error}", file=sys.stderr)
        return {**summary(lines), "acts": acts, "screen_stalls": stalls, "quit": window.quit(), "lines": lines}


def play(user: RandomUser, window: DrivenWindow, until: float) -> int:
    """Act until a moment of ``time.monotonic``, or the program's end; how often."""
    count = 0
    while time.monotonic() < until and window.is_running:
        for step in user.next_act():
            window.screen.xdotool(*step)
        count += 1
        time.sleep(user.next_pause())
    return count


def note(path: Path, line: Line) -> None:
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def summary(lines: list[Line]) -> dict[str, object]:
    """What grew after the warm minutes, or after a fifth where the run is too short for those."""
    last = float(str(lines[-1]["minute"]))
    begin = WARM_MINUTES if last >= 2 * WARM_MINUTES else last / 5
    late = [line for line in lines if float(str(line["minute"])) >= begin]
    found: dict[str, object] = {"minutes": last, "from_minute": round(begin, 1)}
    for name in GROWING:
        if not values(late, name).size:
            continue
        minutes = values([line for line in late if line.get(name) is not None], "minute")
        slope = float(np.polyfit(minutes, values(late, name), 1)[0]) if len(minutes) > 1 else 0.0
        found[f"{name}_growth_by_fit"] = round(slope * (minutes[-1] - minutes[0]), 2)
        found[f"{name}_growth_by_edges"] = round(end_of(late, name) - start_of(late, name), 2)
    for name in ("rss_mb", "threads", "descriptors", "key_to_pixel_ms", "pictures_per_second"):
        found[f"{name}_start_end"] = [start_of(late, name), end_of(late, name)]
    return found


def values(lines: list[Line], name: str) -> np.ndarray:
    return np.array([float(str(line[name])) for line in lines if line.get(name) is not None])


def start_of(lines: list[Line], name: str) -> float:
    return _median(values(lines[: min(AT_EDGES, max(1, len(lines) // 2))], name))


def end_of(lines: list[Line], name: str) -> float:
    return _median(values(lines[-min(AT_EDGES, max(1, len(lines) // 2)) :], name))


def _median(numbers: np.ndarray) -> float:
    return round(float(np.median(numbers)), 2) if numbers.size else float("nan")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--minutes", type=float, default=120.0, metavar="M")
    p.add_argument("--every", type=float, default=60.0, metavar="S", help="seconds from one measurement to the next")
    p.add_argument("--seed", type=int, default=0, metavar="N")
    p.add_argument("--model", default="caffenet-mini", metavar="NAME|DIR")
    p.add_argument("--video", type=Path, default=SHARED / "video" / "bikes.mp4", metavar="FILE")
    p.add_argument("--images", type=Path, default=SHARED / "photos" / "imagenet-probe", metavar="DIR")
    p.add_argument("--lines", type=Path, default=Path("long-window.jsonl"), metavar="FILE", help="one line a minute")
    p.add_argument("--of", type=Path, metavar="FILE", help="run nothing: what the lines say that a run has written")
    return p


def main() -> None:
    arguments = parser().parse_args()
    arguments.lines = arguments.lines.resolve()
    if arguments.of:
        lines = [json.loads(line) for line in arguments.of.read_text().splitlines()]
        print(json.dumps({"benchmark": "long_window", **summary(lines), "lines": lines}))
        return
    with tempfile.TemporaryDirectory() as name, virtual_screen(Path(name)) as screen:
        folder = Path(name) / "run"
        folder.mkdir()
        result = run(arguments, folder, screen)
    print(
        json.dumps({"benchmark": "long_window", "seed": arguments.seed, "model": Path(arguments.model).name, **result})
    )


if __name__ == "__main__":
    main()
