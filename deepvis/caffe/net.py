"""pycaffe's ``caffe.Net`` for inference, over this project's engine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepvis.caffe.base_net import BaseNet
from deepvis.core.files import path_beside
from deepvis.formats.caffe.hdf5 import read_hdf5, write_hdf5
from deepvis.formats.caffe.layer import fits
from deepvis.formats.caffe.schema import TEST, TRAIN, LayerParameter
from deepvis.formats.caffe.spec import NetworkSpec
from deepvis.formats.caffe.weights import read_weights, write_weights
from deepvis.network.model_error import ModelError

__all__ = ["TEST", "TRAIN", "Net"]

DECONV_TYPES = {"Zeiler & Fergus": "deconv", "Guided Backprop": "guided"}  # names of the arikpoz fork


class Net(BaseNet):
    """A network with its state: blobs and params are numpy arrays that one reads, writes and runs layers on.

    ``Net(prototxt, phase, level=0, stages=None, weights=None)``, or as of old ``Net(prototxt, weights, phase)``
    and ``Net(prototxt, weights)``. Layers without weights in the file, or all without a file, take
    their fillers' values. Differences from Caffe: data diffs are computed without ``force_backward`` too,
    and the back modes of the toolbox's fork are true gradients on branching networks.
    Raises ModelError (a ValueError) for files that do not fit. Source: python/caffe/pycaffe.py of BVLC Caffe 1.0.
    """

    # --- weights files ---------------------------------------------------------------------------

    def copy_from(self, weights: str | os.PathLike) -> None:
        """Take the weights of a .caffemodel or .h5 file for the layers of the same name; others stay."""
        self._take(read_weights(os.fspath(weights)), os.fspath(weights))

    def load_hdf5(self, weights: str | os.PathLike) -> None:
        """Take the weights of an HDF5 file, whatever its name (needs h5py)."""
        self._take(read_hdf5(Path(weights)), os.fspath(weights))

    def save(self, path: str | os.PathLike) -> None:
        """Write the net as a .caffemodel: its layers, Splits included, and their weights."""
        layers = []
        for step in self.layers:
            message = LayerParameter()
            message.CopyFrom(step.spec.message)
            message.ClearField("bottom")
            message.bottom.extend(step.bottoms)
            layers.append(replace(step.spec, message=message, blobs=tuple(blob.data for blob in step.blobs)))
        write_weights(os.fspath(path), NetworkSpec(self.name, tuple(layers), {}))

    def save_hdf5(self, path: str | os.PathLike, write_diff: bool = False) -> None:
        """Write the weights, and their diffs with ``write_diff``, as HDF5, whatever the file's name (needs h5py)."""
        weights = [(name, [blob.data for blob in blobs]) for name, blobs in self.params.items()]
        diffs = [(name, [blob.diff for blob in blobs]) for name, blobs in self.params.items()] if write_diff else None
        with path_beside(path) as part:
            write_hdf5(part, weights, diffs)

    def share_with(self, other: Net) -> None:
        """Use the other net's memory for the params of layers of the same name."""
        theirs = other.params
        for step in self.layers:
            if step.name in theirs:
                for mine, its in zip(step.blobs, theirs[step.name], strict=True):
                    mine.share_with(its)

    def clear_param_diffs(self) -> None:
        for blobs in self.params.values():
            for blob in blobs:
                blob.clear_diff()

    def _take(self, named: Mapping[str, Sequence[np.ndarray]], path: str) -> None:
        for step in self.layers:
            if step.name not in named or not step.blobs:
                continue
            values = named[step.name]
            if len(values) != len(step.blobs):
                raise ModelError(
                    f"{path}: layer {step.name!r} has {len(values)} weight blobs, expected {len(step.blobs)}"
                )
            for blob, array in zip(step.blobs, values, strict=True):
                if not fits(array.shape, blob.shape):
                    raise ModelError(
                        f"{path}: layer {step.name!r} has a weight blob of {array.shape}, expected {blob.shape}"
                    )
                blob.data[...] = array.reshape(blob.shape)

    # --- the toolbox's fork ----------------------------------------------------------------------

    def backward_from_layer(
        self, start_name: str, start_diff: np.ndarray, diffs: Iterable[str] | None = None, zero_higher: bool = False
    ) -> dict[str, np.ndarray]:
        """The gradient of ``start_diff`` at the blob (and layer) ``start_name`` with respect to the inputs.

        The walk starts at the layer of that name: in-place layers after it are skipped. Returns {blob: diff} of
        the inputs and of ``diffs``. Diffs of blobs above the start are cleared with ``zero_higher`` and left
        alone otherwise; beside the start they never count. Raises Exception where the shape is wrong.
        Source: pycaffe of yosinski's fork (deconv-deep-vis-toolbox), without its stale diffs.
        """
        return self._from_layer(start_name, start_diff, diffs, zero_higher, "gradient")

    def deconv_from_layer(
        self,
        start_name: str,
        start_diff: np.ndarray,
        diffs: Iterable[str] | None = None,
        zero_higher: bool = False,
        deconv_type: str = "Zeiler & Fergus",
    ) -> dict[str, np.ndarray]:
        """As ``backward_from_layer``, by deconvolution. deconv_type: "Zeiler & Fergus" or "Guided Backprop"."""
        if deconv_type not in DECONV_TYPES:
            raise ValueError(f"deconv_type {deconv_type!r} is unknown; there are: {', '.join(DECONV_TYPES)}")
        return self._from_layer(start_name, start_diff, diffs, zero_higher, DECONV_TYPES[deconv_type])

    def deconv(
        self, diffs: Iterable[str] | None = None, start: str | None = None, end: str | None = None, **kwargs
    ) -> dict[str, np.ndarray]:
        """As ``backward``, by deconvolution; diffs of the params stay as they are."""
        return self._walked_back(diffs, start, end, kwargs, "deconv", weights=False)

    def zero(self, zero_param_diffs: bool = True) -> None:
        """Clear the diffs of all blobs, and those of the params where ``zero_param_diffs``."""
        for blob in self.blobs.values():
            blob.clear_diff()
        if zero_param_diffs:
            self.clear_param_diffs()

    def _from_layer(self, start_name, start_diff, diffs, zero_higher, back_mode) -> dict[str, np.ndarray]:
        start = self._index(start_name)
        top = start_name if start_name in self.blobs else self.layers[start].tops[0]
        start_diff = np.asarray(start_diff)
        if start_diff.shape != self.blobs[top].shape:
            raise Exception(f"Expected start_diff of shape {self.blobs[top].shape} but got {start_diff.shape}")
        below = {name for step in self.layers[: start + 1] for name in step.tops}
        on_path = self._behind(start)
        for name, blob in self.blobs.items():
            if name in below or zero_higher:
                blob.clear_diff()
        self.blobs[top].diff[...] = start_diff
        now = self._pass()
        for index in reversed(on_path):
            self.layers[index].backward(now, mode=back_mode, weights=False, clear=True, prune=index == start)
        return {name: self.blobs[name].diff for name in {*self.inputs, *(diffs or ())}}

    def _behind(self, start: int) -> list[int]:
        """Indices of the layers that the layer ``start`` depends on, itself included, lowest first."""
        needed, found = set(self.layers[start].bottoms), [start]
        for index in range(start - 1, -1, -1):
            step = self.layers[index]
            if needed.intersection(step.tops):
                found.append(index)
                needed.update(step.bottoms)
        return found[::-1]
