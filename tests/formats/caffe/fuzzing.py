"""Mutated network and weights files, and the one thing that may come of them: a network, or one ModelError.

Used by ``test_fuzz.py`` with a fixed few hundred and by ``scripts/fuzz_formats.py`` with as many as wanted.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.prototxt import read_net_text
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.formats.caffe.weights import write_weights
from deepvis.network.model_error import ModelError
from tests.helpers.work import calls_of

SPARE_CALLS = 30_000  # of functions, whatever the file's size; the seeds themselves take some 13,000
MOST_CALLS = 10  # more of them for each byte of the file: a loop over a number that a damaged file holds takes millions
SPARE_BYTES = 64 << 20  # what a run may need whatever the file's size: code that is loaded late, small caches
MOST_TIMES = 8  # memory, as a multiple of the file's size

CURRENT = """
name: "fuzz" force_backward: true
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 9 dim: 11 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { name: "w" lr_mult: 1 } param { lr_mult: 2 }
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 pad: 1 group: 1 dilation: 1
    weight_filler { type: "xavier" } bias_filler { type: "constant" value: 0.1 } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" batch_norm_param { use_global_stats: true eps: 1e-5 } }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" relu_param { negative_slope: 0.1 } }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "norm" type: "LRN" bottom: "pool" top: "norm" lrn_param { local_size: 3 alpha: 5e-05 beta: 0.75 } }
layer { name: "up" type: "Deconvolution" bottom: "norm" top: "up" convolution_param { num_output: 4 kernel_size: 2
  stride: 2 bias_term: false } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "norm" top: "crop" crop_param { axis: 2 offset: 0 } }
layer { name: "cat" type: "Concat" bottom: "crop" bottom: "norm" top: "cat" concat_param { axis: 1 } }
layer { name: "slice" type: "Slice" bottom: "cat" top: "s1" top: "s2" slice_param { axis: 1 slice_point: 4 } }
layer { name: "sum" type: "Eltwise" bottom: "s1" bottom: "s2" top: "sum"
  eltwise_param { operation: SUM coeff: 1 coeff: -1 } }
