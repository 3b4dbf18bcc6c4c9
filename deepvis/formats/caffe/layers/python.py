"""Python layers: Caffe's door to code outside of the file. The engine runs none, but names what is missing."""

from __future__ import annotations

from typing import Any

from deepvis.core.registry import Registry
from deepvis.formats.caffe.layer import MANY, Builder, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.op import Weights

PYTHON_LAYERS: Registry[Builder] = Registry("Python layer")  # "module.layer" -> builder

# of public networks: what they do at test time
PYTHON_LAYERS.put("spatial_dropout.SpatialDropoutLayer", lambda spec, weights: lambda x: x)  # TimoSaemann/ENet


def python_name(layer: Any) -> str:
    """The "module.layer" of a Python layer (its message or LayerSpec), as the file names its class."""
    param = getattr(layer, "message", layer).python_param
    return f"{param.module}.{param.layer}"


@layer_type("Python", bottoms=(0, MANY), tops=(0, MANY))
def python(spec: LayerSpec, weights: Weights):
    """What ``PYTHON_LAYERS`` holds under the layer's "module.layer"; otherwise an error with that name.

    Shapes, formula and gradient: those of the code that takes its place. A file's own Python code is never run: it
    may do anything, and needs pycaffe's blobs.
    Source: Caffe's python_layer.hpp.
    """
    name = python_name(spec)
    if name not in PYTHON_LAYERS:
        raise fault(spec, f"the Python layer {name}", "a layer of the engine: enter it in PYTHON_LAYERS by that name")
    return PYTHON_LAYERS[name](spec, weights)
