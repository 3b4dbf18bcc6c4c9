"""A network for pictures of another size than it was made for: what that size does not fit is left out."""

from __future__ import annotations

from dataclasses import replace

from deepvis.formats.caffe.filling import needs_filling, tops_of
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec, Shape
from deepvis.formats.caffe.unknown import unavailable
from deepvis.network.model_error import ModelError
from deepvis.network.shapes import checked_input
from deepvis.network.unavailable import Unavailable


def without_misfits(spec: NetworkSpec, size: tuple[int, int]) -> NetworkSpec:
    """The network without the layers that cannot take what comes of such pictures, and what depends on them.

    A fully connected layer's weights are for one size; the convolutions below it take any. size: (height, width), for
    the sentence. Raises ModelError where not one layer is left.
    """
    shapes: dict[str, Shape] = {name: checked_input(name, spec.pass_shape(name)) for name in spec.inputs}
    missing: dict[str, LayerSpec] = {}  # blob -> the layer that does not fit
    hidden: dict[str, Unavailable] = {}
    kept: list[LayerSpec] = []
    first: ModelError | None = None
    before = ""
    for layer in spec.layers:
        misfit = next((missing[name] for name in layer.bottoms if name in missing), None)
        why = (
            ""
            if misfit is None
            else f"needs layer {misfit.name!r}, which does not fit pictures of {size[0]} x {size[1]}"
        )
        if misfit is None:
            try:
                tops = tops_of(layer, [shapes[name] for name in layer.bottoms])
            except ModelError as error:
                if needs_filling(layer):
                    raise
                first, misfit = first or error, layer
                why = f"it does not fit pictures of {size[0]} x {size[1]} ({str(error).partition('; ')[0]})"
        if misfit is None:
            kept.append(layer)
            shapes.update(zip(layer.tops, tops, strict=True))
        for name in layer.tops:
            if misfit is None:
                missing.pop(name, None)
            else:
                missing[name] = misfit
                hidden.setdefault(name, unavailable(layer, why, before))
            before = name
    if first is not None and not any(layer.bottoms for layer in kept):
        raise first
    hidden = {name: reason for name, reason in hidden.items() if name not in shapes}
    return replace(spec, layers=tuple(kept), unavailable={**spec.unavailable, **hidden})
