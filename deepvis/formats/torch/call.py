"""One call of an aten operator in an exported program, and how it is run again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import torch
from torch import Tensor

from deepvis.formats.open_arguments import BatchAt, Bottom, Dims, Shape, Size, Weight, resolved
from deepvis.network.op import Op, Tensors, Weights, run


@dataclass(frozen=True, eq=False)
class AtenCall:
    """An operator with its arguments, tensors and sizes left open."""

    name: str  # of the node
    target: torch._ops.OpOverload
    arguments: Mapping[str, Any]  # by the schema's names, defaults included; Bottom, Weight, Size, also within lists
    bottom_dims: tuple[Dims, ...]  # shapes of the bottoms as they were exported
    bottom_types: tuple[torch.dtype, ...]
    top_dims: tuple[Dims, ...]
    outputs: tuple[int, ...] | None = None  # which of several outputs are the tops; None: the only one
    batch: BatchAt | None = None  # None: no argument and no shape depends on N
    has_carrier: bool = False  # the last bottom only gives N: the operator does not see it

    @property
    def op(self) -> str:
        """The operator without its overload: "conv2d"."""
        return packet_name(self.target)

    def __getitem__(self, argument: str) -> Any:
        """An argument by its name in the operator's schema. Raises KeyError."""
        return self.arguments[argument]

    def is_weight(self, *arguments: str) -> bool:
        """Each of them is a weight of the node, or None: not a value that another node made."""
        return all(isinstance(self[name], (Weight, type(None))) for name in arguments)

    def weight(self, argument: str, weights: Weights) -> Tensor:
        """The tensor of an argument that is a weight."""
        return weights[self[argument].place]

    def weight_if_any(self, argument: str, weights: Weights) -> Tensor | None:
        """The tensor of an argument for which ``is_weight`` holds; None where it was left out."""
        return None if self[argument] is None else self.weight(argument, weights)

    @cached_property
    def has_sizes(self) -> bool:
        return any(isinstance(leaf, Size) for leaf in leaves(self.arguments))

    def forward(self, weights: Weights) -> Callable[..., Any]:
        """bottoms -> top or tuple of tops: the operator itself."""
        signature = self.target._schema.arguments
        positional = [self.arguments[a.name] for a in signature if not a.kwarg_only]
        named = {a.name: self.arguments[a.name] for a in signature if a.kwarg_only}
        if self._is_plain:
            return self._plainly(positional, named, weights)

        def forward(*bottoms: Tensor) -> Any:
            tensors = (*bottoms, *weights)
            device = tensors[0].device if tensors else torch.device("cpu")
            batch = self.batch_of([x.shape for x in bottoms]) if self.has_sizes else 0
            given = _Given(bottoms, weights, batch, device)
            made = self.target(*given.fill(positional), **{k: given.fill(v) for k, v in named.items()})
            return made if self.outputs is None else tuple(made[i] for i in self.outputs)

        return forward

    @property
    def _is_plain(self) -> bool:
        """Nothing but bottoms changes from run to run, and each of them is an argument by itself."""
        own = [leaf for value in self.arguments.values() if not isinstance(value, Bottom) for leaf in leaves(value)]
        return not any(isinstance(leaf, (Bottom, Size, torch.device)) for leaf in own)

    def _plainly(self, positional: Sequence[Any], named: Mapping[str, Any], weights: Weights) -> Callable[..., Any]:
        """The operator with all else filled in once: small ones take as long to fill as to run."""
        given = _Given((), weights, 0, torch.device("cpu"))
        held = [None if isinstance(value, Bottom) else given.fill(value) for value in positional]
        held_by_name = {name: given.fill(v) for name, v in named.items() if not isinstance(v, Bottom)}
        places = [(at, value.place) for at, value in enumerate(positional) if isinstance(value, Bottom)]
        by_name = [(name, value.place) for name, value in named.items() if isinstance(value, Bottom)]
        target, outputs = self.target, self.outputs

        def forward(*bottoms: Tensor) -> Any:
            arguments = held.copy()
            for at, place in places:
                arguments[at] = bottoms[place]
            made = target(*arguments, **held_by_name, **{name: bottoms[place] for name, place in by_name})
            return made if outputs is None else tuple([made[i] for i in outputs])

        return forward

    def batch_of(self, shapes: Sequence[Sequence[int]]) -> int:
        """N, from the shapes of the bottoms."""
        return 1 if self.batch is None else self.batch.of(shapes)

    def completed(self, op: Op, weights: Weights) -> Op:
        """The op with what follows from the export: shapes, and no gradient for the bottom that only gives N."""
        if op.backward is not None and self.has_carrier:
            rule = op.backward
            op = replace(op, backward=lambda ran, grads: [*rule(ran, grads), None])
        return op if op.shapes is not None else replace(op, shapes=lambda *shapes: self._shapes(op, shapes))

    def _shapes(self, op: Op, bottoms: Sequence[Shape]) -> Sequence[Sequence[int]]:
        """Those of the export for so many pictures; for pictures of another size by a run without data."""
        batch = self.batch_of(bottoms)
        if all(tuple(b) == resolved(dims, batch) for b, dims in zip(bottoms, self.bottom_dims, strict=True)):
            return [resolved(dims, batch) for dims in self.top_dims]
        pairs = zip(bottoms, self.bottom_types, strict=True)
        ran = run(op, tuple(torch.empty(tuple(shape), dtype=dtype, device="meta") for shape, dtype in pairs))
        return [top.shape for top in ran.tops]

    def signature(self, bottoms: Sequence[str]) -> bytes:
        """What decides the numbers besides the weights, in words that another version of torch would use too.

        bottoms: their names.
        """
        words = {name: self._words(value, bottoms) for name, value in self.arguments.items()}
        return repr((self.name, self.op, sorted(words.items()), self.outputs)).encode()

    def _words(self, value: Any, bottoms: Sequence[str]) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._words(each, bottoms) for each in value]
        if isinstance(value, Bottom):
            return f"<{bottoms[value.place]}>"
        if isinstance(value, Weight):
            return f"<weight {value.place}>"
        if isinstance(value, Size):
            return f"<{value.words}>"
        if isinstance(value, torch.device):
            return "<device>"
        return value if isinstance(value, (int, float, str, type(None))) else str(value)


