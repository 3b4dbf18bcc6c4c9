"""The engine beside OpenCV's cv2.dnn on the same files: forward with all blobs kept, gradient and deconv.

    python benchmarks/engine.py [--net googlenet squeezenet caffenet] [--threads 2] [--rounds 40] [--models FOLDER]
                                [--device cpu] [--cpu-time]

Prints JSON: for each network the best milliseconds of the rounds, in which all contestants take turns, and their share
of cv2.dnn's forward. "middle" is the blob where the walks back start. To reach, with 2 threads: forward 1.0, gradient
and deconv 0.8. googlenet and squeezenet are read from FOLDER (../shared/models); caffenet is written here, with random
weights. --cpu-time counts the process's own processor time instead of the clock's, for a machine that is busy with
other things: meaningful with --threads 1 only. On a GPU (--device cuda) cv2.dnn still runs on the CPU.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import cv2
import numpy as np
import torch

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.formats.caffe.weights import write_weights

MODES = ("gradient", "deconv")
MIDDLE = {"googlenet": "inception_4c/output", "squeezenet": "fire6/concat", "caffenet": "conv5"}
FILES = {
    "googlenet": ("bvlc-googlenet/deploy.prototxt", "bvlc-googlenet/bvlc_googlenet.caffemodel"),
    "squeezenet": ("squeezenet/deploy.prototxt", "squeezenet/squeezenet_v1.1.caffemodel"),
}


def conv(name: str, bottom: str, outputs: int, kernel: int, more: str = "") -> str:
    filler = f"weight_filler {{ type: 'msra' }} num_output: {outputs} kernel_size: {kernel} {more}"
    return (
        f"layer {{ name: '{name}' type: 'Convolution' bottom: '{bottom}' top: '{name}' "
        f"convolution_param {{ {filler} }} }}\n"
        f"layer {{ name: 'relu_{name}' type: 'ReLU' bottom: '{name}' top: '{name}' }}\n"
    )


def pool(name: str, bottom: str) -> str:
    return (
        f"layer {{ name: '{name}' type: 'Pooling' bottom: '{bottom}' top: '{name}' "
        "pooling_param { pool: MAX kernel_size: 3 stride: 2 } }\n"
    )


def norm(name: str, bottom: str) -> str:
    return (
        f"layer {{ name: '{name}' type: 'LRN' bottom: '{bottom}' top: '{name}' "
        "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 } }\n"
    )


def full(name: str, bottom: str, outputs: int) -> str:
    return (
        f"layer {{ name: '{name}' type: 'InnerProduct' bottom: '{bottom}' top: '{name}' inner_product_param "
        f"{{ num_output: {outputs} weight_filler {{ type: 'xavier' }} }} }}\n"
    )


def full_relu(name: str, bottom: str, outputs: int) -> str:
    return (
        full(name, bottom, outputs)
        + f"layer {{ name: 'relu_{name}' type: 'ReLU' bottom: '{name}' top: '{name}' }}\n"
        + f"layer {{ name: 'drop_{name}' type: 'Dropout' bottom: '{name}' top: '{name}' }}\n"
    )


CAFFENET = (
    "name: 'CaffeNet' input: 'data' input_shape { dim: 1 dim: 3 dim: 227 dim: 227 }\n"
    + conv("conv1", "data", 96, 11, "stride: 4")
    + pool("pool1", "conv1")
    + norm("norm1", "pool1")
    + conv("conv2", "norm1", 256, 5, "pad: 2 group: 2")
    + pool("pool2", "conv2")
    + norm("norm2", "pool2")
    + conv("conv3", "norm2", 384, 3, "pad: 1")
    + conv("conv4", "conv3", 384, 3, "pad: 1 group: 2")
    + conv("conv5", "conv4", 256, 3, "pad: 1 group: 2")
    + pool("pool5", "conv5")
    + full_relu("fc6", "pool5", 4096)
    + full_relu("fc7", "fc6", 4096)
    + full("fc8", "fc7", 1000)
    + "layer { name: 'prob' type: 'Softmax' bottom: 'fc8' top: 'prob' }\n"
)


def files(name: str, models: Path, scratch: Path) -> tuple[Path, Path]:
    """Prototxt and weights of a network; CaffeNet's are written into ``scratch``."""
    if name != "caffenet":
        return models / FILES[name][0], models / FILES[name][1]
    prototxt, weights = scratch / "caffenet.prototxt", scratch / "caffenet.caffemodel"
    prototxt.write_text(CAFFENET)
    write_weights(weights, fill_net(load_net(prototxt, on_missing="fill")))
    return prototxt, weights


def measure(name: str, prototxt: Path, weights: Path, args: argparse.Namespace) -> dict[str, object]:
    size = 224 if name == "googlenet" else 227
    x = np.random.default_rng(0).normal(0, 50, (1, 3, size, size)).astype(np.float32)
    network = caffe_net(load_net(prototxt, weights, input_shapes={"data": x.shape}), args.device)
    read = getattr(cv2.dnn, "readNetFromCaffe", None)  # OpenCV 5 reads no Caffe files: no peer then
    theirs = read(str(prototxt), str(weights)) if read else None

    def finished() -> None:
        if network.device.type == "cuda":
            torch.cuda.synchronize(network.device)

    tape = network.forward({"data": x})
    middle = tape.blobs[MIDDLE[name]]
    seed = torch.zeros_like(middle)
    unit = int(middle[0].sum((1, 2)).argmax())
    seed[0, unit] = middle[0, unit]
    contestants: dict[str, Callable[[], object]] = {
        **({"cv2_forward": lambda: (theirs.setInput(x), theirs.forward())[1]} if theirs else {}),
        "forward": lambda: (network.forward({"data": x}), finished())[0],
        **{mode: lambda mode=mode: (tape.backward(MIDDLE[name], seed, mode), finished()) for mode in MODES},
    }
    clock = time.process_time if args.cpu_time else time.perf_counter
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(args.rounds):
        for which, run in contestants.items():
            start = clock()
            run()
            best[which] = min(best[which], clock() - start)
    last = list(tape.blobs)[-1]
    found = {"middle": MIDDLE[name], "ms": {which: round(1000 * seconds, 2) for which, seconds in best.items()}}
    if theirs is None:
        return found
    apart = np.abs(contestants["cv2_forward"]().reshape(-1) - tape.blobs[last].cpu().numpy().reshape(-1)).max()
    peer = best["cv2_forward"]
    return {
        **found,
        "of_cv2_forward": {w: round(seconds / peer, 3) for w, seconds in best.items() if w != "cv2_forward"},
        "largest_difference_of_" + last: float(apart),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", nargs="+", choices=list(MIDDLE), default=list(MIDDLE))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--models", type=Path, default=ROOT.parent / "shared" / "models")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--cpu-time", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    device = torch.cuda.get_device_name(args.device) if args.device.startswith("cuda") else "cpu"
    found: dict[str, object] = {
        "torch": torch.__version__,
        "opencv": cv2.__version__,
        "device": device,
        "threads": args.threads,
        "clock": "processor" if args.cpu_time else "wall",
    }
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.net:
            found[name] = measure(name, *files(name, args.models, Path(scratch)), args)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
