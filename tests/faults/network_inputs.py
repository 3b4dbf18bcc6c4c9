"""The readers of networks, weights, means, labels and values."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.hdf5 import write_hdf5
from deepvis.formats.caffe.weights import write_weights
from deepvis.formats.torch.other_inputs import values_of
from deepvis.models.card import CARD_NAME
from deepvis.models.card_values import RemoteFile
from deepvis.models.feeding import given_inputs
from deepvis.models.labels import read_labels, read_synsets
from deepvis.models.model import Model
from deepvis.models.preprocess import load_mean
from deepvis.models.unpack import unpack
from deepvis.models.zoo import find_card, load_model, open_model
from deepvis.network.model_error import in_file
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef
from tests.faults import structured
from tests.faults.input_reader import Files, reader
from tests.formats.caffe import fuzzing
from tests.formats.caffe.fuzzing import seeds as caffe_seeds
from tests.formats.networks import small
from tests.formats.onnx import fuzzing as onnx_fuzzing
from tests.helpers.networks import small_model

CARD = b"""version: 1
name: small
description: "a small network"
prototxt: net.prototxt
weights: net.caffemodel
files:
  - {path: net.caffemodel, url: "https://example.org/net.caffemodel", sha256: "%s", size: 1234}
  - {path: labels.txt, url: "https://example.org/labels.txt", optional: true, note: "names"}
mean: [104, 117, 123]
std: [1, 2, 3]
channel_order: BGR
input_scale: 255
input_size: [16, 16]
labels: labels.txt
label_layers: [fc, prob]
prob_layer: prob
layers: [conv1, pool1, mixed/output, fc, prob]
groups: [[conv1, pool1], [fc, prob]]
short_names: {conv1: c1, mixed/output: mix}
unit_images: unit_jpg_vis
remap: {prob: fc}
presets: ["1", "lucid"]
panes: {input: [0, 0, 300, 300], aux: null}
""" % (b"a" * 64)


def _open(ref: NetworkRef) -> None:
    """Up to where the window would run it: structure, weights, shapes, identity."""
    model = open_model(ref)
    with in_file(model.file):
        assert GraphNet(model.graph).shapes
    model.other_inputs()
    assert model.identity and model.input_words


# --- Caffe -----------------------------------------------------------------------------------------


def _texts(folder: Path) -> Sequence[Files]:
    return [{"net.prototxt": case.text, "net.caffemodel": case.weights} for case in caffe_seeds()]


def _weights(folder: Path) -> Sequence[Files]:
    return [{"net.caffemodel": case.weights, "net.prototxt": case.text} for case in caffe_seeds()]


@reader("prototxt", _texts, fuzzing.TEXT, names=False)  # a sentence may name the layer alone
@reader("caffemodel", _weights, fuzzing.BINARY, names=False)
def caffe_network(file: Path) -> None:
    _open(NetworkRef(network=str(file.with_suffix(".prototxt")), weights=str(file.with_suffix(".caffemodel"))))


def _h5(folder: Path) -> Sequence[Files]:
    import h5py

    spec = fill_net(small_model(folder).opened.own())
    named = [(layer.name, layer.blobs) for layer in spec.layers if layer.blobs]
    write_hdf5(folder / "plain.h5", named)
    with h5py.File(folder / "packed.h5", "w") as file:
        for name, blobs in named:
            for index, blob in enumerate(blobs):
                file.create_dataset(f"data/{name}/{index}", data=blob, compression="gzip", chunks=True, shuffle=True)
    text = (folder / "small.prototxt").read_bytes()
    return [
        {"w.caffemodel.h5": (folder / f"{name}.h5").read_bytes(), "n.prototxt": text} for name in ("plain", "packed")
    ]


@reader("h5", _h5, [*structured.BYTES, fuzzing.other_length])
def hdf5_weights(file: Path) -> None:
    _open(NetworkRef(network=str(file.with_name("n.prototxt")), weights=str(file)))


# --- other networks --------------------------------------------------------------------------------


def _onnx(folder: Path) -> Sequence[Files]:
    return [{"net.onnx": case.raw} for case in onnx_fuzzing.seeds()]


@reader("onnx", _onnx, [*onnx_fuzzing.BYTES, *onnx_fuzzing.MESSAGE, *onnx_fuzzing.MESSAGE])
@reader("pt2", lambda folder: _pt2(folder), structured.ARCHIVE)
def network_file(file: Path) -> None:
    _open(NetworkRef(network=str(file)))


class Tiny(nn.Module):
    """As small as a program of torch can be."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 2, 3), nn.Linear(2, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.conv(x).relu().mean((2, 3)))


def _pt2(folder: Path) -> Sequence[Files]:
    program = torch.export.export(
        Tiny().eval(), (torch.zeros(2, 3, 9, 9),), dynamic_shapes=({0: torch.export.Dim.AUTO},)
    )
    torch.export.save(program, folder / "net.pt2")
    return [{"net.pt2": (folder / "net.pt2").read_bytes()}]


