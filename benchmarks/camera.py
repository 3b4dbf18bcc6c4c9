"""The whole window with a video in the camera's place: passes, shown passes, and keys that are held meanwhile.

    python benchmarks/camera.py [--model NAME ...] [--video FILE] [--seconds S]

Runs run_toolbox.py in a real window on a virtual X server: with the back pane off and with deconv of a unit in the
middle of the network, without keys and with the cursor key pressed 25 times a second. Prints JSON; "share": passes
shown per second times (forward + back): 1.0 where every pass is shown and no moment is lost. To reach: 0.85. Where the
video is slower than the network the video bounds it: "frame_bound".
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

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.helpers.screen import Screen, virtual_screen

MODELS = {"caffenet-mini": 6, "squeezenet": 8, "bvlc-googlenet": 12}  # and how often o is pressed to the middle
KEYS_PER_SECOND = 25
STARTING_SECONDS = 6.0  # until the network runs and the script's keys are done


def run(screen: Screen, folder: Path, model: str, video: Path, seconds: float, *, deconv: bool, held: bool) -> dict:
    stats = folder / "stats.json"
    keys = ["o"] * MODELS.get(model, 4) + ["down"] + (["b", "b", "b"] if deconv else [])
    command = [sys.executable, str(ROOT / "run_toolbox.py"), "--model", model, "--video", str(video)]
    command += ["--keys", " ".join(keys), "--seconds", str(STARTING_SECONDS + seconds), "--stats", str(stats)]
    with subprocess.Popen(command, env={**os.environ, "DISPLAY": screen.display}, cwd=folder) as program:
        if held:
            time.sleep(STARTING_SECONDS)
            hold_keys(screen, seconds - 1)
        program.wait()
    facts = json.loads(stats.read_text())
    cost = (facts["pass_ms"]["forward"] + ((facts["pass_ms"]["back"] or 0) if deconv else 0)) / 1e3
    return {
        "deconv": deconv,
        "keys_held": held,
        "passes_per_second": facts["passes_per_second"],
        "passes_shown_per_second": facts["passes_shown_per_second"],
        "pass_ms": facts["pass_ms"],
        "share": round(facts["passes_shown_per_second"] * cost, 3),
        "frame_bound": cost < 1 / 25,
        "key_to_pixel_ms": facts["key_to_pixel_ms"],
        "compose_ms": facts["compose_ms"],
        "resident_megabytes": round(facts["resident_bytes"] / 1e6),
    }


def hold_keys(screen: Screen, seconds: float) -> None:
    """Press l and j in turn, as a held key repeats."""
    pairs = int(seconds * KEYS_PER_SECOND / 2)
    screen.xdotool("mousemove", "400", "400")
    screen.xdotool("key", "--delay", str(1000 // KEYS_PER_SECOND), *["l", "j"] * pairs)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", nargs="+", default=list(MODELS), metavar="NAME")
    p.add_argument("--video", type=Path, default=ROOT.parent / "shared" / "video" / "bikes.mp4", metavar="FILE")
    p.add_argument("--seconds", type=float, default=10.0, metavar="S")
    arguments = p.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as name, virtual_screen(Path(name)) as screen:
        for model in arguments.model:
            for deconv in (False, True):
                for held in (False, True):
                    how = {"deconv": deconv, "held": held}
                    found = run(screen, Path(name), model, arguments.video.resolve(), arguments.seconds, **how)
                    results.append({"model": model, **found})
    print(json.dumps({"benchmark": "camera", "results": results}, indent=2))


if __name__ == "__main__":
    main()
