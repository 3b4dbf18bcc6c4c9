"""Faults of what the window looks at: a camera, a folder of photos, a network share. Each in a real window.

    python benchmarks/faults/camera.py [--parts camera sizes folder share] [--times N] [--model NAME|DIR] [--seed N]

camera, sizes: gone and back N times, stalling, changing its size; a stand-in (MJPEG over HTTP) that OpenCV opens for
real. folder: its photos are deleted and others put there while the window shows them. share: a mounted folder (FUSE)
whose server does not answer; needs root, and is left out with a sentence otherwise. Pictures are of one gray each,
which is looked for on the screen. Prints JSON. To reach: always back, no thread and no descriptor more, a clean quit;
keys are answered as fast while it hangs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.faults.camera_faults import run_camera, run_sizes
from benchmarks.faults.folder_faults import run_folder
from benchmarks.faults.share_faults import run_share
from tests.helpers.screen import virtual_screen

PARTS = {"camera": run_camera, "sizes": run_sizes, "folder": run_folder, "share": run_share}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    p.add_argument("--times", type=int, default=100, metavar="N")
    p.add_argument("--model", default="caffenet-mini", metavar="NAME|DIR")
    p.add_argument("--seed", type=int, default=0, metavar="N")
    arguments = p.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name, virtual_screen(Path(name)) as screen:
        for part in arguments.parts:
            folder = Path(name) / part
            folder.mkdir()
            found[part] = PARTS[part](screen, folder, arguments.model, arguments.times, arguments.seed)
            print(part, json.dumps(found[part]), file=sys.stderr, flush=True)
    print(json.dumps({"benchmark": "faults_camera", **found}, indent=2))


if __name__ == "__main__":
    main()
