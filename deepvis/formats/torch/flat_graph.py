"""An exported program, flat and functional, as a graph: one node an operator."""

from __future__ import annotations

import logging
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind

import deepvis.formats.torch.ops  # noqa: F401  (fills the table of operators)
from deepvis.formats.open_arguments import BatchAt, Bottom, Dims, Weight
from deepvis.formats.torch.aten_ops import ATEN_OPS, build, field_of, kind_of, note_of
from deepvis.formats.torch.aten_rectifiers import with_plain_rectifiers
from deepvis.formats.torch.call import AtenCall, expression, is_open, leaves, packet_name
from deepvis.formats.torch.node_names import module_calls, module_class
from deepvis.formats.torch.output_keys import keys_of_spec
from deepvis.network.graph import Graph, GraphBuilder, Shape
from deepvis.network.inputs import one_picture
from deepvis.network.model_error import ModelError
from deepvis.network.node_names import names_of, unique

log = logging.getLogger(__name__)


def graph_of_program(name: str, program: ExportedProgram, module: torch.nn.Module, notes: Sequence[str] = ()) -> Graph:
    """The program as a graph, its weights the module's own. Raises ModelError for what cannot be run node by node.

    The batch is the one size that may be open; inputs are declared for one picture.
    """
    return _Making(name, program, module).graph(notes)


