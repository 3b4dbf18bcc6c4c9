"""Goes through the nodes of an ONNX file once: what follows from the file alone is worked out, the rest is left to run.

Shape arithmetic and all that no picture decides become constants; an If with a constant condition becomes its branch;
operators that nothing here knows, and what depends on them, are left out and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import onnx
import torch
from torch import Tensor

import deepvis.formats.onnx.ops  # noqa: F401  (fills the table of operators)
from deepvis.formats.onnx.attributes import attributes_of, subgraph
from deepvis.formats.onnx.call import Bottom, Call, LeftOutError
from deepvis.formats.onnx.model_file import ModelFile
from deepvis.formats.onnx.nodes import HEAVY, alike, as_bottoms, operator_of, taken_names, title_of, weight_input
from deepvis.formats.onnx.onnx_ops import OnnxOp, find_op
from deepvis.formats.onnx.running import BatchAt, chosen
from deepvis.formats.onnx.tensors import read_tensor
from deepvis.formats.onnx.values import TogetherError, Value, argument_of, batch_axis, constant_value, weight_of
from deepvis.network.errors import ModelError
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights, as_tuple, check_size, naming

MOST_BYTES = 1 << 29  # of constants that are worked out here, beside some times the file's size
MOST_WORK = 1 << 33  # multiplications of one of them
MOST_STEPS = 200_000


@dataclass(frozen=True, eq=False)
class Step:
    """One operator that runs: all that a node of the graph is made of, but for its name."""

    node: onnx.NodeProto
    row: OnnxOp
    call: Call
    bottoms: tuple[Value, ...]
    weights: tuple[Tensor, ...]
    tops: tuple[Value, ...]
    batch: BatchAt | None
    weight_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A node that is not run.

    at: how many steps stand before it. kind: of its row, OTHER without one. cause: the node that it needs, None for one
    that nothing here runs itself. why: of such a one, its operator and what hinders beside that it is unknown.
    """

    node: onnx.NodeProto
    at: int
    kind: Kind
    cause: LeftOut | None = None
    why: str = ""


@dataclass(eq=False)
class Missing:
    """A value that is not made here. cause: the node that nothing here runs; None: an output that its node has not."""

    cause: LeftOut | None


