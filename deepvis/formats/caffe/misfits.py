"""A network for pictures of another size than it was made for: what that size does not fit is left out."""

from __future__ import annotations

from dataclasses import replace

from deepvis.formats.caffe.filling import needs_filling, tops_of
from deepvis.formats.caffe.spec import LayerSpec, NetSpec, Shape
from deepvis.network.errors import ModelError
from deepvis.network.shapes import checked_input


def without_misfits(spec: NetSpec, size: tuple[int, int]) -> NetSpec:
    """The network without the layers that cannot take what comes of such pictures, and what depends on them.

    A fully connected layer's weights are for one size; the convolutions below it take any. size: (height, width), for
    the sentence. Raises ModelError where not one layer is left.
    """
    shapes: dict[str, Shape] = {name: checked_input(name, spec.pass_shape(name)) for name in spec.inputs}
    missing: dict[str, str] = {}
    kept: list[LayerSpec] = []
    first: ModelError | None = None
    for layer in spec.layers:
        reason = next((missing[name] for name in layer.bottoms if name in missing), "")
        if not reason:
            try:
                tops = tops_of(layer, [shapes[name] for name in layer.bottoms])
            except ModelError as error:
                if needs_filling(layer):
                    raise
                first = first or error
                reason = f"layer {layer.name!r} does not fit pictures of {size[0]} x {size[1]} ({error})"
        if reason:
            missing.update(dict.fromkeys(layer.tops, reason))
            continue
        kept.append(layer)
        shapes.update(zip(layer.tops, tops, strict=True))
        for name in layer.tops:
            missing.pop(name, None)
    if first is not None and not any(layer.bottoms for layer in kept):
        raise first
    hidden = {name: reason for name, reason in missing.items() if name not in shapes}
    return replace(spec, layers=tuple(kept), unavailable={**spec.unavailable, **hidden})
