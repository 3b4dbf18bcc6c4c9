"""Attributes of ONNX nodes as plain Python values."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import AttributeProto

from deepvis.formats.onnx.model_file import ModelFile
from deepvis.formats.onnx.tensors import read_tensor


def attributes_of(file: ModelFile, node: onnx.NodeProto) -> dict[str, Any]:
    """Numbers, texts, lists of them, and tensors, by name; graphs and types are left out. Raises ModelError."""
    found: dict[str, Any] = {}
    for each in node.attribute:
        kind = each.type or _kind(each)
        if kind == AttributeProto.FLOAT:
            found[each.name] = each.f
        elif kind == AttributeProto.INT:
            found[each.name] = each.i
        elif kind == AttributeProto.STRING:
            found[each.name] = each.s.decode("utf-8", "replace")
        elif kind == AttributeProto.FLOATS:
            found[each.name] = list(each.floats)
        elif kind == AttributeProto.INTS:
            found[each.name] = list(each.ints)
        elif kind == AttributeProto.STRINGS:
            found[each.name] = [text.decode("utf-8", "replace") for text in each.strings]
        elif kind == AttributeProto.TENSOR:
            found[each.name] = read_tensor(file, each.t)
    return found


def _kind(attribute: onnx.AttributeProto) -> int:
    """Of files before the field ``type``: by the field that is there."""
    for name, kind in (("f", 1), ("i", 2), ("s", 3), ("t", 4), ("g", 5)):
        if attribute.HasField(name):
            return kind
    for name, kind in (("floats", 6), ("ints", 7), ("strings", 8)):
        if len(getattr(attribute, name)):
            return kind
    return 0


def subgraph(node: onnx.NodeProto, name: str) -> onnx.GraphProto | None:
    """The graph of an attribute; None where there is none."""
    return next((each.g for each in node.attribute if each.name == name and each.HasField("g")), None)
