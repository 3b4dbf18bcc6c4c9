"""Weights files: every way in which floats stand in them, errors, and what is written can be read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepvis.formats.caffe import schema
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.weights import read_blob, read_weights, weights_of, write_weights
from deepvis.network.model_error import ModelError
from tests.formats.caffe.wire_files import VALUES, field, net, packed, shape, unpacked

HALF = field(10, 2) + field(12, VALUES.astype(np.float16).tobytes())
ENCODINGS = {
    "packed": packed(5, VALUES),
    "unpacked": unpacked(5, VALUES),
    "in chunks": packed(5, VALUES[:2]) + packed(5, VALUES[2:]),
    "packed and unpacked": packed(5, VALUES[:2]) + unpacked(5, VALUES[2:5]) + packed(5, VALUES[5:]),
    "double": packed(8, VALUES, "d"),
    "unpacked double": unpacked(8, VALUES, "d"),
    "double beats float": packed(5, VALUES * 0) + packed(8, VALUES, "d"),
    "half": HALF,
    "raw float": field(10, 1) + field(12, VALUES.tobytes()),
    "with a diff": packed(6, VALUES * 9) + packed(5, VALUES) + packed(9, VALUES * 9, "d"),
    "unknown fields": field(999, b"fork") + packed(5, VALUES) + field(77, 12),
}


def read(tmp_path: Path, content: bytes) -> dict[str, list[np.ndarray]]:
    path = tmp_path / "w.caffemodel"
    path.write_bytes(content)
    return read_weights(path)


@pytest.mark.parametrize("how", ENCODINGS)
def test_floats_are_read_however_they_are_written(how: str, tmp_path: Path) -> None:
    blob = read(tmp_path, net(shape(2, 3) + ENCODINGS[how]))["conv1"][0]
    assert blob.dtype == np.float32 and blob.shape == (2, 3) and blob.flags.writeable and blob.flags.aligned
    np.testing.assert_array_equal(blob.ravel(), VALUES)


def test_shapes_of_all_ages(tmp_path: Path) -> None:
    legacy = field(1, 1) + field(2, 1) + field(3, 2) + field(4, 3)
    data = packed(5, VALUES)
    unpacked_dims = field(7, field(1, 3) + field(1, 2))
    blobs = read(tmp_path, net(legacy + data, unpacked_dims + data, data, shape() + packed(5, [7])))["conv1"]
    assert [blob.shape for blob in blobs] == [(1, 1, 2, 3), (3, 2), (6,), ()]


def test_layers_of_all_ages(tmp_path: Path) -> None:
    blob = shape(6) + packed(5, VALUES)
    v1 = field(2, field(4, b"old") + field(5, 4) + field(6, blob))
    v0 = field(2, field(1, field(1, b"older") + field(2, b"conv") + field(50, blob)))
    found = read(tmp_path, field(1, b"net") + v1 + v0 + net(blob))
    assert list(found) == ["old", "older", "conv1"]


def test_layers_without_blobs_are_left_out_and_the_last_of_a_name_counts(tmp_path: Path) -> None:
    found = read(tmp_path, net(name="relu1") + net(packed(5, [1])) + net(packed(5, [2])))
    assert {name: blobs[0].tolist() for name, blobs in found.items()} == {"conv1": [2.0]}


BROKEN = {
    "empty": (b"", "is empty"),
    "web page": (b"<!DOCTYPE html><html>", "a web page"),
    "lfs pointer": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "archive": (b"\x1f\x8b\x08abc", "gzip"),
    "cut": (net(shape(2, 3) + packed(5, VALUES))[:-5], "expected the rest of NetParameter"),
    "count": (net(shape(2, 2) + packed(5, VALUES)), "has 6 values, expected 4 for its shape 2x2"),
    "negative": (net(shape(-2, -3) + packed(5, VALUES)), "no negative size"),
    "absurd": (net(shape(2**40, 2**40) + packed(5, VALUES)), "expected 1208925819614629174706176"),
    "many dims": (net(shape(*[1] * 40) + packed(5, [1])), "at most 32"),
    "no data": (net(shape(2, 3)), "has 0 values, expected 6"),
    "odd bytes": (net(shape(2, 3) + field(5, b"12345")), "bytes of numbers"),
    "wire type": (b"\x0b\x0b", "wire type 3"),
    "field 0": (b"\x00\x00", "field number 0"),
    "raw type": (net(shape(6) + field(10, 3) + field(12, b"123456")), "raw data of type 3"),
    "long number": (b"\x80" * 12, "more than 64 bits"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_files_are_told_in_one_sentence(what: str, tmp_path: Path) -> None:
    content, said = BROKEN[what]
    with pytest.raises(ModelError) as error:
        read(tmp_path, content)
    assert said in str(error.value) and "w.caffemodel" in str(error.value) and "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no\.caffemodel: cannot be read \(No such file"):
        read_weights(tmp_path / "no.caffemodel")


def test_millions_of_tiny_fields_do_not_hang(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="more than 500000 fields"):
        read(tmp_path, b"\x28\x00" * 1_000_000)


@pytest.mark.parametrize("name", ["o.caffemodel", "o.caffemodel.h5"])
def test_what_is_written_can_be_read(name: str, tmp_path: Path) -> None:
    weights = {"conv1": [VALUES.reshape(1, 1, 2, 3), VALUES[:1]], "block/a/b": [np.zeros((0, 2), np.float32)]}
    write_weights(tmp_path / name, weights)
    back = read_weights(tmp_path / name)
    assert {k: [b.shape for b in v] for k, v in back.items()} == {k: [b.shape for b in v] for k, v in weights.items()}
    np.testing.assert_array_equal(back["conv1"][0], weights["conv1"][0])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_protobuf_reads_what_is_written(tmp_path: Path) -> None:
    text = 'name: "n" layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 2 dim: 3 } } }\n'
    text += 'layer { name: "f" type: "InnerProduct" bottom: "d" top: "f" inner_product_param { num_output: 2 } }'
    weights = {"f": [VALUES.reshape(2, 3), VALUES[:2]]}
    write_weights(tmp_path / "w.caffemodel", load_net(text, weights))
    message = schema.NetParameter.FromString((tmp_path / "w.caffemodel").read_bytes())
    assert message.name == "n" and message.layer[0].type == "InnerProduct"
    assert message.layer[0].inner_product_param.num_output == 2
    np.testing.assert_array_equal(weights_of(message)["f"][0], weights["f"][0])


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "none").write_bytes(b"a file, no folder")
    with pytest.raises(ModelError, match="cannot be written"):
        write_weights(tmp_path / "none" / "w.caffemodel", {})


def test_hdf5_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "w.h5").write_bytes(b"no hdf5")
    with pytest.raises(ModelError, match="no readable HDF5"):
        read_weights(tmp_path / "w.h5")


def test_hdf5_that_declares_more_than_it_holds(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_dataset("data/conv1/0", shape=(2**40,), dtype="f4", chunks=(1024,))
    with pytest.raises(ModelError, match="/data/conv1/0 declares 4398046511104 bytes"):
        read_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_group("data")["round"] = h5py.SoftLink("/data")
    with pytest.raises(ModelError, match="no readable HDF5 file"):
        read_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "w"):
        pass
    with pytest.raises(ModelError, match="has no group 'data'"):
        read_weights(tmp_path / "w.h5")


def test_weights_in_a_prototxt(tmp_path: Path) -> None:
    path = tmp_path / "w.prototxt"
    path.write_text('layer { name: "a" blobs { shape { dim: 2 } data: [1.5, 2] } }')
    assert read_weights(path)["a"][0].tolist() == [1.5, 2.0]


def test_mean_files(tmp_path: Path) -> None:
    path = tmp_path / "mean.binaryproto"
    path.write_bytes(field(1, 1) + field(2, 1) + field(3, 2) + field(4, 3) + packed(5, VALUES))
    assert read_blob(path).shape == (1, 1, 2, 3)


def test_agrees_with_protobuf_on_every_golden_net(root: Path) -> None:
    """V0 and current binaries of whole networks, and every layer type."""
    paths = [*root.glob("tests/golden/*/*/*.caffemodel")]
    assert len(paths) > 200
    agrees_with_protobuf(paths)


@pytest.mark.shared
def test_agrees_with_protobuf_on_real_files(shared: Path) -> None:
    paths = [*shared.glob("golden/nets/*/*.caffemodel"), *shared.glob("models/[clms]*/*.caffemodel")]
    assert len(paths) > 8
    agrees_with_protobuf(paths)


def agrees_with_protobuf(paths: list[Path]) -> None:
    for path in paths:
        ours = read_weights(path)
        theirs = weights_of(schema.NetParameter.FromString(path.read_bytes()))
        assert list(ours) == list(theirs)
        for name, blobs in ours.items():
            for mine, other in zip(blobs, theirs[name], strict=True):
                np.testing.assert_array_equal(mine, other)


MEASURE = """
import re, sys
from deepvis.formats.caffe.weights import read_weights
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
before = peak()
weights = read_weights(sys.argv[1])
print((peak() - before) / sum(b.nbytes for blobs in weights.values() for b in blobs))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_weights_are_held_once(tmp_path: Path, root: Path) -> None:
    """The peak of memory while reading is that of the arrays: no copy in between."""
    big = {f"fc{i}": [np.ones((1024, 4096), np.float32)] for i in range(4)}
    write_weights(tmp_path / "big.caffemodel", big)
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "big.caffemodel")]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, check=True
    )
    assert 0.9 < float(done.stdout) < 1.3
