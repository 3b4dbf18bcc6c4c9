"""Goes through the nodes of an ONNX file once: what follows from the file alone is worked out, the rest is left to run.

Shape arithmetic and all that no picture decides become constants; an If with a constant condition becomes its branch;
operators that nothing here knows, and what depends on them, are left out and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import onnx
import torch
from torch import Tensor

import deepvis.formats.onnx.ops  # noqa: F401  (fills the table of operators)
from deepvis.formats.onnx.attributes import attributes_of, subgraph
from deepvis.formats.onnx.call import LeftOutError, OnnxCall
from deepvis.formats.onnx.constant_folding import ConstantFolding
from deepvis.formats.onnx.model_file import ModelFile
from deepvis.formats.onnx.node_parts import LeftOut, Missing, NodeParts, step_of
from deepvis.formats.onnx.nodes import operator_of, taken_names, title_of
from deepvis.formats.onnx.onnx_ops import OnnxOp, find_op
from deepvis.formats.onnx.tensors import read_tensor
from deepvis.formats.onnx.values import TogetherError, Value, batch_axis, constant_value
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.op import naming

MOST_STEPS = 200_000


@dataclass(eq=False)
class Trace:
    """What became of the file's nodes."""

    steps: list[NodeParts] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)  # operator, and why if it is known -> names of nodes
    left_out: list[LeftOut] = field(default_factory=list)
    env: dict[str, Value | Missing] = field(default_factory=dict)


def opsets_of(file: ModelFile) -> dict[str, int]:
    """Domain -> version; ONNX's own is "". Raises ModelError for versions that are not known."""
    found = {each.domain if each.domain != "ai.onnx" else "": each.version for each in file.model.opset_import}
    newest = onnx.defs.onnx_opset_version()
    version = found.get("", newest)
    if not 7 <= version <= newest:
        raise ModelError(
            f"{file.path}: found operator set {version}, expected 7 to {newest}; convert it with "
            "onnx.version_converter.convert_version"
        )
    return found


