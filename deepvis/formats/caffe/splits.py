"""Where real Caffe puts Split layers of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from deepvis.formats.caffe.schema import LayerParameter
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec

Wired = tuple[LayerSpec, tuple[str, ...], tuple[str, ...]]


def as_caffe_builds(spec: NetworkSpec) -> list[Wired]:
    """(layer, bottoms, tops) of every layer that Caffe makes: an Input layer a blob first, Splits where they belong."""
    inputs = []
    for blob, shape in spec.inputs.items():
        message = LayerParameter(name=blob, type="Input", top=[blob])
        message.input_param.shape.add(dim=shape)
        inputs.append(LayerSpec(blob, "Input", (), (blob,), message, ()))
    return with_splits([*inputs, *spec.layers])


def with_splits(layers: Sequence[LayerSpec]) -> list[Wired]:
    """(layer, bottoms, tops) with a Split layer behind each blob that several layers take.

    Source: Caffe's insert_splits.cpp, its names included.
    """
    uses: Counter[tuple[int, int]] = Counter()
    last: dict[str, tuple[int, int]] = {}
    sources: list[list[tuple[int, int] | None]] = []
    for index, layer in enumerate(layers):
        sources.append([last.get(blob) for blob in layer.bottoms])
        uses.update(source for source in sources[-1] if source is not None)
        last.update({blob: (index, j) for j, blob in enumerate(layer.tops)})
    taken: Counter[tuple[int, int]] = Counter()
    wired: list[Wired] = []
    for index, layer in enumerate(layers):
        bottoms = []
        for blob, source in zip(layer.bottoms, sources[index], strict=True):
            if source is None or uses[source] < 2:
                bottoms.append(blob)
                continue
            owner = layers[source[0]].name
            bottoms.append(f"{blob}_{owner}_{source[1]}_split_{taken[source]}")
            taken[source] += 1
        wired.append((layer, tuple(bottoms), tuple(layer.tops)))
        for j, blob in enumerate(layer.tops):
            count = uses[index, j]
            if count > 1:
                name = f"{blob}_{layer.name}_{j}_split"
                tops = tuple(f"{name}_{k}" for k in range(count))
                message = LayerParameter(name=name, type="Split", bottom=[blob], top=tops)
                wired.append((LayerSpec(name, "Split", (blob,), tops, message, ()), (blob,), tops))
    return wired