@dataclass(eq=False)
class Trace:
    """What became of the file's nodes."""

    steps: list[Step] = field(default_factory=list)
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
        self.left = MOST_BYTES + 8 * file.path.stat().st_size
        self.seen: set[int] = set()  # memory that is counted already
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

    def _values(self, node: onnx.NodeProto, row: OnnxOp, operator: str, given: Sequence[Value | None]) -> list[Value]:
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
        call = Call(
            node.name or next(iter(node.output), ""),
            operator,
            self.opsets.get(node.domain if node.domain != "ai.onnx" else "", 1),
            attributes_of(self.file, node),
            outputs=outputs or (True,),
        )
        by_trial = self._arguments(title, row, call, arguments, data)
        if all(v is None or v.constants is not None for v in data):
            return self._settled(node, row, call, by_trial, data)
        return self._step(node, row, call, by_trial, data)

    def _arguments(
        self, title: str, row: OnnxOp, call: Call, arguments: Mapping[str, Value], data: Sequence[Value | None]
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

    def _settled(
        self, node: onnx.NodeProto, row: OnnxOp, call: Call, by_trial: Sequence[dict[str, Tensor]],
        data: Sequence[Value | None],
    ) -> list[Value]:  # fmt: skip
        """Constants out of constants, worked out once where the trials do not differ."""
        made: list[tuple[Tensor, ...]] = []
        places = [v for v in data if v is not None]
        inputs = as_bottoms(data)
        outputs = (True,) * max(len(node.output), 1)
        call = replace(call, inputs=inputs, outputs=outputs)
        for trial, arguments in enumerate(by_trial):
            tensors = tuple(v.constants[trial] for v in places)  # type: ignore[index]
            same = next((t for t in range(trial) if self._is_same(by_trial, places, t, trial)), None)
            if same is not None:
                made.append(made[same])
                continue
            op = row.build(replace(call, arguments=arguments), ())
            self._check_work(call, op, tensors)
            tops = as_tuple(op.forward(*tensors))
            for top in tops:
                self._count(title_of(node), top)
            made.append(tuple(top.detach() for top in tops))
        count = min(len(each) for each in made)
        if count < sum(map(bool, call.outputs)) and any(node.output[count:]):
            raise call.fault(f"{len(node.output)} outputs", f"at most {count}")
        return [constant_value(name, [each[i] for each in made]) for i, name in enumerate(node.output[:count])]

    @staticmethod
    def _is_same(by_trial: Sequence[dict[str, Tensor]], places: Sequence[Value], a: int, b: int) -> bool:
        arguments = by_trial[a].keys() == by_trial[b].keys() and all(
            value is by_trial[b][name] for name, value in by_trial[a].items()
        )
        return arguments and all(v.constants[a] is v.constants[b] for v in places)  # type: ignore[index]

    def _check_work(self, call: Call, op: Op, tensors: Sequence[Tensor]) -> None:
        """Refuse what would take long, or much memory, before it is done. Raises ModelError."""
        try:
            metas = [torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="meta") for t in tensors]
            tops = as_tuple(op.forward(*metas))
        except (NotImplementedError, LeftOutError):  # its size follows from the values
            return
        for top in tops:
            check_size(call.title, top.shape)
            size = top.untyped_storage().nbytes() if top.device.type == "meta" else 0
            if size > self.left and size > max((t.untyped_storage().nbytes() for t in tensors), default=0):
                raise call.fault(f"a constant of {size >> 20} MiB", f"at most {self.left >> 20} MiB more of them")
            if call.op in HEAVY:
                work = top.numel() * max((t.numel() // max(t.shape[0], 1) for t in tensors if t.dim()), default=1)
                if work > MOST_WORK:
                    raise call.fault(f"a constant that takes {work} multiplications", f"at most {MOST_WORK}")

    def _count(self, title: str, made: Tensor) -> None:
        storage = made.untyped_storage()
        if storage.data_ptr() not in self.seen:
            self.seen.add(storage.data_ptr())
            self.left -= storage.nbytes()
        if self.left < 0:
            raise ModelError(f"{title}: found constants of many times the file's size, expected those of a network")

    def _step(
        self, node: onnx.NodeProto, row: OnnxOp, call: Call, by_trial: Sequence[dict[str, Tensor]],
        data: Sequence[Value | None],
    ) -> list[Value]:  # fmt: skip
        """An operator that runs: shapes for each trial, without data."""
        title = title_of(node)
        weights: list[Tensor] = []
        bottoms = tuple(v for v in data if v is not None and v.constants is None)
        inputs: list[Any] = []
        places = 0
        for value in data:
            if value is None:
                inputs.append(None)
            elif value.constants is None:
                inputs.append(Bottom(places))
                places += 1
            else:
                tensor = weight_of(title, value.constants, self.trials)
                inputs.append(weight_input(len(weights), tensor))
                weights.append(tensor)
        call = replace(call, inputs=tuple(inputs))
        fixed = [replace(call, arguments=arguments) for arguments in by_trial]
        self._check_mixing(title, row, fixed[0], data)
        metas = [torch.empty(tuple(w.shape), dtype=w.dtype, device="meta") for w in weights]
        made = [self._made_without_data(row, each, metas, bottoms, t) for t, each in enumerate(fixed)]
        call = replace(
            call,
            arguments={
                name: argument_of(title, [each[name] for each in by_trial], self.trials) for name in by_trial[0]
            },
        )
        batch = self._batch_at(title, bottoms) if call.depends_on_batch else None
        tops, found = [], []
        names = [name for name, is_taken in zip(node.output, call.outputs, strict=True) if is_taken]
        is_all_constant = all(top.device.type != "meta" for top in made[0])
        for i, name in enumerate(names):
            trials = [each[i] for each in made]
            if is_all_constant:
                found.append(constant_value(name, alike(trials)))
                continue
            shapes = tuple(tuple(top.shape) for top in trials)
            check_size(title, shapes[0])
            axis = batch_axis(title, shapes, self.trials)
            if axis is None and any(v.axis is not None for v in bottoms):
                raise TogetherError(f"{title} joins what belongs to several pictures")
            tops.append(Value(name, trials[0].dtype, shapes, place=self.places, axis=axis))
            self.places += 1
            found.append(tops[-1])
        if tops:
            names_of_weights = tuple(v.name for v in data if v is not None and v.constants is not None)
            self.trace.steps.append(
                Step(node, row, call, bottoms, tuple(weights), tuple(tops), batch, names_of_weights)
            )
        by_name = dict(zip(names, found, strict=True))
        return [by_name.get(name) or Missing(None) for name in node.output]  # type: ignore[misc]

    def _made_without_data(
        self, row: OnnxOp, call: Call, weights: Weights, bottoms: Sequence[Value], trial: int
    ) -> tuple[Tensor, ...]:
        try:
            op = chosen(row.build(call, weights), call)
            if op.shapes is not None and all(v.dtype is torch.float32 for v in bottoms):
                shapes = op.shapes(*[v.shapes[trial] for v in bottoms])
                return tuple(torch.empty(tuple(shape), device="meta") for shape in shapes)
            empty = [torch.empty(v.shapes[trial], dtype=v.dtype, device="meta") for v in bottoms]
            return as_tuple(op.forward(*empty))
        except LeftOutError:
            raise
        except NotImplementedError as error:  # of torch: without data there is no shape
            raise LeftOutError(f"{str(error).splitlines()[0][:200]}") from None
        except Exception as error:
            if trial:
                raise TogetherError(f"{call.title} takes one number of pictures alone") from error
            raise

    def _check_mixing(self, title: str, row: OnnxOp, call: Call, data: Sequence[Value | None]) -> None:
        """Raise TogetherError where places along the axis of the pictures see each other."""
        for place, value in enumerate(data):
            if value is None or value.axis is None or value.constants is not None:
                continue
            if value.axis in set(row.mixes(call, place, value.shapes[0])):
                raise TogetherError(f"{title} works along the axis of the pictures")

    def _batch_at(self, title: str, bottoms: Sequence[Value]) -> BatchAt:
        for place, value in enumerate(bottoms):
            if value.axis is not None:
                return BatchAt(place, value.axis, value.shapes[0][value.axis] // self.trials[0])
        raise TogetherError(f"{title} depends on their number alone")
