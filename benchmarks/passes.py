"""Passes per second of the workers with a video in the camera's place.

    python benchmarks/passes.py [--model NAME ...] [--video FILE] [--layer LAYER] [--mode MODE] [--seconds S]

Prints JSON: for each model the passes per second that the network worker gives while the input worker plays the video
and a stand-in for the window asks for each new frame; the milliseconds of forward and back; and "share": of the time
that is spent in forward and back, 1.0 where not a moment is lost between passes. To reach: 0.85. A pass that is
quicker than the video's frames waits for them: "frame_bound" says so.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from deepvis.core.back_modes import OFF
from deepvis.core.playing import MovingSource
from deepvis.core.state import InputState
from deepvis.core.types import BackRequest, NetInfo, NetRequest, Snapshot, Unit
from deepvis.live.backend import open_backend
from deepvis.live.input import InputWorker
from deepvis.live.network import NetworkWorker
from deepvis.models.zoo import load_model
from deepvis.network.back_modes import BACK_MODES
from deepvis.sources.opening import open_moving, open_still

MODELS = ("caffenet-mini", "squeezenet", "bvlc-googlenet")
POLL_SECONDS = 0.004  # as the window waits for keys


def middle_layer(info: NetInfo) -> str:
    """The last layer of maps in the lower two thirds of the list."""
    spatial = [layer.name for layer in info.layers if layer.is_spatial]
    return spatial[len(spatial) * 2 // 3]


def measure(name: str, video: str, layer: str | None, mode: str, seconds: float) -> dict[str, object]:
    model = load_model(name)
    network = NetworkWorker(lambda: open_backend("engine", model, "auto"))
    source = InputWorker(open_still, lambda _: open_moving(MovingSource(video)))
    network.start()
    source.start()
    source.inbox.put(InputState(moving=True))
    opened = network.outbox.take(60)
    if opened is None or opened.value is None:
        raise SystemExit(f"{name}: {opened and opened.error}")
    info = opened.value.info
    unit = Unit(layer or middle_layer(info), 0)
    back = BackRequest(unit, mode) if mode != OFF else None
    snapshots = play(source, network, back, seconds)
    network.stop()
    source.stop()
    forward = statistics.median(snapshot.seconds.forward for snapshot in snapshots)
    backward = statistics.median(snapshot.seconds.back for snapshot in snapshots)
    spent = sum(snapshot.seconds.forward + snapshot.seconds.back for snapshot in snapshots)
    return {
        "layer": unit.layer,
        "mode": mode,
        "passes_per_second": round(len(snapshots) / seconds, 2),
        "forward_ms": round(1000 * forward, 2),
        "back_ms": round(1000 * backward, 2),
        "share": round(spent / seconds, 3),
        "frame_bound": forward + backward < 0.04,
        "device": info.device,
    }


def play(source: InputWorker, network: NetworkWorker, back: BackRequest | None, seconds: float) -> list[Snapshot]:
    """What the network answers while each new frame is asked for, after a first second that is not counted."""
    snapshots: list[Snapshot] = []
    last: Snapshot | None = None
    asked, begin = 0, time.monotonic() + 1
    while time.monotonic() < begin + seconds:
        seen = source.outbox.peek()
        frame = seen.value if seen else None
        if frame is not None and frame.id != asked:
            asked = frame.id
            network.inbox.put(NetRequest(frame, back))
        answer = network.outbox.take(POLL_SECONDS)
        snapshot = answer.value.snapshot if answer and answer.value else None
        if snapshot is not None and snapshot is not last and time.monotonic() > begin:
            snapshots.append(snapshot)
        last = snapshot or last
    return snapshots


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", nargs="+", default=list(MODELS))
    parser.add_argument("--video", default=str(ROOT / "../shared/video/bikes.mp4"))
    parser.add_argument("--layer")
    parser.add_argument("--mode", default="deconv", choices=(OFF, *BACK_MODES))
    parser.add_argument("--seconds", type=float, default=8.0)
    args = parser.parse_args()
    found = {name: measure(name, args.video, args.layer, args.mode, args.seconds) for name in args.model}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
