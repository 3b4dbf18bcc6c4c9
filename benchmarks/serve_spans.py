"""Where the milliseconds go from a key in the page of a served window to the changed pixel, for one checkout or two.

    python benchmarks/serve_spans.py [--model NAME] [--checkout FOLDER ...] [--rounds N] [--presses N]
        [--frozen] [--tiles] [--out FILE]

A video plays with deconv, and keys l and j go from layer to layer, as in benchmarks/serve.py. The checkouts take turns,
so that what else the machine does meets all of them; their figures of many rounds are pooled. In milliseconds, the
median and the 95th percentile of each step of those keys:

    arrive    the page's key event -> the event is in the server's box
    take      -> the window's thread has it
    compose   -> the state has changed, and all panes are drawn
    publish   -> the picture is copied, and the server's thread told
    begin     -> the server's thread looks at it
    code      -> compared, cut into rectangles, coded as JPEG
    send      -> the page has the message
    decode    -> all its pieces are decoded
    draw      -> the pixel has its colour
    whole     key event -> the pixel has its colour
    all       key event -> the page has drawn all panes as the key has left them

With --checkout A B the ratio of B to A stands beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import serve

Rect = tuple[int, int, int, int]
STEPS = ("arrive", "take", "compose", "publish", "begin", "code", "send", "decode", "draw", "whole", "all")


def presses_of(checkout: Path, job: serve.Job, rect: Rect, *, is_frozen: bool) -> list[dict[str, float]]:
    """Milliseconds of each step, of every key that was answered. rect: where the pixel is, x, y, width, height."""
    times = job.folder / "times.jsonl"
    times.unlink(missing_ok=True)
    script = [str(ROOT / "benchmarks" / "serve_program_with_times.py"), str(checkout), str(times)]
    found = []
    with serve.page_of(job, script=script) as (_, page):
        time.sleep(serve.SETTLING)
        page.press("f")
        place = serve.place_of(page, rect)
        if not is_frozen:
            page.press("f")
        time.sleep(0.5)
        for i in range(job.presses):
            found.append(serve.pressed(page, place, i))
            time.sleep(0.25 + 0.037 * (i % 5))  # out of step with the video
        page.press("q")
        page.press("q")  # asked for twice
    noted = [json.loads(line) for line in times.read_text().splitlines()]
    return [steps for each in found if each and (steps := steps_of(each, noted))]


def steps_of(pressed: dict[str, Any], noted: list[tuple[str, int | None, float, float]]) -> dict[str, float]:
    """Milliseconds of each step of one key; empty where its way cannot be told."""
    began, version = pressed["began"], pressed["version"]
    later = [(name, of, 1000 * a, 1000 * b) for name, of, a, b in noted if 1000 * b > began]

    def first(what: str, of: int | None = None) -> tuple[float, float]:
        return next(((a, b) for name, its, a, b in later if name == what and its == of), (0.0, 0.0))

    coding, copying = first("coded", version), first("copied", version)
    answer = next((of for name, of, _, _ in later if name == "answered" and of is not None), None)
    drawn = next((b for name, of, _, b in later if name == "drawn" and answer and of and of >= answer), 0.0)
    at = [began, first("arrived")[1], first("taken")[1], copying[0], copying[1], coding[0], first("packed", version)[1]]
    at += [pressed["came"], pressed["decoded"], pressed["ended"]]
    if not all((*at, drawn)) or any(b < a - 1.5 for a, b in pairwise(at)):  # clocks agree to a millisecond
        return {}
    steps = {name: b - a for name, (a, b) in zip(STEPS, pairwise(at), strict=False)}
    whole = {"whole": at[-1] - began, "all": drawn - began}
    return {**steps, **whole, "kilobytes": pressed["bytes"] / 1000, "pieces": pressed["pieces"]}


def summary(rounds: list[list[dict[str, float]]]) -> dict[str, Any]:
    """Of all presses; p95_of_rounds: that of the whole in each round, which one burst of other work cannot spoil."""
    presses = [press for each in rounds for press in each]
    if not presses:
        return {"n": 0}
    names = (*STEPS, "kilobytes", "pieces")
    each = {name: np.percentile([press[name] for press in presses], (50, 95)) for name in names}
    wholes = [round(np.percentile([press["whole"] for press in each], 95), 1) for each in rounds if each]
    return {
        "n": len(presses),
        "p95_of_rounds": wholes,
        **{name: {"p50": round(a, 1), "p95": round(b, 1)} for name, (a, b) in each.items()},
    }


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", default="bvlc-googlenet", metavar="NAME")
    p.add_argument("--checkout", type=Path, nargs="+", default=[ROOT], metavar="FOLDER")
    p.add_argument("--rounds", type=int, default=2, metavar="N")
    p.add_argument("--presses", type=int, default=30, metavar="N", help="in each round, of each checkout")
    p.add_argument("--tiles", action="store_true", help="the pixel is one of the tiles, not of the list of layers")
    p.add_argument("--frozen", action="store_true", help="the video stands still")
    p.add_argument("--video", type=Path, default=serve.SHARED / "video" / "bikes.mp4", metavar="FILE")
    p.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there as well")
    arguments = p.parse_args()
    video = arguments.video.resolve()
    words = [*serve.network(arguments.model, video.parents[1]), "--video", str(video), "--device", "cpu"]
    words += ["--back-mode", "deconv", "--size", "1500x930"]
    rect = serve.TILES if arguments.tiles else serve.LAYERS
    rounds: dict[str, list[list[dict[str, float]]]] = {str(each): [] for each in arguments.checkout}
    with tempfile.TemporaryDirectory() as name:
        job = serve.Job(words, 0, arguments.presses, Path(name), os.environ.get("DISPLAY", ""))
        for _ in range(arguments.rounds):
            for each in arguments.checkout:
                found = presses_of(each.resolve(), job, rect, is_frozen=arguments.frozen)
                rounds[str(each)].append(found)
                print(f"{each}: {json.dumps(summary([found]).get('whole'))}", file=sys.stderr)
    results = {each: summary(its) for each, its in rounds.items()}
    first, *others = results.values()
    for other in others:
        if first["n"] and other["n"]:
            other["of_the_first"] = {at: round(other["whole"][at] / first["whole"][at], 3) for at in ("p50", "p95")}
    text = json.dumps({"benchmark": "serve_spans", "load_average": os.getloadavg()[0], "results": results}, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(f"{text}\n")


if __name__ == "__main__":
    main()
