"""The core of ``caffe.Net``: forward and backward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from deepvis.caffe.blob import batches
from deepvis.caffe.built_net import BuiltNet
from deepvis.caffe.passing import Pass
from deepvis.formats.caffe.schema import TRAIN


class BaseNet(BuiltNet):
    """A net without its weights files and the fork's back passes: see ``Net``."""

    def forward(
        self, blobs: Iterable[str] | None = None, start: str | None = None, end: str | None = None, **kwargs
    ) -> dict[str, np.ndarray]:
        """Run the layers ``start`` to ``end`` (names, both included) and return {blob: data} of the outputs
        (with ``end`` of that layer's tops) and of ``blobs``.

        kwargs: input blob = array, all inputs or none. Raises Exception where they do not match, as pycaffe does.
        """
        first = self._index(start) if start is not None else 0
        last = self._index(end) if end is not None else len(self.layers) - 1
        names = {*(self.layers[last].tops if end is not None else self.outputs), *(blobs or ())}
        self._fill(kwargs, self.inputs, "Input", "data")
        self._forward(first, last)
        return {name: self.blobs[name].data for name in names}

    def backward(
        self, diffs: Iterable[str] | None = None, start: str | None = None, end: str | None = None, **kwargs
    ) -> dict[str, np.ndarray]:
        """Walk back from layer ``start`` to ``end`` (names, both included) and return {blob: diff} of the inputs
        (with ``end`` of that layer's bottoms) and of ``diffs``. Diffs of the params are added to.

        kwargs: output blob = its diff, all outputs or none.
        """
        return self._walked_back(diffs, start, end, kwargs)

    def _walked_back(
        self,
        diffs: Iterable[str] | None,
        start: str | None,
        end: str | None,
        given: Mapping[str, np.ndarray],
        back_mode: str = "gradient",
        *,
        weights: bool = True,
    ) -> dict[str, np.ndarray]:
        first = self._index(start) if start is not None else len(self.layers) - 1
        last = self._index(end) if end is not None else 0
        names = {*(self.layers[last].bottoms if end is not None else self.inputs), *(diffs or ())}
        self._fill(given, self.outputs, "Top diff", "diff")
        self._backward(first, last, back_mode, weights=weights)
        return {name: self.blobs[name].diff for name in names}

    def _forward(self, start: int, end: int) -> float:
        """Run the layers by index, both included; returns the weighted loss."""
        loss = 0.0
        now = self._pass()
        try:
            for step in self.layers[start : end + 1]:
                relu = self._layer_names[step.relu] if step.relu is not None and step.relu <= end else None
                step.forward(now, relu)
                for name, weight in self._weighted.get(step.name, ()):
                    value = now.fresh[name] if name in now.fresh else self.blobs[name].data
                    loss += weight * float(value.sum())
        finally:
            now.settle()
        return loss

    def _backward(self, start: int, end: int, back_mode: str = "gradient", *, weights: bool = True) -> None:
        """Walk back over the layers by index, from the higher to the lower, both included."""
        now = self._pass()
        for step in reversed(self.layers[end : start + 1]):
            step.backward(now, mode=back_mode, weights=weights)

    def _pass(self) -> Pass:
        return Pass(self.blobs, self._device, self.phase == TRAIN)

    def forward_all(self, blobs: Iterable[str] | None = None, **kwargs) -> dict[str, np.ndarray]:
        """``forward`` over any number of inputs, in batches of the net's size; returns whole arrays."""
        blobs = list(blobs or ())
        found: dict[str, list[np.ndarray]] = {name: [] for name in {*self.outputs, *blobs}}
        total = len(next(iter(kwargs.values())))
        for batch in batches(kwargs, self._batch_size()):
            for name, data in self.forward(blobs=blobs, **batch).items():
                found[name].extend(data.copy())
        return {name: np.asarray(values[:total]) for name, values in found.items()}

    def forward_backward_all(
        self, blobs: Iterable[str] | None = None, diffs: Iterable[str] | None = None, **kwargs
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """``forward`` and ``backward`` over any number of inputs, in batches; ({blob: data}, {blob: diff})."""
        blobs, diffs = list(blobs or ()), list(diffs or ())
        data: dict[str, list[np.ndarray]] = {name: [] for name in {*self.outputs, *blobs}}
        grads: dict[str, list[np.ndarray]] = {name: [] for name in {*self.inputs, *diffs}}
        total = len(next(iter(kwargs.values())))
        for batch in batches(kwargs, self._batch_size()):
            for name, values in self.forward(
                blobs=blobs, **{k: v for k, v in batch.items() if k in self.inputs}
            ).items():
                data[name].extend(values.copy())
            for name, values in self.backward(
                diffs=diffs, **{k: v for k, v in batch.items() if k in self.outputs}
            ).items():
                grads[name].extend(values.copy())
        return tuple({name: np.asarray(v[:total]) for name, v in found.items()} for found in (data, grads))  # type: ignore[return-value]

    # --- shapes ----------------------------------------------------------------------

    def reshape(self) -> None:
        """Carry the shapes of the input blobs, changed by ``blobs[...].reshape``, through the net."""
        for step in self.layers:
            step.reshape(self.blobs)

    def reset(self) -> None:
        """Set Python data layers back to their start."""
        for step in self.layers:
            if step.python is not None and hasattr(step.python, "reset"):
                step.python.reset()

    # --- parts -----------------------------------------------------------------------------------

    def _index(self, name: str) -> int:
        if name not in self._layer_names:
            raise ValueError(f"{name!r} is not a layer of {self.name!r}; there are: {', '.join(self._layer_names)}")
        return self._layer_names.index(name)

    def _batch_size(self) -> int:
        return next(iter(self.blobs.values())).shape[0]

    def _fill(self, given: Mapping[str, np.ndarray], expected: Sequence[str], what: str, side: str) -> None:
        if not given:
            return
        if set(given) != set(expected):
            kind = "net inputs" if side == "data" else "net outputs"
            raise Exception(f"{what} arguments do not match {kind}: {sorted(given)}, expected {sorted(expected)}.")
        for name, values in given.items():
            blob = self.blobs[name]
            if np.shape(values)[0] != blob.shape[0]:
                raise Exception(f"{what} {name!r} is not batch sized: {np.shape(values)[0]}, expected {blob.shape[0]}")
            getattr(blob, side)[...] = values
