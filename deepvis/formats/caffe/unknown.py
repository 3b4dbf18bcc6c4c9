"""Layers that nothing here can run: they and what depends on them are left out, the rest of the network stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepvis.formats.caffe.layer import LAYERS, kind_of, kind_of_type
from deepvis.formats.caffe.layers.python import PYTHON_LAYERS, python_name
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import HANDED_ON, Kind
from deepvis.network.model_error import ModelError
from deepvis.network.unavailable import Unavailable

# of layers that leave nothing worth a look, where they alone are left
_EMPTY = frozenset((Kind.IDENTITY, Kind.RESHAPE, Kind.SINK, Kind.SOURCE))
MOST_NAMED = 6


class UnsupportedLayers(ModelError):
    """The network has layers that nothing here can run, and nothing beside them. ``layers``: (name, type) of each."""

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = [(layer.name, layer.type) for layer in layers]
        types: dict[str, list[str]] = {}
        for layer in layers:
            types.setdefault(type_words(layer), []).append(layer.name)
        found = "; ".join(f"{kind} (layer {', '.join(map(repr, names))})" for kind, names in types.items())
        super().__init__(
            f"the engine has no layer type {found}; remove these layers, or add a file for the type to "
            "deepvis/formats/caffe/layers (docs/engine.md says how)"
        )


def is_unknown(layer: Any) -> bool:
    """Of a type that nothing here can run, or a Python layer without a stand-in. layer: message or LayerSpec."""
    if layer.type == "Python":
        return python_name(layer) not in PYTHON_LAYERS
    return layer.type not in LAYERS and layer.type != "Input"


def type_words(layer: Any) -> str:
    """A layer's type as a person would say it: "Warp", "Python rpn.proposal_layer.ProposalLayer"."""
    return layer.type if layer.type != "Python" else f"Python {python_name(layer)}"


def without_unknown(
    layers: Sequence[Any], inputs: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Unavailable], list[str]]:
    """(the layers that can be run, the blobs that cannot be had, a sentence for each unknown layer).

    A blob that an unknown layer overwrites is shown as it was before. Where nothing worth a look is left, all layers
    are returned, and nothing is said: then the network is to be refused.
    """
    why: dict[str, str] = {}  # blob -> reason, as far as the walk has come
    hidden: dict[str, Unavailable] = {}
    made = set(inputs)
    before = ""
    kept: list[Any] = []
    behind: dict[str, tuple[Any, list[str]]] = {}  # unknown layer -> itself, the layers that hang on it
    for layer in layers:
        cause = next((why[blob] for blob in layer.bottom if blob in why), None)
        if is_unknown(layer):
            behind[layer.name] = (layer, [])
            cause = layer.name
        elif cause is None:
            kept.append(layer)
            made.update(layer.top)
            for blob in layer.top:
                why.pop(blob, None)
                before = blob
            continue
        else:
            behind[cause][1].append(layer.name)
        for blob in layer.top:
            why[blob] = cause
            if blob not in made:
                hidden.setdefault(blob, unavailable(layer, reason(layer, behind[cause][0]), before))
                before = blob
    if not any(layer.bottom and kind_of_type(layer) not in _EMPTY for layer in kept):
        return list(layers), {}, []
    return kept, hidden, [_sentence(layer, names) for layer, names in behind.values()]


def unavailable(layer: Any, why: str, after: str) -> Unavailable:
    """What is said of a blob that a layer (message or LayerSpec) would make. after: the blob before it in the file."""
    spec = layer if isinstance(layer, LayerSpec) else LayerSpec(layer.name, layer.type, (), (), layer)
    kind = kind_of(spec)
    return Unavailable(why, layer.type, kind, after, is_minor=kind in HANDED_ON)


def reason(layer: Any, unknown: Any) -> str:
    """Why a layer cannot be run: an unknown one itself, or one that depends on it."""
    if layer is unknown:
        return f"its type {type_words(layer)} is unknown"
    return f"needs layer {unknown.name!r} of unknown type {type_words(unknown)}"


def _sentence(unknown: Any, behind: Sequence[str]) -> str:
    named = ", ".join(map(repr, behind[:MOST_NAMED])) + (
        f" and {len(behind) - MOST_NAMED} more" * (len(behind) > MOST_NAMED)
    )
    rest = f", nor what needs it: {named}" if behind else ""
    return f"layer {unknown.name!r} of unknown type {type_words(unknown)} is not shown{rest}"
