"""Forward of ONNX files with every value kept, beside ONNX Runtime with every value as an output.

    python benchmarks/onnx_forward.py FILE.onnx ... [--threads 2] [--rounds 20] [--cpu-time] [--plain-memory]

Prints JSON: for each file the best milliseconds of both, ours / theirs, and the largest difference between two values
of the same name, as a share of the value's largest magnitude. The peer runs in a process of its own, and the two take
turns. To reach: 0.9 of ONNX Runtime's time with 2 threads. --cpu-time counts each process's own processor time, for a
machine that is busy with other things: meaningful with --threads 1 only. Freed memory is kept, as by the optimizer and
the scan (ONNX Runtime keeps its own too); --plain-memory: it is not. Needs onnx and onnxruntime.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np

REST = 0.05  # seconds between turns: threads of both spin for a while after their work, and would take the cores
RUNS = 4  # of each turn; the first wakes the threads


def fastest(run: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds of the fastest run of a turn."""
    best = float("inf")
    for _ in range(RUNS):
        start = clock()
        run()
        best = min(best, clock() - start)
    return best


def peer(pipe: Connection, file: str, threads: int, cpu_time: bool) -> None:
    """ONNX Runtime, asked for a run at a time."""
    import onnx
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    model = onnx.load(file)
    there = {each.name for each in model.graph.output}
    names = [name for node in model.graph.node for name in node.output if name and name not in there]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs = [each.name for each in session.get_outputs()]
    given = session.get_inputs()[0].name
    x = pipe.recv()
    pipe.send(dict(zip(outputs, session.run(None, {given: x}), strict=True)))
    clock = time.process_time if cpu_time else time.perf_counter
    while pipe.recv():
        pipe.send(fastest(lambda: session.run(None, {given: x}), clock))


def measure(file: str, args: argparse.Namespace) -> dict[str, object]:
    import torch

    from deepvis.models.zoo import load_model
    from deepvis.network.memory import keep_freed_memory
    from deepvis.network.net import GraphNet

    if not args.plain_memory:
        keep_freed_memory()
    model = load_model(prototxt=file)
    x = np.random.default_rng(0).normal(0, 50, (1, *model.preprocessor.input_shape)).astype(np.float32)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    words = (theirs, file, args.threads, args.cpu_time)
    process = multiprocessing.get_context("spawn").Process(target=peer, args=words)
    process.start()
    ours.send(x)
    values = ours.recv()
    torch.set_num_threads(args.threads)
    net, given = GraphNet(model.graph), {model.data_blob: torch.from_numpy(x)}
    shown = list(net.forward(given).blobs)  # nothing is left out between a convolution and its rectifier
    blobs = net.forward(given, shown=shown).blobs
    clock = time.process_time if args.cpu_time else time.perf_counter
    best = {"deepvis": float("inf"), "onnxruntime": float("inf")}
    for _ in range(args.rounds):
        time.sleep(REST)
        best["deepvis"] = min(best["deepvis"], fastest(lambda: net.forward(given, shown=shown), clock))
        time.sleep(REST)
        ours.send(True)
        best["onnxruntime"] = min(best["onnxruntime"], ours.recv())
    ours.send(False)
    process.join()
    common = [name for name in blobs if name in values and values[name].size]
    apart = {}
    for name in common:
        largest = max(float(np.abs(values[name]).max()), 1e-9)
        apart[name] = float(np.abs(blobs[name].numpy() - values[name]).max()) / largest
    return {
        "ms": {name: round(1000 * seconds, 2) for name, seconds in best.items()},
        "of_onnxruntime": round(best["deepvis"] / best["onnxruntime"], 3),
        "values_compared": len(common),
        "largest_difference": max(apart.values(), default=None),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--cpu-time", action="store_true")
    parser.add_argument("--plain-memory", action="store_true")
    args = parser.parse_args()
    import onnxruntime
    import torch

    found: dict[str, object] = {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
    found["threads"] = args.threads
    for file in args.files:
        found[Path(file).name] = measure(file, args)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