class _Making:
    """One program on its way to a graph."""

    def __init__(self, name: str, program: ExportedProgram, module: torch.nn.Module) -> None:
        specs = program.graph_signature.input_specs
        placeholders = [node for node in program.graph.nodes if node.op == "placeholder"]
        by_kind = list(zip(placeholders, specs, strict=True))
        self.inputs = [node for node, spec in by_kind if spec.kind is InputKind.USER_INPUT]
        held = _held_tensors(program, module)
        self.weights = {node: held[str(spec.target)] for node, spec in by_kind if str(spec.target) in held}
        self.network = name
        self.symbols = _batch_symbols(self.inputs)
        with_plain_rectifiers(program.graph, self.weights)
        self.outputs = [str(name) for name in program.graph_signature.user_outputs]
        self.output_keys = keys_of_spec(program.call_spec.out_spec, len(self.outputs))
        self.makers = [
            node for node in program.graph.nodes if node.op == "call_function" and _makes_tensors(node, name)
        ]
        taken = [node.name for node in self.inputs]
        calls = [(module_calls(node.meta.get("nn_module_stack")), _op_name(node)) for node in self.makers]
        self.names = dict(zip(self.makers, names_of(calls, taken), strict=True))
        self.used = {*taken, *self.names.values()}
        shapes = {node.name: self._declared(node) for node in self.inputs}
        self.builder = GraphBuilder(name, shapes)
        self.values: dict[fx.Node, int] = {node: place for place, node in enumerate(self.inputs)}
        self.value_names = {place: node.name for place, node in enumerate(self.inputs)}

    def graph(self, notes: Sequence[str]) -> Graph:
        own_notes = [note for node in self.makers if (note := self._enter(node))]
        log.info("%s: %s", self.network, self._by_what())
        by_exported_name = {node.name: self.value_names[value] for node, value in self.values.items()}
        return self.builder.graph(
            notes=(*notes, *dict.fromkeys(own_notes)),
            outputs=[by_exported_name.get(name, "") for name in self.outputs],
            output_keys=self.output_keys,
            batch=None if self.symbols else self._baked_batch(),
        )

    def _by_what(self) -> str:
        """How many operators have a rule here, and how many are left to autograd, of which kinds."""
        by_rule = [node for node in self.makers if _op_name(node) in ATEN_OPS]
        others = Counter(_op_name(node) for node in self.makers if _op_name(node) not in ATEN_OPS)
        named = ", ".join(f"{count} {op}" for op, count in others.most_common())
        named = f" ({named})" if named else ""
        return f"{len(by_rule)} operators by rule, {others.total()} by autograd{named}, none refused"

    def _enter(self, node: fx.Node) -> str:
        """Enter an operator; returns the note on it, "" where there is none."""
        name = self.names[node]
        bottoms: list[fx.Node] = []
        weights: list[Tensor] = []
        arguments = self._arguments(node, bottoms, weights)
        pieces = _pieces(node)
        batch = self._batch_at(bottoms)
        needs_batch = any(is_open(size) for size in _sizes_in(node))
        has_carrier = needs_batch and batch is None and bool(self.symbols)
        if has_carrier:
            bottoms.append(next(node for node in self.inputs if is_open(node.meta["val"].shape[0])))
            batch = self._batch_at(bottoms)
        tops = [name] if pieces is None else [unique(f"{name}.{i}", self.used) for i in pieces]
        tops = [name] if len(tops) == 1 else tops
        made = [node.meta["val"]] if pieces is None else [node.meta["val"][i] for i in pieces]
        call = AtenCall(
            name,
            node.target,  # type: ignore[arg-type]
            arguments,
            tuple(self._dims(bottom.meta["val"], node) for bottom in bottoms),
            tuple(bottom.meta["val"].dtype for bottom in bottoms),
            tuple(self._dims(value, node) for value in made),
            None if pieces is None else tuple(pieces),
            batch,
            has_carrier,
        )
        if not bottoms and torch.Tag.nondeterministic_seeded not in call.target.tags:
            self._settle(node, call, weights)
            return ""
        values = self.builder.add(
            name,
            kind_of(call),
            [self.values[bottom] for bottom in bottoms],
            tops,
            partial(build, call),
            weights=tuple(weights),
            field=field_of(call),
            type=self._type(node),
            outputs=_channels(call.top_dims),
            signature=call.signature([self.value_names[self.values[bottom]] for bottom in bottoms]),
        )
        self.value_names.update(zip(values, tops, strict=True))
        if pieces is None:
            self.values[node] = values[0]
        else:
            for user in node.users:
                self.values[user] = values[pieces.index(_piece(user))]
        return note_of(call)

    def _type(self, node: fx.Node) -> str:
        """The module's class where the node has the module's name, as its last one; else the operator's name."""
        stack = node.meta.get("nn_module_stack")
        is_module = module_calls(stack)[-1:] == (self.names[node],)
        return (is_module and module_class(stack)) or _op_name(node).strip("_")

    def _settle(self, node: fx.Node, call: AtenCall, weights: Sequence[Tensor]) -> None:
        """What follows from weights alone, as positions or a kernel with weight norm, is a weight itself."""
        with torch.no_grad():
            made = call.forward(weights)()
        if call.outputs is None:
            self.weights[node] = made
        else:
            self.weights.update({user: made[call.outputs.index(_piece(user))] for user in node.users})

    def _arguments(self, node: fx.Node, bottoms: list[fx.Node], weights: list[Tensor]) -> Mapping[str, Any]:
        """By the schema's names, tensors and sizes left open; enters the tensors into ``bottoms`` and ``weights``."""
        schema = node.target._schema  # type: ignore[union-attr]
        given = dict(zip([a.name for a in schema.arguments], node.args, strict=False)) | dict(node.kwargs)
        complete = {a.name: given.get(a.name, a.default_value) for a in schema.arguments}

        def opened(value: Any) -> Any:
            if isinstance(value, (list, tuple)):
                return [opened(each) for each in value]
            if not isinstance(value, fx.Node):
                return value
            if value in self.weights:
                weights.append(self.weights[value])
                return Weight(len(weights) - 1, tuple(weights[-1].shape))
            if value in self.values:
                bottoms.append(value)
                return Bottom(len(bottoms) - 1)
            return self._size(value.meta.get("val"), node)

        return {name: opened(value) for name, value in complete.items()}

    def _size(self, value: Any, node: fx.Node) -> Any:
        if isinstance(value, (int, float, bool)):
            return value
        if isinstance(value, (torch.SymInt, torch.SymFloat)) and not is_open(value):
            return int(value) if isinstance(value, torch.SymInt) else float(value)
        if not is_open(value) or not value.node.expr.free_symbols <= self.symbols:
            raise ModelError(
                f"layer {self.names[node]!r} ({_op_name(node)}): found a size that depends on what is in the picture, "
                "expected one that follows from its size; leave that part out of the module"
            )
        return expression(value, self.symbols)

    def _dims(self, value: Tensor, node: fx.Node) -> Dims:
        return tuple(self._size(d, node) for d in value.shape)

    def _declared(self, node: fx.Node) -> Shape:
        """The input's shape for one picture."""
        dims = tuple(1 if is_open(d) else int(d) for d in node.meta["val"].shape)
        baked = None if self.symbols else self._baked_batch()
        return (1, *dims[1:]) if dims[:1] == (baked,) else one_picture(dims)

    def _baked_batch(self) -> int:
        """How many pictures it was exported for."""
        return int(self.inputs[0].meta["val"].shape[0])

    def _batch_at(self, bottoms: Sequence[fx.Node]) -> BatchAt | None:
        """Where the number of pictures can be read off a bottom; None where it cannot."""
        for place, bottom in enumerate(bottoms):
            for axis, d in enumerate(bottom.meta["val"].shape):
                symbols = d.node.expr.free_symbols if is_open(d) else ()
                if len(symbols) == 1 and (factor := d.node.expr / next(iter(symbols))).is_Integer:
                    return BatchAt(place, axis, int(factor))
        return None