@dataclass(frozen=True, eq=False)
class _Given:
    """What fills the open places of the arguments in one run."""

    bottoms: Tensors
    weights: Weights
    batch: int
    device: torch.device

    def fill(self, value: Any) -> Any:
        if isinstance(value, Bottom):
            return self.bottoms[value.place]
        if isinstance(value, Weight):
            return self.weights[value.place]
        if isinstance(value, (list, tuple)):
            return [self.fill(each) for each in value]
        if isinstance(value, Size):
            return value.of(self.batch)
        return self.device if isinstance(value, torch.device) else value  # the export's was the CPU


def leaves(value: Any) -> Sequence[Any]:
    """All that lies in nested lists, tuples and the values of mappings."""
    if isinstance(value, Mapping):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, (list, tuple)):
        return [leaf for each in value for leaf in leaves(each)]
    return [value]


def packet_name(target: Any) -> str:
    """ "conv2d" of torch.ops.aten.conv2d.default; with the namespace for others than aten."""
    namespace, _, name = target._schema.name.partition("::")
    return name if namespace == "aten" else f"{namespace}.{name}"


def is_open(size: Any) -> bool:
    """A torch.SymInt or SymFloat that depends on a symbol: one that was settled during the export does not."""
    return isinstance(size, (torch.SymInt, torch.SymFloat)) and bool(size.node.expr.free_symbols)


def expression(value: Any, symbols: Collection[Any]) -> Size:
    """A torch.SymInt or SymFloat as a Size; symbols: those of sympy that stand for N."""
    formula = value.node.expr
    number: Callable[[Any], Any] = int if isinstance(value, torch.SymInt) else float

    @lru_cache(maxsize=16)
    def of(batch: int) -> Any:
        return number(formula.subs(dict.fromkeys(symbols, batch)))

    words = str(formula)
    for symbol in symbols:
        words = words.replace(str(symbol), "N")
    return Size(words, of)
