"""The layers of a pycaffe net, one by one: what each takes, makes, and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from deepvis.caffe.blob import Blob
from deepvis.caffe.python_layer import BlobVec, Layer
from deepvis.formats.caffe.layer import CaffeOp, build, kind_of, title
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.op import Op, Ran, as_tuple, naming, pull_back, run, tops_shapes

SHARES_DATA = frozenset({"Split", "Reshape", "Flatten"})  # their tops are their bottom's memory, as in Caffe

PACKS = frozenset({"Convolution", "DepthwiseConvolution", "ConvolutionDepthwise"})  # see deepvis/network/packed.py


def same(a: Tensor, b: Tensor) -> bool:
    return a.device == b.device and torch.equal(a, b)


def settle(fresh: dict[str, Tensor], blobs: Mapping[str, Blob]) -> None:
    """Put what a pass has computed into the blobs, and forget it."""
    for name, value in fresh.items():
        blobs[name].put(value)
    fresh.clear()


@dataclass(eq=False)
class Step:
    """One layer of a net, as ``net.layers`` shows it.

    type, blobs: pycaffe's. ran: what the last forward left for the way back, None before it.
    packing: the op that has laid out weights of its own, and the weights at that time.
    started, state: what a recurrent layer's last forward began and ended with, None before it.
    """

    spec: LayerSpec
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    blobs: BlobVec = field(default_factory=BlobVec)
    python: Layer | None = None
    ran: tuple[Op, Ran] | None = None
    packing: tuple[Op, list[Tensor]] | None = None
    started: Any = None
    state: Any = None
    passes: list[bool] | None = None  # which bottoms get a diff; None: all

    @property
    def type(self) -> str:
        return self.spec.type

    @property
    def name(self) -> str:
        return self.spec.name

    def forward(
        self, blobs: Mapping[str, Blob], device: torch.device, *, training: bool, fresh: dict[str, Tensor]
    ) -> None:
        """Run the layer on the blobs' present data.

        fresh: what this pass has computed and not yet put into the blobs, blob -> values in the layout that the next
        layer likes; takes the layer's tops. A Python layer works on the blobs themselves: ``settle`` before it.
        """
        if self.type == "Input":
            return
        if self.python is not None:
            bottom, top = self._of(blobs)
            self.python.reshape(bottom, top)
            self.python.forward(bottom, top)
            return
        op, ran = self._run(blobs, device, training=training, fresh=fresh)
        self.ran = op, ran
        fresh.update(zip(self.tops, ran.tops, strict=True))

    def backward(
        self, blobs: Mapping[str, Blob], device: torch.device, *, mode: str, weights: bool, training: bool
    ) -> None:
        """From the tops' diffs to the bottoms', and, with ``weights``, add to the diffs of the layer's blobs."""
        if self.type == "Input":
            return
        if self.python is not None:
            bottom, top = self._of(blobs)
            self.python.backward(top, self.passes or [True] * len(bottom), bottom)
            return
        op, ran = self.ran or self._run(blobs, device, training=training)
        grads = [blobs[name].synced_diff().tensor(device) for name in self.tops]
        rule = BACK_MODES[mode].rules.get(kind_of(self.spec))
        with torch.no_grad(), naming(title(self.spec)):
            if rule is not None:
                below = [rule(ran.bottoms[0], ran.tops[0], grads[0])]
            else:
                below = pull_back(op, ran, grads)
        if weights and self.blobs:
            self._add_weight_diffs(ran, grads, device, training=training)
        for place, (name, grad) in enumerate(zip(self.bottoms, below, strict=True)):
            if grad is not None and (self.passes is None or self.passes[place]):
                blobs[name].synced_diff().put(grad)

    def reshape(self, blobs: Mapping[str, Blob], device: torch.device) -> None:
        """Give the tops the shapes that follow from the bottoms', without computing."""
        if self.type == "Input":
            return
        if self.python is not None:
            self.python.reshape(*self._of(blobs))
            return
        with torch.no_grad(), naming(title(self.spec)):
            op = build(self.spec, [torch.empty(blob.shape, device="meta") for blob in self.blobs])
            shapes = [blobs[name].shape for name in self.bottoms]
            tops = tops_shapes(op, shapes)
        for name, shape in zip(self.tops, tops, strict=True):
            blobs[name].reshape(*shape)
        self.ran = None

    # --- parts -----------------------------------------------------------------------------------

    def _of(self, blobs: Mapping[str, Blob]) -> tuple[list[Blob], list[Blob]]:
        return [blobs[name] for name in self.bottoms], [blobs[name] for name in self.tops]

    def _weights(self, device: torch.device) -> list[Tensor]:
        return [blob.tensor(device) for blob in self.blobs]

    def _run(
        self,
        blobs: Mapping[str, Blob],
        device: torch.device,
        *,
        training: bool,
        fresh: Mapping[str, Tensor] = MappingProxyType({}),
    ) -> tuple[Op, Ran]:
        """The layer's op over its present weights and bottoms; an in-place bottom is kept before it is overwritten."""
        bottoms = []
        for name in self.bottoms:
            x = fresh.get(name)
            if x is None:
                x = blobs[name].tensor(device)
                x = x.clone() if name in self.tops else x
            bottoms.append(x)
        with torch.no_grad(), naming(title(self.spec)):
            self.started = self.state
            op = self._packing_op(device) or self._op(self._weights(device), training=training)
            ran = run(op, tuple(bottoms))
            self.state = ran.saved if isinstance(op, CaffeOp) and op.resume is not None else None
            return op, ran

    def _packing_op(self, device: torch.device) -> Op | None:
        """The op of a layer that lays its weights out anew, kept until they change; None for all other types.

        The weights can be written to at any time through arrays that the user holds: they are compared with a copy.
        """
        if self.type not in PACKS:
            return None
        weights = self._weights(device)
        if self.packing is None or not all(same(a, b) for a, b in zip(weights, self.packing[1], strict=True)):
            copies = [w.clone() for w in weights]
            self.packing = build(self.spec, copies), copies
        return self.packing[0]

    def _op(self, weights: Sequence[Tensor], *, training: bool) -> Op:
        """The layer's op; a recurrent one goes on from where the last forward began."""
        op = build(self.spec, weights, training=training)
        if self.started is None or not isinstance(op, CaffeOp) or op.resume is None:
            return op
        return op.resume(self.started)

    def _add_weight_diffs(self, ran: Ran, grads: Sequence[Tensor], device: torch.device, *, training: bool) -> None:
        with torch.enable_grad(), naming(title(self.spec)):
            weights = [w.detach().requires_grad_() for w in self._weights(device)]
            tops = as_tuple(self._op(weights, training=training).forward(*ran.bottoms))
            pairs = [(y, g) for y, g in zip(tops, grads, strict=True) if y.requires_grad]
            if not pairs:
                return
            found = torch.autograd.grad([y for y, _ in pairs], weights, [g for _, g in pairs], allow_unused=True)
        for blob, grad in zip(self.blobs, found, strict=True):
            if grad is not None:
                diff = blob.synced_diff()
                diff.put(diff.tensor(device) + grad)