def _held_tensors(program: ExportedProgram, module: torch.nn.Module) -> dict[str, Tensor]:
    """Name -> parameter, buffer or constant, without gradients; one that has several names is one object."""
    own = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    constants = {name: value for name, value in program.constants.items() if isinstance(value, Tensor)}
    detached: dict[int, Tensor] = {}
    everything = {**constants, **program.state_dict, **own}
    return {name: detached.setdefault(id(tensor), tensor.detach()) for name, tensor in everything.items()}


def _batch_symbols(inputs: Sequence[fx.Node]) -> set[Any]:
    """The sympy symbols of the inputs' batches, which are all one N; none where it was exported for a fixed one."""
    tensors = [node.meta["val"] for node in inputs if isinstance(node.meta.get("val"), Tensor)]
    sizes = [value.shape[0] for value in tensors if value.dim()]
    return {size.node.expr for size in sizes if is_open(size)}


def _makes_tensors(node: fx.Node, network: str) -> bool:
    """False for sizes, checks, and the pieces of what several tensors come from. Raises ModelError."""
    value = node.meta.get("val")
    if node.target is operator.getitem or value is None:
        return False
    if not isinstance(value, Tensor) and not (isinstance(value, (list, tuple)) and _pieces(node)):
        return False
    if not isinstance(node.target, torch._ops.OpOverload):
        raise ModelError(
            f"{network}: found {node.target}, which holds a part of the network as a function, expected plain "
            "operators; write that part of the module without control flow, checkpoints or changes of the gradient mode"
        )
    return True


def _pieces(node: fx.Node) -> list[int] | None:
    """Which of its outputs are used, in order; None where it has one only."""
    if isinstance(node.meta["val"], Tensor):
        return None
    return sorted({_piece(user) for user in node.users if user.target is operator.getitem})


def _piece(getitem: fx.Node) -> int:
    """Which output it takes."""
    place: Any = getitem.args[1]
    return int(place)


def _op_name(node: fx.Node) -> str:
    return packet_name(node.target) if isinstance(node.target, torch._ops.OpOverload) else str(node.target)


def _sizes_in(node: fx.Node) -> list[Any]:
    """What the arguments that are no tensors are worth."""
    nodes = [leaf for leaf in leaves([node.args, node.kwargs]) if isinstance(leaf, fx.Node)]
    return [each.meta.get("val") for each in nodes]


def _channels(tops: Sequence[Dims]) -> int | None:
    """Of the first top, where it has channels."""
    dims = tops[0] if tops else ()
    return dims[1] if len(dims) > 1 and isinstance(dims[1], int) else None
