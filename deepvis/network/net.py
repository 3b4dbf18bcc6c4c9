"""A network ready to run: forward onto a tape, backward from any blob, or whole-graph autograd for training."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

import deepvis.formats.caffe.layers  # noqa: F401  (fills the table of layer types)
from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.layers.python import PYTHON_LAYERS, python_name
from deepvis.formats.caffe.spec import LayerSpec, NetSpec
from deepvis.network.errors import ModelError
from deepvis.network.graph import Node, Plan
from deepvis.network.op import COMPLAINTS, LAYERS, Op, Ran, as_tuple, build, complaint, naming, run
from deepvis.network.shapes import Shape, infer_shapes
from deepvis.network.tape import Tape

Inputs = Mapping[str, "np.ndarray | Tensor"]

warnings.filterwarnings("ignore", message="The given NumPy array is not writable")  # weights are only read


class UnsupportedLayers(ModelError):
    """The network has layers that the engine does not know. ``layers``: (name, type) of each."""

    def __init__(self, layers: Sequence[LayerSpec]) -> None:
        self.layers = [(layer.name, layer.type) for layer in layers]
        types: dict[str, list[str]] = {}
        for layer in layers:
            kind = layer.type if layer.type != "Python" else f"Python {python_name(layer)}"
            types.setdefault(kind, []).append(layer.name)
        found = "; ".join(f"{kind} (layer {', '.join(map(repr, names))})" for kind, names in types.items())
        super().__init__(
            f"the engine has no layer type {found}; remove these layers, or add a file for the type to "
            "deepvis/formats/caffe/layers (docs/engine.md says how)"
        )


def unsupported(spec: NetSpec) -> list[LayerSpec]:
    """The layers of types that the engine does not know, and Python layers that nothing stands in for."""
    return [
        layer
        for layer in spec.layers
        if (layer.type not in LAYERS and layer.type != "Input")
        or (layer.type == "Python" and python_name(layer) not in PYTHON_LAYERS)
    ]


class Net:
    """A network on a device.

    Cheap to make: the weights are the specification's own arrays (copied only to a GPU, once), and all nets over one
    specification share what has been worked out for it. The arrays are not to be written to while a net
    uses them: layers may hold them in another layout too.

    spec: the specification, its missing weights filled where it asks for that.
    shapes: blob -> shape for the declared input shapes.
    Raises UnsupportedLayers, and ModelError where shapes, parameters and weights do not fit.
    """

    def __init__(self, spec: NetSpec, device: str | torch.device = "cpu") -> None:
        self.device = usable(device)
        self._shared = shared_parts(spec, self.device)
        self.spec = self._shared.filled or spec
        self.plan, self.shapes = self._shared.plan, self._shared.shapes

    # --- running ---------------------------------------------------------------------------------

    @torch.no_grad()
    def forward(self, inputs: Inputs, *, until: str | None = None, keep: str | Collection[str] = "all") -> Tape:
        """Run the network on ``inputs`` (blob -> array, batch first; any batch and image size that the layers allow).

        until: stop after the last layer that writes this blob; None: run all.
        keep: "all", or the names of the only blobs that are wanted: then nothing else is run or held, and
        there is no way back. Arrays become float32 on the device. Raises ModelError.
        """
        plan, values = self.plan, self._given(inputs)
        indices = plan.upto(until) if until is not None else range(len(plan.nodes))
        ran: dict[int, tuple[Op, Ran]] = {}
        if keep == "all":
            for _ in self._run(values, indices, ran):
                pass
        else:
            wanted = {plan.last(blob) for blob in ([keep] if isinstance(keep, str) else keep)}
            indices = [i for i in plan.behind(wanted) if until is None or i < len(indices)]
            last_use = last_uses(plan, indices)
            for node in self._run(values, indices):
                let_go(values, node, last_use, wanted)
            values = {value: x for value, x in values.items() if value in wanted}
        return Tape(plan, values, ran)

    @torch.no_grad()
    def blobs_as_made(self, inputs: Inputs, blobs: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Run what ``blobs`` depend on, and give each of them (name, tensor) as soon as it has its last value.

        It is in the processor's cache then, and is held no longer than the layers after it need it: for a look at
        many blobs quicker than ``forward``, and with a fraction of its memory. Raises ModelError.
        """
        plan, values = self.plan, self._given(inputs)
        wanted = {plan.last(blob): blob for blob in blobs}
        yield from ((wanted[value], x) for value, x in list(values.items()) if value in wanted)
        indices = plan.behind(wanted)
        last_use = last_uses(plan, indices)
        for node in self._run(values, indices):
            yield from ((wanted[value], values[value]) for value in node.tops if value in wanted)
            let_go(values, node, last_use)

    def _run(
        self, values: dict[int, Tensor], indices: Iterable[int], ran: dict[int, tuple[Op, Ran]] | None = None
    ) -> Iterator[Node]:
        """Run nodes, one at each step: their tops go into ``values``, what a walk back needs into ``ran``."""
        node = None
        try:  # around all layers: a context for each would cost more than some of them
            for index in indices:
                node = self.plan.nodes[index]
                op = self._op(node)
                result = run(op, tuple([values[b] for b in node.bottoms]))
                tops = result.tops if node.bottoms else [top.to(self.device) for top in result.tops]
                values.update(zip(node.tops, tops, strict=True))
                if ran is not None:
                    ran[index] = (op, result)
                del result, tops  # else they would outlive their last use
                yield node
        except COMPLAINTS as error:
            if node is None or isinstance(error, ModelError):
                raise
            raise complaint(node.spec, error) from error

    def functional(
        self,
        x: Tensor | Mapping[str, Tensor],
        weights: Mapping[str, Sequence[Tensor]],
        until: str | None = None,
        *,
        training: bool = False,
        after: Mapping[str, Callable[[Tensor], Tensor]] | None = None,
    ) -> Tensor | dict[str, Tensor]:
        """The network as one differentiable function of its input and weights, for training.

        x: the input blob, or blob -> tensor. weights: layer name -> tensors, as ``parameters()`` gives them.
        until: the blob to return; None: a dict of all blobs. training: layers as in Caffe's TRAIN phase.
        after: layer name -> function of its first top, whose result takes the top's place (in-place layers
        of the file then work on it): the place for a batch normalisation that is folded into the weights later.
        """
        plan = self.plan
        named = x if isinstance(x, Mapping) else {self._only_input(): x}
        values: dict[int, Tensor] = {plan.inputs[blob]: tensor for blob, tensor in named.items()}
        indices = plan.behind([plan.last(until)]) if until is not None else range(len(plan.nodes))
        for index in indices:
            node = plan.nodes[index]
            op = build(node.spec, weights.get(node.spec.name, ()), training=training)
            with naming(node.spec):
                tops = list(as_tuple(op.forward(*(values[b] for b in node.bottoms))))
            if after and node.spec.name in after:
                tops[0] = after[node.spec.name](tops[0])
            values.update(zip(node.tops, tops, strict=True))
        if until is not None:
            return values[plan.last(until)]
        return {plan.names[value]: values[value] for value in sorted(values)}

    def parameters(self) -> dict[str, list[Tensor]]:
        """Layer name -> its weight blobs on the device (on the CPU they share memory with the specification)."""
        return {node.spec.name: self._weights_of(node.spec) for node in self.plan.nodes if node.spec.blobs}

    # --- parts -----------------------------------------------------------------------------------

    def _only_input(self) -> str:
        if len(self.plan.inputs) != 1:
            raise ModelError(f"the network has the inputs {', '.join(self.plan.inputs)}: name the one that is given")
        return next(iter(self.plan.inputs))

    def _given(self, inputs: Inputs) -> dict[int, Tensor]:
        missing = [blob for blob in self.plan.inputs if blob not in inputs]
        unknown = [blob for blob in inputs if blob not in self.plan.inputs]
        if missing or unknown:
            raise ModelError(
                f"found the inputs {', '.join(inputs) or 'none'}, expected {', '.join(self.plan.inputs) or 'none'}"
            )
        values = {}
        for blob, value in self.plan.inputs.items():
            x = torch.as_tensor(inputs[blob])
            values[value] = x.to(self.device, torch.float32).detach()
        return values

    def _op(self, node: Node) -> Op:
        """The node's op. A ReLU that only its blob's maker sees is done by the maker, where that is quicker."""
        ops, done_before = self._shared.ops, self._shared.done_before
        if node.index not in ops:
            op = build(node.spec, self._weights_of(node.spec))
            if op.with_relu is not None and node.index in self.plan.rectified:
                op = op.with_relu
                done_before.add(self.plan.rectified[node.index])
            elif node.index in done_before:
                op = replace(op, forward=lambda x: x)
            ops[node.index] = op
        return ops[node.index]

    def _weights_of(self, spec: LayerSpec) -> list[Tensor]:
        weights = self._shared.weights
        for array in spec.blobs:
            if id(array) not in weights:
                weights[id(array)] = torch.from_numpy(array).to(self.device)
        return [weights[id(array)] for array in spec.blobs]


