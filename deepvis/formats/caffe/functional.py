"""A Caffe network as one differentiable function of its input and its weights, for training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deepvis.formats.caffe.layer import build, title
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec
from deepvis.network.lazy import Tensor
from deepvis.network.model_error import ModelError
from deepvis.network.op import as_tuple, naming

After = Mapping[str, Callable[[Tensor], Tensor]]


def functional(
    spec: NetworkSpec,
    x: Tensor | Mapping[str, Tensor],
    weights: Mapping[str, Sequence[Tensor]],
    until: str | None = None,
    *,
    training: bool = False,
    after: After | None = None,
) -> Tensor | dict[str, Tensor]:
    """The blobs as functions that autograd differentiates with respect to input and weights.

    x: the input blob, or blob -> tensor. weights: layer name -> tensors, as ``Net.parameters()`` gives them.
    until: the blob to return; None: a dict of all blobs. training: layers as in Caffe's TRAIN phase.
    after: layer name -> function of its first top, whose result takes the top's place (in-place layers
    of the file then work on it): the place for a batch normalisation that is folded into the weights later.
    """
    values = dict(x) if isinstance(x, Mapping) else {_only_input(spec): x}
    for layer in spec.layers if until is None else _behind(spec, until):
        op = build(layer, weights.get(layer.name, ()), training=training)
        with naming(title(layer)):
            tops = list(as_tuple(op.forward(*(values[name] for name in layer.bottoms))))
        if after and layer.name in after:
            tops[0] = after[layer.name](tops[0])
        values.update(zip(layer.tops, tops, strict=True))
    return values[until] if until is not None else values


def _behind(spec: NetworkSpec, blob: str) -> list[LayerSpec]:
    """The layers that the blob depends on, in order."""
    wanted, found = {blob}, []
    for layer in reversed(spec.layers):
        if wanted.intersection(layer.tops):
            found.append(layer)
            wanted.update(layer.bottoms)
    return found[::-1]


def _only_input(spec: NetworkSpec) -> str:
    if len(spec.inputs) != 1:
        raise ModelError(f"the network has the inputs {', '.join(spec.inputs)}: name the one that is given")
    return next(iter(spec.inputs))
