#!/usr/bin/env python3
"""What the running top-9 of a camera costs beside the passes; prints JSON.

    benchmarks/running_top.py [--models NAME ...] [--video FILE] [--frames N] [--back]

``share``: time of the updates over time of the passes, of a stream of 25 frames a second; to stay below 0.15.
``whole_update_ms``: of an update of all layers, as a photo gets it. ``--back``: each pass has a deconv.
Frames are of a video, or generated ones that drift.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np

from deepvis.core.back_modes import DECONV
from deepvis.core.types import BackRequest, Frame, NetRequest, Unit
from deepvis.live.backend import open_backend
from deepvis.models.zoo import load_model
from deepvis.scan.running_top import RunningTop

NAMES = ("caffenet-mini", "squeezenet", "bvlc-googlenet")


def frames(video: Path | None, count: int) -> Iterator[Frame]:
    """``count`` moving frames; a video begins again at its end."""
    if video is None:
        wide = cv2.resize(np.random.default_rng(0).integers(0, 256, (12, 60, 3), np.uint8), (3200, 480))
        for index in range(count):
            left = 7 * index % 2500
            yield Frame(index, np.ascontiguousarray(wide[:, left : left + 640]), moving=True)
        return
    capture = cv2.VideoCapture(str(video))
    for index in range(count):
        there, bgr = capture.read()
        if not there:
            capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            there, bgr = capture.read()
        yield Frame(index, np.ascontiguousarray(bgr[:, :, ::-1]), moving=True)


def measure(name: str, video: Path | None, count: int, back: bool) -> dict[str, float]:
    backend = open_backend("engine", load_model(name), "cpu")
    now = [0.0]
    running = RunningTop(backend.info, clock=lambda: now[0])
    layer = backend.info.layers[len(backend.info.layers) // 2].name
    request = BackRequest(Unit(layer, 0), DECONV) if back else None
    passes, updates, snapshot = [], [], None
    for frame in frames(video, count):
        snapshot = backend.run(NetRequest(frame, request))
        passes.append(snapshot.seconds.forward + snapshot.seconds.back)
        now[0] = frame.id / 25
        began = time.perf_counter()
        running.update(snapshot)
        updates.append(time.perf_counter() - began)
    whole = []
    for index in range(5):
        still = NetRequest(Frame(10**6 + index, snapshot.request.frame.rgb, path=f"{index}.jpg"))
        answer = backend.run(still)
        began = time.perf_counter()
        running.update(answer)
        whole.append(time.perf_counter() - began)
    return {
        "pass_ms": round(1000 * float(np.median(passes)), 2),
        "update_ms": round(1000 * float(np.mean(updates)), 2),
        "share": round(sum(updates) / sum(passes), 3),
        "whole_update_ms": round(1000 * min(whole), 2),
        "images": running.images,
    }


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", default=NAMES, metavar="NAME")
    p.add_argument("--video", type=Path, metavar="FILE")
    p.add_argument("--frames", type=int, default=300, metavar="N")
    p.add_argument("--back", action="store_true")
    arguments = p.parse_args()
    found = {name: measure(name, arguments.video, arguments.frames, arguments.back) for name in arguments.models}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
