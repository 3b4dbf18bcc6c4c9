"""Attributes of ONNX nodes as plain Python values."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import AttributeProto

from deepvis.formats.onnx.model_file import ModelFile
from deepvis.formats.onnx.tensors import read_tensor

# kind -> the field that holds its value, of those that are read; files before the field ``type`` have that field alone
_FIELDS = {
    AttributeProto.FLOAT: "f",
    AttributeProto.INT: "i",
    AttributeProto.STRING: "s",
    AttributeProto.TENSOR: "t",
    AttributeProto.FLOATS: "floats",
    AttributeProto.INTS: "ints",
    AttributeProto.STRINGS: "strings",
}


def attributes_of(file: ModelFile, node: onnx.NodeProto) -> dict[str, Any]:
    """Numbers, texts, lists of them, and tensors, by name; graphs and types are left out. Raises ModelError."""
    found: dict[str, Any] = {}
    for each in node.attribute:
        there = {field.name for field, _ in each.ListFields()}
        name = _FIELDS.get(each.type) if each.type else next((f for f in _FIELDS.values() if f in there), None)
        if name is not None:
            found[each.name] = _plain(file, getattr(each, name))
    return found


def _plain(file: ModelFile, value: Any) -> Any:
    if isinstance(value, onnx.TensorProto):
        return read_tensor(file, value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, (int, float)) else [_plain(file, each) for each in value]


def subgraph(node: onnx.NodeProto, name: str) -> onnx.GraphProto | None:
    """The graph of an attribute; None where there is none."""
    return next((each.g for each in node.attribute if each.name == name and each.HasField("g")), None)
