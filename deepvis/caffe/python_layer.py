"""pycaffe's ``caffe.Layer``: layers written in Python (type ``Python`` in a prototxt)."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from deepvis.caffe.blob import Blob
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.model_error import ModelError


class Layer:
    """The base of a Python layer: override ``setup``, ``reshape``, ``forward`` and ``backward``.

    param_str: the text of python_param; phase: TRAIN (0) or TEST (1); blobs: the layer's weights.
    Source: python/caffe/_caffe.cpp and python_layer.hpp of BVLC Caffe 1.0.
    """

    def __init__(self, spec: LayerSpec, phase: int) -> None:
        self.param_str = spec.message.python_param.param_str
        self.param_str_ = self.param_str  # its name in older pycaffe
        self.phase = phase
        self.blobs = BlobVec([Blob(values=values) for values in spec.blobs])

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Once, before the first reshape."""

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the tops their shapes: ``top[0].reshape(*shape)``."""

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Fill the tops' data."""

    def backward(self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]) -> None:
        """Fill the bottoms' diffs."""


class BlobVec(list):
    """A list of blobs; ``add_blob(*shape)`` appends one of zeros."""

    def add_blob(self, *shape: int) -> None:
        self.append(Blob(*shape))


def make_python_layer(spec: LayerSpec, phase: int) -> Layer:
    """Import the module and make the layer that python_param names; raises ModelError where it cannot be had.

    As with pycaffe, this runs the code of a module on Python's path: open only networks that you trust.
    """
    p = spec.message.python_param
    try:
        kind = getattr(importlib.import_module(p.module), p.layer)
    except (ImportError, AttributeError, ValueError) as error:
        raise ModelError(
            f"layer {spec.name!r} (Python): found no {p.layer!r} in the module {p.module!r} ({error}), "
            "expected a subclass of caffe.Layer in a module on Python's path (PYTHONPATH)"
        ) from error
    return kind(spec, phase)