layer { name: "reshape" type: "Reshape" bottom: "sum" top: "flat" reshape_param { shape { dim: 0 dim: -1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "flat" top: "fc" inner_product_param { num_output: 5 axis: 1 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" include { phase: TEST stage: "deploy" not_stage: "x" } }
layer { name: "tile" type: "Tile" bottom: "fc" top: "tile" tile_param { axis: 1 tiles: 2 } }
layer { name: "top" type: "ArgMax" bottom: "tile" top: "top" argmax_param { top_k: 2 out_max_val: true } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "flat" top: "loss" exclude { phase: TEST } }
"""
OLD = """
name: "fuzz" input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 11
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 weight_decay: 1
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
layers { name: "pool" type: POOLING bottom: "conv" top: "pool" pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layers { name: "fc" type: INNER_PRODUCT bottom: "pool" top: "fc" inner_product_param { num_output: 5 } }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc" bottom: "label" }
"""
OLDEST = """
name: "fuzz" input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 11
layers { layer { name: "pad" type: "padding" pad: 1 } bottom: "data" top: "padded" }
layers { layer { name: "conv" type: "conv" num_output: 4 kernelsize: 3 stride: 2 } bottom: "padded" top: "conv" }
layers { layer { name: "pool" type: "pool" pool: MAX kernelsize: 2 stride: 2 } bottom: "conv" top: "pool" }
layers { layer { name: "fc" type: "innerproduct" num_output: 5 } bottom: "pool" top: "fc" }
"""
NUMBERS = ["0", "-1", "1", "2", "255", "65536", "2147483647", "4294967295", "1099511627776", "-9223372036854775808"]
NUMBERS += ["1e999", "nan", "-inf", "0x7fffffff", "3.5", "99999999999999999999999", "9007199254740993"]


@dataclass(frozen=True)
class Case:
    """A pair of files to load, and what was done to one of them."""

    text: bytes
    weights: bytes
    done: str


# --- the files that are mutated ----------------------------------------------------------------


def _filled(text: str) -> dict[str, list[np.ndarray]]:
    spec = fill_net(load_net(text, on_missing="fill"))
    return {layer.name: list(layer.blobs) for layer in spec.layers if layer.blobs}


def _old_binary(text: str, weights: dict[str, list[np.ndarray]]) -> bytes:
    """The network with its weights in V1 or V0, blobs of four dimensions, by protobuf itself."""
    net = read_net_text(text)
    for layer in net.layers:
        holder = layer.layer if layer.HasField("layer") else layer
        for blob in weights.get(holder.name, ()):
            dims = (1,) * (4 - blob.ndim) + blob.shape
            holder.blobs.add(num=dims[0], channels=dims[1], height=dims[2], width=dims[3], data=blob.ravel())
    return net.SerializeToString()


def seeds() -> list[Case]:
    """Pairs of files that load."""
    made = []
    for text in (CURRENT, OLD, OLDEST):
        weights = _filled(text)
        if text is CURRENT:
            with tempfile.TemporaryDirectory() as folder:
                write_weights(Path(folder) / "w", load_net(text, weights, stages=["deploy"]))
                made.append(Case(text.encode(), (Path(folder) / "w").read_bytes(), ""))
        else:
            made.append(Case(text.encode(), _old_binary(text, weights), ""))
    return made


# --- mutations ---------------------------------------------------------------------------------

Mutation = Callable[[random.Random, bytes], bytes]


def flip(rng: random.Random, raw: bytes) -> bytes:
    changed = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 8))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(rng: random.Random, raw: bytes) -> bytes:
    return raw[: rng.randrange(len(raw))]


def remove(rng: random.Random, raw: bytes) -> bytes:
    start = rng.randrange(len(raw))
    return raw[:start] + raw[start + rng.choice((1, 2, 16, 200)) :]


def repeat(rng: random.Random, raw: bytes) -> bytes:
    start = rng.randrange(len(raw))
    piece = raw[start : start + rng.choice((1, 4, 64, 400))]
    return raw[:start] + piece * rng.choice((2, 3, 50)) + raw[start + len(piece) :]


def insert(rng: random.Random, raw: bytes) -> bytes:
    start = rng.randrange(len(raw))
    return raw[:start] + rng.randbytes(rng.choice((1, 3, 40))) + raw[start:]


def swap_pieces(rng: random.Random, raw: bytes) -> bytes:
    a, b, c = sorted(rng.randrange(len(raw)) for _ in range(3))
    return raw[:a] + raw[b:c] + raw[a:b] + raw[c:]


def other_number(rng: random.Random, raw: bytes) -> bytes:
    """A number in the text becomes one that hurts."""
    found = list(re.finditer(rb"(?<=[ :])-?\d[\d.e-]*", raw))
    if not found:
        return raw
    hit = rng.choice(found)
    return raw[: hit.start()] + rng.choice(NUMBERS).encode() + raw[hit.end() :]


def other_word(rng: random.Random, raw: bytes) -> bytes:
    """A word in the text becomes another one of it."""
    found = list(re.finditer(rb"[A-Za-z_]+", raw))
    if not found:
        return raw
    hit, other = rng.choice(found), rng.choice(found)
    return raw[: hit.start()] + other.group() + raw[hit.end() :]


def number_for_word(rng: random.Random, raw: bytes) -> bytes:
    """A word behind a colon, as one of a few that a field may be, becomes a number that hurts."""
    found = list(re.finditer(rb"(?<=: )[A-Za-z_]+", raw))
    if not found:
        return raw
    hit = rng.choice(found)
    return raw[: hit.start()] + rng.choice(NUMBERS).encode() + raw[hit.end() :]


def other_length(rng: random.Random, raw: bytes) -> bytes:
    """A byte near a tag becomes the start of a long varint: lengths and dims that no file holds."""
    start = rng.randrange(len(raw))
    return raw[:start] + b"\xff" * rng.choice((1, 4, 9)) + bytes([rng.randrange(128)]) + raw[start + 1 :]


ANY: list[Mutation] = [flip, cut, remove, repeat, insert, swap_pieces]
TEXT: list[Mutation] = [*ANY, other_number, other_number, other_number, other_word, other_word, number_for_word]
BINARY: list[Mutation] = [*ANY, other_length, other_length]


def cases(count: int, seed: int = 0) -> Iterator[Case]:
    """``count`` mutated pairs, the same for the same seed; text and weights in turn."""
    rng, made = random.Random(seed), seeds()
    for index in range(count):
        base = rng.choice(made)
        kinds, raw = (TEXT, base.text) if index % 2 == 0 else (BINARY, base.weights)
        names = []
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            mutation = rng.choice(kinds)
            raw = mutation(rng, raw) or b"\n"
            names.append(mutation.__name__)
        done = f"case {index}: {' '.join(names)} of the {'text' if kinds is TEXT else 'weights'}"
        yield Case(raw, base.weights, done) if kinds is TEXT else Case(base.text, raw, done)


# --- what comes of them ------------------------------------------------------------------------


def peak_bytes(*, reset: bool = False) -> int:
    """The most memory of this process since the last reset, 0 where the system does not tell."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) * 1024
    except (OSError, IndexError):
        return 0


def load(case: Case, folder: Path) -> str:
    """What comes of a case: "" for a network, else the error's sentence. Anything else raises AssertionError."""
    text, weights = folder / "net.prototxt", folder / "net.caffemodel"
    text.write_bytes(case.text)
    weights.write_bytes(case.weights)
    before, said = peak_bytes(reset=True), ""

    def build() -> None:
        nonlocal said
        try:
            caffe_net(load_net(text, weights, stages=["deploy"]))
        except ModelError as error:
            said = str(error)

    calls, more = calls_of(build), peak_bytes() - before
    assert "\n" not in said and len(said) < 2000, f"{case.done}: {said[:3000]!r}"
    size = len(case.text) + len(case.weights)
    assert calls < SPARE_CALLS + MOST_CALLS * size, f"{case.done}: {calls} calls"
    assert more < SPARE_BYTES + MOST_TIMES * size, f"{case.done}: {more >> 20} MiB"
    return said