MODULE = b"""from tests.formats.networks.small import Small


def make():
    return Small()
"""


def _state(folder: Path) -> Sequence[Files]:
    state = small.make().state_dict()
    torch.save(state, folder / "new.pth")
    torch.save({"state_dict": state, "epoch": 3}, folder / "old.pth", _use_new_zipfile_serialization=False)
    return [{"w.pth": (folder / f"{name}.pth").read_bytes(), "net.py": MODULE} for name in ("new", "old")]


def _safetensors(folder: Path) -> Sequence[Files]:
    header, data = {}, b""
    for name, tensor in small.make().state_dict().items():
        raw = tensor.numpy().tobytes()
        kind = "I64" if tensor.dtype == torch.int64 else "F32"
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return [{"w.safetensors": len(text).to_bytes(8, "little") + text + data, "net.py": MODULE}]


@reader("pth", _state, structured.ARCHIVE)
@reader("safetensors", _safetensors, structured.SAFETENSORS)
def module_weights(file: Path) -> None:
    from deepvis.formats.torch.weights import load_weights

    load_weights(small.make(), file)


# --- cards, means, labels, values ------------------------------------------------------------------


def _cards(folder: Path) -> Sequence[Files]:
    model = small_model(folder)
    write_weights(folder / "net.caffemodel", fill_net(model.opened.own()))
    beside = {
        "net.prototxt": (folder / "small.prototxt").read_bytes(),
        "net.caffemodel": (folder / "net.caffemodel").read_bytes(),
        "labels.txt": b"a\nb\nc\nd\ne\n",
    }
    return [{CARD_NAME: CARD, **beside}]


@reader("model.yaml", _cards, structured.YAML, names=False)  # a sentence may name a file that the card names
def model_card(file: Path) -> None:
    find_card(file.parent)
    assert load_model(file.parent).structure.nodes


def _blobs(folder: Path) -> Sequence[Files]:
    from deepvis.caffe.io import array_to_blobproto

    shape = (3, 20, 20)
    mean = np.random.default_rng(0).uniform(90, 130, shape).astype(np.float32)
    old = array_to_blobproto(mean[None])
    return [
        {"mean.binaryproto": old.SerializeToString()},
        {"mean.binaryproto": array_to_blobproto(mean).SerializeToString()},
    ]


def _npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def _means(folder: Path) -> Sequence[Files]:
    image = np.random.default_rng(0).uniform(90, 130, (3, 20, 20))
    arrays = [image, image.astype(np.float32), np.asfortranarray(image), np.array([104.0, 117, 123])]
    return [{"mean.npy": _npy(array)} for array in arrays]


@reader("mean.binaryproto", _blobs, fuzzing.BINARY)
@reader("mean.npy", _means, structured.NPY)
def mean_file(file: Path) -> None:
    load_mean(file)


@reader("labels", lambda folder: [{"labels.txt": text} for text in LABELS], structured.TEXT)
def class_names(file: Path) -> None:
    assert read_labels(file)
    read_synsets(file)


LABELS = (
    b"n01440764 tench, Tinca tinca\nn01443537 goldfish\nn01484850 great white shark\n",
    "\ufeffHund\nKatze\nBär\n".encode(),
    "Hund\nKatze\nBär\n".encode("utf-16"),
    "Hund\nKatze\nBär\n".encode("cp1252"),
)


@reader("input.npy", lambda folder: [{"values.npy": _npy(np.ones((1, 6), np.float32))}], structured.NPY)
def input_values(file: Path) -> None:
    given_inputs({"rois": (1, 6)}, [f"rois={file}"])
    values_of([f"rois={file}"])


@reader("direction.npy", lambda folder: [{"direction.npy": _npy(np.float64([0, 1, -0.5, 0]))}], structured.NPY)
def direction(file: Path) -> None:
    from deepvis.optimize.objective_words import objective_of

    objective_of(f"direction(fc, {file})", any_model())


@cache
def any_model() -> Model:
    with tempfile.TemporaryDirectory() as folder:
        model = small_model(Path(folder))
        assert model.graph.nodes  # it reads its file
        return model


def _tars(folder: Path) -> Sequence[Files]:
    found = []
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode=mode) as tar:
            for name in ("net/w.caffemodel", "net/more/labels.txt", "../../away.txt", "/tmp/deepvis-away.txt"):
                member = tarfile.TarInfo(name)
                member.size = 300
                tar.addfile(member, io.BytesIO(b"x" * 300))
        found.append({"net.tar": content.getvalue()})
    return found


@reader("tar", _tars, structured.BYTES)
def fetched_archive(file: Path) -> None:
    place = file.parent / "unpacked" / "here"
    place.mkdir(parents=True, exist_ok=True)
    unpack(place, RemoteFile(path="x", urls=(), extract={"net": "net"}), file)
    away = [path for path in file.parent.rglob("away*")] + [path for path in Path("/tmp").glob("deepvis-away*")]
    assert not away, f"{away} was written outside"
