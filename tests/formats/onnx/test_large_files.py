"""A file of more than 2 GB, with external data: opened without twice its size in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

ROOT = Path(__file__).resolve().parents[3]
WIDTH, LAYERS = 12_000, 4  # 4 matrices of 576 MB
SIZE = 4 * WIDTH * WIDTH * LAYERS

OPEN = """
import resource, sys
from deepvis.models.zoo import load_model
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import torch, onnx, deepvis.formats.onnx.opener
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = load_model(prototxt=sys.argv[1])
assert len(model.layer_names) >= 4, model.layer_names
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def sparse(folder: Path) -> Path:
    """Zeros that take no room on the disk."""
    value = helper.make_tensor_value_info
    held = []
    for number in range(LAYERS):
        tensor = TensorProto(name=f"w{number}", data_type=TensorProto.FLOAT, dims=[WIDTH, WIDTH, 1, 1])
        tensor.data_location = TensorProto.EXTERNAL
        places = {"location": "net.data", "offset": number * SIZE // LAYERS, "length": SIZE // LAYERS}
        for key, text in places.items():
            tensor.external_data.add(key=key, value=str(text))
        held.append(tensor)
    nodes = [helper.make_node("Tile", ["data", "times"], ["x0"])]
    held.append(helper.make_tensor("times", TensorProto.INT64, [4], [1, WIDTH // 3, 1, 1]))
    nodes += [helper.make_node("Conv", [f"x{i}", f"w{i}"], [f"x{i + 1}"]) for i in range(LAYERS)]
    graph = helper.make_graph(
        nodes, "large", [value("data", TensorProto.FLOAT, ["N", 3, 1, 1])],
        [value(f"x{LAYERS}", TensorProto.FLOAT, None)], held,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    with (folder / "net.data").open("wb") as file:
        file.truncate(SIZE)
    return folder / "net.onnx"


@pytest.mark.slow
def test_a_file_of_more_than_two_gigabytes_takes_its_size_in_memory_once(tmp_path: Path) -> None:
    assert SIZE > 2**31
    file = sparse(tmp_path)
    assert onnx.load(file, load_external_data=False).graph.initializer[0].dims[0] == WIDTH
    try:
        ran = subprocess.run([sys.executable, "-c", OPEN, str(file)], cwd=ROOT, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr[-500:]
        assert SIZE * 0.9 < int(ran.stdout) < SIZE * 1.2
    finally:
        (tmp_path / "net.data").unlink()
