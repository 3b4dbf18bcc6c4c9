"""A module that cannot be captured, looked at through forward hooks: one node that gives the values of all modules.

The module itself runs, at each pass, in Python: whatever path a picture takes. The way back is autograd's through the
whole module, so there is the gradient alone; deconv, guided backprop and receptive fields are not to be had, and
pictures go through one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import RLock
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from deepvis.formats.torch.eager import evaluating
from deepvis.formats.torch.export import NOTHING, Others, Shape, capturing, example
from deepvis.formats.torch.output_keys import output_keys
from deepvis.formats.torch.wrapped import is_within, scripted_parts
from deepvis.network.graph import Graph, GraphBuilder
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.op import Gradients, Op, Ran, Weights
from deepvis.network.unavailable import Unavailable

Changes = Mapping[str, Callable[[Tensor], Tensor]]
NO_CHANGES: Changes = {}
EXAMPLES = 4  # pictures that are passed to find what modules there are values of
NO_MODES = (
    "the module chooses its path by what is in the picture, so only the gradient can be had of it: deconv and guided "
    "backprop need its operators; take the back mode gradient"
)
NOTE = (
    "looked at through hooks: the values are those of its modules, the way back is the gradient alone (no deconv, no "
    "guided backprop), receptive fields are not known, pictures go through one at a time"
)


def hooked_graph(
    title: str, module: nn.Module, shape: Shape, others: Others = NOTHING, picture: str = "", notes: Sequence[str] = ()
) -> Graph:
    """A graph of one node. Raises ModelError where the module does not run on one picture, or holds no modules."""
    run = _Hooked(title, module, picture, tuple(others))
    found, unsteady = _values_of(run, shape, others, picture)
    run.names, run.shapes = list(found), found
    inputs = {picture or "x": (1, *shape), **{name: tuple(value.shape) for name, value in others.items()}}
    builder = GraphBuilder(title, inputs)
    builder.add(
        title,
        Kind.OTHER,
        range(len(inputs)),
        run.names,
        partial(_op, run),
        weights=tuple(tensor.detach() for tensor in run.tensors.values()),
        type=type(module).__name__,
        signature=repr((type(module).__name__, sorted(run.tensors), sorted(found.items()))).encode(),
    )
    ends = [name if name in found else "" for name in run.returned]
    return builder.graph(notes=(*notes, NOTE), outputs=ends, batch=1, unavailable=unsteady, has_paths=True)


OUTPUT = "output"  # what the module itself returns, where it gives no name; of several "output.0", "output.1", ...


@dataclass(eq=False)
class _Hooked:
    """The module and the hooks. names, shapes: of the values that it gives. returned: names of all its outputs."""

    title: str
    module: nn.Module
    picture: str
    others: tuple[str, ...]
    names: list[str] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    returned: list[str] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)  # hooks and weights are the module's: one thread at a time

    def __post_init__(self) -> None:
        held = (*self.module.named_parameters(), *self.module.named_buffers())
        self.scripted = scripted_parts(self.module)  # their tensors cannot be exchanged for a pass
        self.tensors = {name: tensor for name, tensor in held if not is_within(name, self.scripted)}

    def values(self, weights: Weights, bottoms: Sequence[Tensor], changes: Changes = NO_CHANGES) -> dict[str, Tensor]:
        """Name -> value, of every call of a module on this picture's path, before anything is done to it in place.

        changes: name -> what is done to the value before the module goes on with it.
        """
        found: dict[str, Tensor] = {}
        calls: dict[str, int] = {}

        def note(path: str, module: nn.Module, given: Any, made: Any) -> Any:
            number = calls[path] = calls.get(path, -1) + 1
            name = f"{path}@{number}" if number else path
            return _noted(name, made, found, changes=changes)

        modules = [(path, each) for path, each in self.module.named_modules()
                   if path and not is_within(path, self.scripted)]  # fmt: skip
        for part in self.scripted.values():
            part.to(bottoms[0].device)
        with self.lock, evaluating(self.module):
            handles = [nn.Module.register_forward_hook(each, partial(note, path)) for path, each in modules]
            try:
                state = dict(zip(self.tensors, weights, strict=True))
                taken = [x * 1 for x in bottoms]
                positional = () if self.picture else (taken[0],)
                named = dict(zip(((self.picture, *self.others) if self.picture else self.others),
                                 taken[len(positional) :], strict=True))  # fmt: skip
                made = torch.func.functional_call(self.module, state, positional, named)
            finally:
                for handle in handles:
                    handle.remove()
        paths = {path for path, _ in modules}
        keys = [f"{key} [{OUTPUT}]" if key in paths else key for key in output_keys(made)]
        _noted(OUTPUT, made, found, keys, changes)
        self.returned = self.returned or _titles(OUTPUT, pytree.tree_leaves(made), keys)
        return found

    def tops(self, weights: Weights, bottoms: Sequence[Tensor], changes: Changes = NO_CHANGES) -> tuple[Tensor, ...]:
        """The values by ``names``; NaN where this picture's path does not come by. Raises ModelError."""
        found = self.values(weights, bottoms, changes)
        for name in self.names:
            if name in found and tuple(found[name].shape) != self.shapes[name]:
                sizes = ["x".join(map(str, each)) for each in (found[name].shape, self.shapes[name])]
                raise ModelError(
                    f"{self.title}: layer {name!r} has {sizes[0]} values for this picture, expected {sizes[1]} as for "
                    "others; look at a layer before it"
                )
        like = bottoms[0]
        return tuple(
            found[name] if name in found else like.new_full(self.shapes[name], float("nan")) for name in self.names
        )