def usable(device: str | torch.device) -> torch.device:
    """The device, set to compute as Caffe does. Raises ModelError where it is not there."""
    device = torch.device(device)
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise ModelError(
                f"device {str(device)!r}: found no GPU that this PyTorch can use, expected one; take 'cpu'"
            )
        torch.backends.cudnn.allow_tf32 = False  # its 10 bits of mantissa would be 1e-3 away from Caffe
    return device


@dataclass(eq=False)
class SharedParts:
    """What all nets over one specification on one device have in common.

    filled: the specification with the weights that its fillers made; None where it has its own.
    ops: node -> its op, built when first run. done_before: ReLU nodes that the node before them does.
    weights: id of an array -> its tensor, so that shared weights stay shared.
    """

    filled: NetSpec | None
    plan: Plan
    shapes: dict[str, Shape]
    ops: dict[int, Op] = field(default_factory=dict)
    done_before: set[int] = field(default_factory=set)
    weights: dict[int, Tensor] = field(default_factory=dict)


_parts: WeakKeyDictionary[NetSpec, dict[torch.device, SharedParts]] = WeakKeyDictionary()
_parts_lock = Lock()


def shared_parts(spec: NetSpec, device: torch.device) -> SharedParts:
    """The parts of the specification on the device, made at the first call and kept as long as it lives."""
    with _parts_lock:
        own = _parts.setdefault(spec, {})
        if device not in own:
            unknown = unsupported(spec)
            if unknown:
                raise UnsupportedLayers(unknown)
            filled = fill_net(spec) if spec.fill else None
            plan = Plan(filled or spec)
            own[device] = SharedParts(filled, plan, infer_shapes(plan, spec.inputs))
        return own[device]


def last_uses(plan: Plan, indices: Sequence[int]) -> dict[int, int]:
    """value -> the last of the nodes ``indices`` that takes it."""
    return {value: index for index in indices for value in plan.nodes[index].bottoms}


def let_go(
    values: dict[int, Tensor], node: Node, last_use: Mapping[int, int], wanted: Collection[int] = frozenset()
) -> None:
    """Drop what no node after this one takes, and is not wanted."""
    for value in (*node.bottoms, *node.tops):
        if last_use.get(value, -1) <= node.index and value not in wanted:
            values.pop(value, None)
