"""A unit's channel, as a program names it: a number, or in a layer of classes a name."""

from __future__ import annotations

from deepvis.models.model import Model
from deepvis.network.model_error import ModelError


def channel_of(model: Model, layer: str, channel: int | str) -> int:
    """The number of a channel: "flamingo" is that of the class whose label holds the word.

    Raises ModelError where the layer's channels are no classes; OptimizeError where no label, or several, hold it.
    """
    if not isinstance(channel, str):
        return channel
    if layer not in model.label_layers or not model.labels:
        class_layers = [name for name in model.layer_names if name in model.label_layers] if model.labels else []
        where = (
            f"in a layer of classes ({', '.join(class_layers)})"
            if class_layers
            else "with labels=..., the names of the classes"
        )
        raise ModelError(f"channel {channel!r} of layer {layer}: expected a number; names are understood {where}")
    from deepvis.optimize.objective import class_unit

    return class_unit(layer, channel, model.labels).channel