def _noted(
    name: str, made: Any, found: dict[str, Tensor], keys: Sequence[str] = (), changes: Changes = NO_CHANGES
) -> Any:
    """Enter all tensors that a module returned; returns copies, so that what is done in place spares those entered."""
    leaves, spec = pytree.tree_flatten(made)
    for place, title in enumerate(_titles(name, leaves, keys)):
        if title:
            leaves[place] = changes[title](leaves[place]) if title in changes else leaves[place]
            found[title] = leaves[place]
            leaves[place] = leaves[place] * 1
    return pytree.tree_unflatten(leaves, spec)


def _titles(name: str, leaves: Sequence[Any], keys: Sequence[str] = ()) -> list[str]:
    """Of each leaf its key, else the name, numbered where there are several; "" for what is no value."""
    values = [isinstance(leaf, Tensor) and leaf.is_floating_point() for leaf in leaves]
    titles = []
    for place, is_value in enumerate(values):
        plain = name if sum(values) == 1 else f"{name}.{sum(values[:place])}"
        titles.append(((keys[place] if keys else "") or plain) if is_value else "")
    return titles


def _values_of(
    run: _Hooked, shape: Shape, others: Others, picture: str
) -> tuple[dict[str, tuple[int, ...]], dict[str, Unavailable]]:
    """(name -> shape of the values that some examples have, those that have another shape for each)."""
    shapes: dict[str, set[tuple[int, ...]]] = {}
    with capturing():
        drawn = example(EXAMPLES, shape, others, picture)
        pictures = drawn[0][0] if drawn[0] else drawn[1][picture]
        for x in (*pictures[:, None], torch.zeros(1, *shape), torch.ones(1, *shape), -pictures[:1]):
            try:
                found = run.values(tuple(run.tensors.values()), (x, *others.values()))
            except Exception as error:  # the module's own code may raise anything
                if not shapes:
                    raise ModelError(f"{run.title}: its forward pass ended with {error}") from error
                continue
            for name, value in found.items():
                shapes.setdefault(name, set()).add(tuple(value.shape))
    steady = {name: next(iter(sizes)) for name, sizes in shapes.items() if len(sizes) == 1}
    if not steady:
        raise ModelError(f"{run.title}: none of its modules gives a value of the same size for every picture")
    last = [name for name in steady if name in run.returned]
    unsteady: dict[str, Unavailable] = {}
    before = ""
    for name in shapes:
        if name not in steady:
            unsteady[name] = Unavailable("its size changes from picture to picture", after=before)
        before = name
    return {
        **{name: size for name, size in steady.items() if name not in last},
        **{name: steady[name] for name in last},
    }, unsteady


def _op(run: _Hooked, weights: Weights, changes: Changes = NO_CHANGES) -> Op:
    """All values at once; backward by autograd through the whole module, with the gradients of all on the way."""

    def forward(*bottoms: Tensor) -> tuple[Tensor, ...]:
        return run.tops(weights, bottoms, changes)

    def with_changes(by_place: Mapping[int, Callable[[Tensor], Tensor]]) -> Op:
        return _op(run, weights, {run.names[place]: change for place, change in by_place.items()})

    def gradients(ran: Ran, grads: Gradients) -> tuple[list[Any], list[Any]]:
        with torch.enable_grad():
            leaves = [x.detach().requires_grad_() for x in ran.bottoms]
            values = run.tops(weights, leaves, changes)
            pairs = [(y, g) for y, g in zip(values, grads, strict=True) if g is not None and y.requires_grad]
            if not pairs:
                at = next(name for name, g in zip(run.names, grads, strict=True) if g is not None)
                raise ModelError(
                    f"{run.title}: layer {at!r} is not on this picture's path from the input, or has no gradient; "
                    "look at another layer, or another picture"
                )
            others = [y for y, g in zip(values, grads, strict=True) if g is None and y.requires_grad]
            made, above = [y for y, _ in pairs], [g for _, g in pairs]
            found = torch.autograd.grad(made, [*leaves, *others], above, allow_unused=True)
        on_the_way = iter(found[len(leaves) :])
        inner = [next(on_the_way) if g is None and y.requires_grad else None
                 for y, g in zip(values, grads, strict=True)]  # fmt: skip
        return [g if g is not None else torch.zeros_like(x) for x, g in zip(leaves, found, strict=False)], inner

    def shapes(*given: Sequence[int]) -> list[tuple[int, ...]]:
        return [run.shapes[name] for name in run.names]

    back: Callable[[Ran, Gradients], Gradients] = lambda ran, grads: gradients(ran, grads)[0]  # noqa: E731
    return Op(
        forward, backward=back, between=gradients, shapes=shapes, with_changes=with_changes, gradient_alone=NO_MODES
    )
