"""Runs one operator, or a small graph of them, of an ONNX model by the reader's own rows: for tests of operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor

from deepvis.formats.onnx.model_file import ModelFile
from deepvis.formats.onnx.node_parts import NodeParts
from deepvis.formats.onnx.onnx_ops import find_op
from deepvis.formats.onnx.running import op_of
from deepvis.formats.onnx.tensors import read_tensor
from deepvis.formats.onnx.tracing import Tracer
from deepvis.formats.onnx.values import Value
from deepvis.network.op import Op, Ran, run

FLOATS = (np.float32, np.float64, np.float16)


class Evaluated:
    """One run: ``outputs`` by name, and what ran with its bottoms."""

    def __init__(self, model: onnx.ModelProto, inputs: Mapping[str, np.ndarray], file: Path) -> None:
        self.file = ModelFile(file, model)
        arguments = _arguments_of(model)
        constants = {}
        given = {}
        for name, array in inputs.items():
            is_value = array.dtype in FLOATS and name not in arguments
            if is_value:
                given[name] = torch.from_numpy(np.array(array, np.float32))
            else:
                tensor = read_tensor(self.file, onnx.numpy_helper.from_array(array, name))
                constants[name] = Value(name, tensor.dtype, (tuple(tensor.shape),), (tensor,))
        for tensor in model.graph.initializer:
            held = read_tensor(self.file, tensor)
            constants[tensor.name] = Value(tensor.name, held.dtype, (tuple(held.shape),), (held,))
        tracer = Tracer(self.file, [1], constants)
        for name, tensor in given.items():
            tracer.add_input(name, tensor.dtype, [tuple(tensor.shape)])
        self.trace = tracer.run(model.graph.node)
        self.values = dict(enumerate(given.values()))
        self.ran: list[tuple[NodeParts, Op, Ran]] = [self._ran(step) for step in self.trace.steps]
        self.outputs: dict[str, Tensor | None] = {}
        for each in model.graph.output:
            value = self.trace.env.get(each.name)
            if isinstance(value, Value):
                self.outputs[each.name] = value.constants[0] if value.constants else self.values[value.place]

    def _ran(self, step: NodeParts) -> tuple[NodeParts, Op, Ran]:
        op = op_of(step.row, step.call, [v.dtype for v in step.bottoms], step.batch, step.weights)
        with torch.no_grad():
            ran = run(op, tuple(self.values[v.place] for v in step.bottoms))
        self.values.update({v.place: top for v, top in zip(step.tops, ran.tops, strict=True)})
        return step, op, ran


def _arguments_of(model: onnx.ModelProto) -> set[str]:
    """Inputs that operators must know before they run."""
    opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    found = set()
    for node in model.graph.node:
        row = find_op(node.op_type, opset)
        for place in row.arguments.values() if row is not None else ():
            found.update(list(node.input)[place : place + 1])
    return found


def arrays(values: Sequence) -> list[np.ndarray | None]:
    """Of a test case's data: plain arrays; None where one is none (sequences, optional values)."""
    return [np.asarray(each) if isinstance(each, (np.ndarray, np.generic)) else None for each in values]
