"""From a real key press to the changed picture, in a real window on a virtual X server.

    python benchmarks/key_to_pixel.py [--model NAME ...] [--images PATH] [--presses N] [--tool FILE]

With the back pane off: to the moved cursor (the layers pane). With deconv of a unit in the middle of the network: to
the new unit's deconv (the last pixel of the back pane to change; its first only tells that it is stale). Two measures
stand beside each other: "inside", the program's own (--stats: from the key's arrival to the end of showing), and
"screen", from the press to the pixels, by an outside tool that knows nothing of the program
(../shared/tools/key_to_pixel.py by default; left out where it is missing). Prints JSON, milliseconds. To reach: the
cursor within 33 at the 95th percentile, the deconv within forward + back + 30.
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
TOOL = ROOT.parent / "shared" / "tools" / "key_to_pixel.py"
RECTS = {False: "300,30,900,870", True: "0,600,300,270"}  # x,y,w,h: the layers pane, and with deconv the back pane
TITLE = "Deep Visualization Toolbox"


def run(screen: Screen, folder: Path, model: str, images: str | None, presses: int, tool: Path, deconv: bool) -> dict:
    stats = folder / "stats.json"
    command = [sys.executable, str(ROOT / "run_toolbox.py"), "--model", model, "--stats", str(stats)]
    command += ["--images", images] if images else []
    with subprocess.Popen(command, env={**os.environ, "DISPLAY": screen.display}, cwd=folder) as program:
        while not screen.xdotool("search", "--onlyvisible", "--name", TITLE):
            time.sleep(0.1)
        screen.xdotool("mousemove", "400", "400")
        time.sleep(4)
        keys = ["o"] * MODELS.get(model, 4) + ["k"] + (["b", "b", "b"] if deconv else [])
        screen.xdotool("key", "--delay", "250", *keys)
        time.sleep(2)
        seen = outside(screen, tool, presses, RECTS[deconv]) if tool.exists() else press(screen, presses)
        screen.xdotool("key", "q")
        program.wait()
    facts = json.loads(stats.read_text())
    own = {name: facts[name] for name in ("key_to_pixel_ms", "pass_ms", "compose_ms")}
    return {"deconv": deconv, "inside": own, "screen": seen}


def outside(screen: Screen, tool: Path, presses: int, rect: str) -> dict | None:
    environment = {**os.environ, "DISPLAY": screen.display, "FB": str(screen.framebuffer)}
    command = [sys.executable, str(tool), "l,j", str(presses), rect, "0.5"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    return json.loads(line.removeprefix("RESULT ")) if line else {"error": done.stderr[-300:]}


def press(screen: Screen, presses: int) -> None:
    screen.xdotool("key", "--delay", "500", *["l", "j"] * (presses // 2))


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", nargs="+", default=list(MODELS), metavar="NAME")
    p.add_argument("--images", metavar="PATH", help="by default the sample photos of scikit-image")
    p.add_argument("--presses", type=int, default=30, metavar="N")
    p.add_argument("--tool", type=Path, default=TOOL, metavar="FILE")
    arguments = p.parse_args()
    images = str(Path(arguments.images).resolve()) if arguments.images else None
    results = []
    with tempfile.TemporaryDirectory() as name, virtual_screen(Path(name)) as screen:
        for model in arguments.model:
            for deconv in (False, True):
                found = run(screen, Path(name), model, images, arguments.presses, arguments.tool, deconv)
                results.append({"model": model, **found})
    print(json.dumps({"benchmark": "key_to_pixel", "results": results}, indent=2))


if __name__ == "__main__":
    main()
