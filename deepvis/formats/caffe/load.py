"""From Caffe's files to one description of the network.

``load_net`` reads, upgrades, applies the rules, replaces what only training needs, checks the graph and
brings the weights. Shapes are not checked here: they follow from the layers (``network/shapes.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from deepvis.core.nearest import nearest
from deepvis.formats.caffe import blobs, data, prototxt, rules, schema, training
from deepvis.formats.caffe.layer import check_arity
from deepvis.formats.caffe.proposals import without_proposals
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec, Shape
from deepvis.formats.caffe.unknown import without_unknown
from deepvis.formats.caffe.upgrade import upgrade
from deepvis.formats.caffe.weights import read_weights, weights_of
from deepvis.network.model_error import ModelError
from deepvis.network.unavailable import Unavailable


def load_net(
    net: str | Path | Any,
    weights: str | Path | Mapping[str, Sequence[np.ndarray]] | None = None,
    *,
    phase: str = "TEST",
    level: int | None = None,
    stages: Sequence[str] = (),
    on_missing: Literal["error", "fill"] = "error",
    keep_losses: bool = False,
    keep_unknown: bool = False,
    dummies_as_inputs: bool = False,
    input_shapes: Mapping[str, Shape] | None = None,
    picture_size: tuple[int, int] | None = None,
    picture_channels: int | None = None,
) -> NetworkSpec:
    """Read a network and its weights.

    net: a prototxt file, its text, or a NetParameter message. weights: a file, or {layer name: arrays}.
    level: None takes the file's own; 0, as Caffe's Net does by default, overrides it.
    on_missing "fill": layers that the weights do not know are to be filled by their fillers.
    keep_losses: loss and accuracy layers stay (their labels too). keep_unknown: so do
    layers that nothing here can run, and what depends on them. dummies_as_inputs: DummyData layers become inputs where
    there is no other. input_shapes: replaces the declared shapes, and gives those that data layers leave open;
    picture_size: (height, width) of what data layers bring, picture_channels: theirs.
    Raises ModelError.
    """
    notes: list[str] = []
    where = "the network" if hasattr(net, "DESCRIPTOR") else prototxt.source_text(net)[1]
    raw = net if hasattr(net, "DESCRIPTOR") else prototxt.read_net_text(net, notes)
    current = upgrade(raw)
    if not current.layer:
        raise ModelError(f"{where}: found no layers, expected a network; is the file complete?")
    state = rules.state_of(current, phase, level, tuple(stages))
    layers, left_out = rules.split_layers(current, state)
    given = weights if weights is None or isinstance(weights, Mapping) else read_weights(weights)
    if given is None:
        given = weights_of(current) or None
    transform = data.transform_of([*layers, *left_out])
    options = data.PictureOptions(input_shapes or {}, picture_size, keep_unknown, dummies_as_inputs, picture_channels)
    layers, inputs = _inputs(layers, left_out, given or {}, options, notes)
    if not keep_losses:
        layers = training.with_spare(layers, left_out, inputs, notes)
    if keep_losses:
        layers = training.with_automatic_tops(layers)
    else:
        layers = training.without_losses(layers, inputs, notes)
    for name, shape in inputs.items():
        data.check_shape(name, shape)
    _check_graph(layers, inputs, where)
    unavailable: dict[str, Unavailable] = {}
    if not keep_unknown:
        layers, unavailable, unknown_notes = without_unknown(layers, inputs)
        notes += unknown_notes
    source = str(weights) if isinstance(weights, (str, Path)) else "the weights"
    arrays = blobs.assign(layers, given, source, fill=on_missing == "fill")
    specs = tuple(_spec(layer, own, state) for layer, own in zip(layers, arrays, strict=True))
    fill = on_missing == "fill"
    return NetworkSpec(current.name, specs, inputs, tuple(notes), fill, current.force_backward, transform, unavailable)


def _spec(layer: Any, own: tuple[np.ndarray, ...], state: rules.State) -> LayerSpec:
    message = schema.LayerParameter()
    message.CopyFrom(layer)
    message.ClearField("blobs")
    if not message.HasField("phase"):
        message.phase = state.phase
    return LayerSpec(layer.name, layer.type, tuple(layer.bottom), tuple(layer.top), message, own)


def _inputs(
    layers: Sequence[Any],
    left_out: Sequence[Any],
    weights: Mapping[str, Sequence[np.ndarray]],
    options: data.PictureOptions,
    notes: list[str],
) -> tuple[list[Any], dict[str, Shape]]:
    """(the other layers, blob -> shape of what Input and data layers declare).

    An input or data layer of another phase or stage serves where this one has none: files for training, and
    those for several stages, can be looked at.
    """
    inputs: dict[str, Shape] = {}
    rest = []
    readers = [*layers, *training.spare_makers(layers, left_out)]
    for layer in [*_spare(layers, left_out, options), *layers]:
        if layer.type == "Input":
            shapes = {blob: data.with_size_options(shape, options) for blob, shape in _declared(layer).items()}
        elif data.is_data(layer, options):
            shapes = data.data_inputs(layer, readers, weights, options, notes)
        else:
            rest.append(layer)
            continue
        for blob, shape in shapes.items():
            if blob in inputs:
                raise ModelError(f"layer {layer.name!r}: makes the blob {blob!r} that is an input already")
            inputs[blob] = tuple(options.shapes.get(blob, shape))
    if not inputs and options.takes_dummies:
        rest, inputs = data.dummies_as_inputs(rest, options, notes)
    if not options.keep_unknown:
        rest, regions = without_proposals(rest, notes)
        inputs.update({blob: tuple(options.shapes.get(blob, shape)) for blob, shape in regions.items()})
    unknown = set(options.shapes) - set(inputs)
    if unknown:
        raise ModelError(
            f"found a shape for {', '.join(map(repr, sorted(unknown)))}, expected one of the inputs "
            f"{', '.join(map(repr, inputs)) or '(there are none)'}"
        )
    return rest, inputs


def _spare(layers: Sequence[Any], left_out: Sequence[Any], options: data.PictureOptions) -> list[Any]:
    """Input and data layers of another phase or stage that make what nothing makes in this one."""
    made = {blob for layer in layers for blob in layer.top}
    readers = [*layers, *training.spare_makers(layers, left_out)]
    wanting = {blob for layer in readers for blob in layer.bottom} - made
    found = []
    for layer in sorted(left_out, key=lambda layer: layer.type != "Input"):
        brings = layer.type == "Input" or data.is_data(layer, options)
        if brings and wanting.intersection(layer.top) and not made.intersection(layer.top):
            found.append(layer)
            made.update(layer.top)
            wanting.difference_update(layer.top)
    return found


def _declared(layer: Any) -> dict[str, Shape]:
    shapes = [tuple(shape.dim) for shape in layer.input_param.shape]
    if len(shapes) not in (0, 1, len(layer.top)):
        raise ModelError(
            f"layer {layer.name!r} (Input): found {len(shapes)} shapes for {len(layer.top)} tops, expected one for each"
        )
    if len(set(layer.top)) != len(layer.top):
        raise ModelError(f"layer {layer.name!r} (Input): found a top twice among {list(layer.top)}, expected it once")
    if len(shapes) < 2:
        shapes = (shapes or [()]) * len(layer.top)
    return dict(zip(layer.top, shapes, strict=True))


def _check_graph(layers: Sequence[Any], inputs: Mapping[str, Shape], where: str) -> None:
    """Every bottom is made before it is read, every top once (but for layers in place). Raises ModelError."""
    maker: dict[str, str] = dict.fromkeys(inputs, "the input")
    for layer in layers:
        if not layer.type:
            raise ModelError(f'{where}: layer {layer.name!r} has no type, expected one such as type: "Convolution"')
        check_arity(layer, where)
        for blob in layer.bottom:
            if blob not in maker:
                raise _unknown_bottom(layer, blob, layers, maker, where)
        for index, blob in enumerate(layer.top):
            in_place = index < len(layer.bottom) and layer.bottom[index] == blob
            if blob in maker and not in_place:
                raise ModelError(
                    f"{where}: layer {layer.name!r} ({layer.type}) makes the blob {blob!r}, which "
                    f"{maker[blob]} makes already, expected one maker (in place: the same blob read and made)"
                )
            maker[blob] = f"layer {layer.name!r}"


def _unknown_bottom(layer: Any, blob: str, layers: Sequence[Any], maker: Mapping[str, str], where: str) -> ModelError:
    found = f"{where}: layer {layer.name!r} ({layer.type}) reads the blob {blob!r}"
    later = next((x.name for x in layers if blob in x.top), None)
    if later is not None:
        what = "itself" if later == layer.name else f"layer {later!r} after it"
        return ModelError(
            f"{found}, which is made by {what}, expected layers in the order in which they run, no cycles"
        )
    hint = nearest(blob, maker, f"there are: {', '.join(list(maker)[-8:]) or 'none'}")
    return ModelError(f"{found}, which no layer makes in this phase, expected a blob made before; {hint}")