class Tracer:
    """One way through the file, for the numbers of pictures ``trials``."""

    def __init__(self, file: ModelFile, trials: Sequence[int], constants: Mapping[str, Value]) -> None:
        self.file, self.trials, self.opsets = file, tuple(trials), opsets_of(file)
        self.trace = Trace(env=dict(constants))
        self.taken = taken_names(file.model.graph)
        self.settler = ConstantFolding(len(self.trials), file.path.stat().st_size)
        self.places = 0
        self.count = 0

    def add_input(self, name: str, dtype: torch.dtype, shapes: Sequence[tuple[int, ...]]) -> None:
        axis = batch_axis(f"input {name!r}", shapes, self.trials)
        self.trace.env[name] = Value(name, dtype, tuple(shapes), place=self.places, axis=axis)
        self.places += 1

    def run(self, nodes: Sequence[onnx.NodeProto]) -> Trace:
        """All nodes, in order. Raises ModelError, and TogetherError where several trials do not go together."""
        with torch.no_grad():
            for node in nodes:
                self._enter(node, self.trace.env)
        return self.trace

    # --- one node ---------------------------------------------------------------------------------

    def _enter(self, node: onnx.NodeProto, env: dict[str, Value | Missing]) -> None:
        self.count += 1
        if self.count > MOST_STEPS:
            raise ModelError(f"{self.file.path}: found more than {MOST_STEPS} operators, expected a network")
        title = title_of(node)
        given: list[Value | None] = []
        for name in node.input:
            value = env.get(name) if name else None
            if name and value is None:
                raise ModelError(f"{title}: found no value named {name!r}, expected one that the file gives or makes")
            if isinstance(value, Missing):
                self._mark(node, env, value.cause)
                return
            given.append(value)
        operator = operator_of(node)
        if operator == "If":
            self._branch(node, given, env)
            return
        row = find_op(operator, self.opsets.get(node.domain if node.domain != "ai.onnx" else "", 1))
        if row is None:
            self._leave_out(node, env, operator)
            return
        try:
            with naming(title):
                values = self._values(node, row, operator, given)
        except LeftOutError as error:
            self._leave_out(node, env, f"{operator}: {error}")
            return
        for name, value in zip(node.output, values, strict=False):
            if name:
                if name in env:
                    raise ModelError(f"{title}: found a second value named {name!r}, expected each name once")
                env[name] = value

    def _leave_out(self, node: onnx.NodeProto, env: dict[str, Value | Missing], why: str) -> None:
        self.trace.unknown.setdefault(why, []).append(node.name or next(iter(node.output), ""))
        self._mark(node, env, why=why)

    def _mark(
        self, node: onnx.NodeProto, env: dict[str, Value | Missing], cause: LeftOut | None = None, why: str = ""
    ) -> None:
        row = find_op(operator_of(node), self.opsets.get(node.domain if node.domain != "ai.onnx" else "", 1))
        kind = row.kind if row is not None and isinstance(row.kind, Kind) else Kind.OTHER
        left_out = LeftOut(node, len(self.trace.steps), kind, cause, why)
        self.trace.left_out.append(left_out)
        env.update({name: Missing(cause or left_out) for name in node.output if name})

    def _branch(self, node: onnx.NodeProto, given: Sequence[Value | None], env: dict[str, Value | Missing]) -> None:
        """The branch of an If whose condition follows from the file."""
        condition = given[0] if given else None
        if condition is None or condition.constants is None:
            self._leave_out(node, env, "If: its condition depends on what is in the picture")
            return
        choices = {bool(each.reshape(-1).any()) for each in condition.constants}
        if len(choices) > 1:
            raise TogetherError(f"{title_of(node)} takes another branch for several pictures")
        branch = subgraph(node, "then_branch" if choices.pop() else "else_branch")
        if branch is None:
            raise ModelError(f"{title_of(node)}: found no branch, expected then_branch and else_branch")
        inner = dict(env)
        for tensor in branch.initializer:
            inner[tensor.name] = constant_value(tensor.name, [read_tensor(self.file, tensor)] * len(self.trials))
        self.taken |= {name for each in branch.node for name in each.input} | {each.name for each in branch.output}
        for each in branch.node:
            for name in each.output:  # a name of the branch's own hides one from outside
                inner.pop(name, None)
            self._enter(each, inner)
        for name, made in zip(node.output, branch.output, strict=False):
            if name:
                if made.name not in inner:
                    raise ModelError(f"{title_of(node)}: its branch makes no {made.name!r}, expected its outputs")
                env[name] = inner[made.name]

    # --- what it makes ----------------------------------------------------------------------------

    def _values(
        self, node: onnx.NodeProto, row: OnnxOp, operator: str, given: Sequence[Value | None]
    ) -> Sequence[Value | Missing]:
        title = title_of(node)
        at = {place: name for name, place in row.arguments.items()}
        arguments = {at[i]: v for i, v in enumerate(given) if i in at and v is not None}
        for name, value in arguments.items():
            if value.constants is None:
                raise LeftOutError(f"its {name} depends on what is in the picture")
        data = [v for i, v in enumerate(given) if i not in at]
        first = next((i for i, name in enumerate(node.output) if name), None)
        if first is None:
            raise ModelError(f"{title}: found no output, expected one")
        outputs = tuple(bool(name) and (name in self.taken or i == first) for i, name in enumerate(node.output))
        call = OnnxCall(
            node.name or next(iter(node.output), ""),
            operator,
            self.opsets.get(node.domain if node.domain != "ai.onnx" else "", 1),
            attributes_of(self.file, node),
            outputs=outputs or (True,),
        )
        by_trial = self._arguments(title, row, call, arguments, data)
        if all(v is None or v.constants is not None for v in data):
            return self.settler.fold(node, row, call, by_trial, data)
        step, found = step_of(node, row, call, by_trial, data, trials=self.trials, place=self.places)
        if step is not None:
            self.trace.steps.append(step)
            self.places += len(step.tops)
        return found

    def _arguments(
        self, title: str, row: OnnxOp, call: OnnxCall, arguments: Mapping[str, Value], data: Sequence[Value | None]
    ) -> list[dict[str, Tensor]]:
        """Of each trial. What the file says of one number of pictures is said anew of the others."""
        constants = {name: value.constants or () for name, value in arguments.items()}
        found = [{name: each[trial] for name, each in constants.items()} for trial in range(len(self.trials))]
        first = data[0] if data else None
        if row.rebatch is None or first is None or first.axis is None:
            return found
        if not all(value.is_one_constant for value in arguments.values()):
            return found
        at_first = replace(call, arguments=found[0], inputs=())
        for trial, count in enumerate(self.trials if len(self.trials) > 1 else ()):
            try:
                changed = row.rebatch(at_first, first.shapes[0], first.axis, count // self.trials[0])
            except ModelError as error:
                raise TogetherError(str(error)) from None
            found[trial].update({name: torch.tensor(values) for name, values in changed.items()})
        return found
