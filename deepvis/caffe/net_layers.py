"""The layers of a pycaffe net, one by one: what each takes, makes, and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from deepvis.caffe.blob import Blob
from deepvis.caffe.passing import Pass, Ready
from deepvis.caffe.python_layer import BlobVec, Layer
from deepvis.formats.caffe.layer import CaffeOp, build, kind_of, title
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.kinds import Kind
from deepvis.network.op import Gradients, Op, Ran, as_tuple, naming, pull_back, run, tops_shapes

SHARES_DATA = frozenset({"Split", "Reshape", "Flatten"})  # their tops are their bottom's memory, as in Caffe

PACKS = frozenset({"Convolution", "DepthwiseConvolution", "ConvolutionDepthwise"})  # see deepvis/network/packed.py


@dataclass(eq=False)
class NetLayer:
    """One layer of a net, as ``net.layers`` shows it. type, blobs: pycaffe's."""

    spec: LayerSpec
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    blobs: BlobVec = field(default_factory=BlobVec)
    python: Layer | None = None
    ran: tuple[Op, Ran] | None = None  # of the last forward, for the way back
    ready: Ready | None = None  # the op, reused until the weights change
    relu: int | None = None  # index of the ReLU in place that alone reads its top
    started: Any = None  # what a recurrent layer's last forward began with
    state: Any = None  # what it ended with
    passes: list[bool] | None = None  # which bottoms get a diff; None: all

    @property
    def type(self) -> str:
        return self.spec.type

    @property
    def name(self) -> str:
        return self.spec.name

    def forward(self, now: Pass, relu: str | None = None) -> None:
        """Run the layer on the newest data; relu: the ReLU in place after it, done here where that is quicker.

        A Python layer works on the blobs themselves: what was computed before it is put into them.
        """
        if self.type == "Input":
            return
        if self.python is not None:
            now.settle()
            bottom, top = self._of(now.blobs)
            self.python.reshape(bottom, top)
            self.python.forward(bottom, top)
            return
        self.ran = _, ran = self._run(now, relu)
        for name, values in zip(self.tops, ran.tops, strict=True):
            now.give(name, values)

    def backward(
        self,
        now: Pass,
        *,
        mode: str,
        weights: bool,
        clear: bool = False,
        prune: bool = False,
    ) -> None:
        """From the tops' diffs to the bottoms', and, with ``weights``, add to the diffs of the layer's blobs.

        clear: all diffs were zeros when the walk began; those that still are need no work. prune: of the bottoms that
        the layer joins, those whose diff is zero stay so without a copy.
        """
        if self.type == "Input":
            return
        if self.python is not None:
            bottom, top = self._of(now.blobs)
            self.python.backward(top, self.passes or [True] * len(bottom), bottom)
            return
        diffs = [now.blobs[name].synced_diff() for name in self.tops]
        if clear and diffs and all(diff.is_clear for diff in diffs):
            return
        op, ran = self.ran or self._run(now)
        grads = [None if clear and diff.is_clear else diff.tensor(now.device) for diff in diffs]
        below: Gradients
        rule = BACK_MODES[mode].rules.get(kind_of(self.spec))
        with torch.no_grad(), naming(title(self.spec)):
            if rule is not None:
                below = [rule(ran.bottoms[0], ran.tops[0], grads[0])]
            else:
                below = pull_back(op, ran, grads)
        if weights and self.blobs:
            self._add_weight_diffs(ran, grads, now)
        joins = prune and kind_of(self.spec) is Kind.CONCAT
        for place, (name, grad) in enumerate(zip(self.bottoms, below, strict=True)):
            if grad is None or not (self.passes is None or self.passes[place]) or (joins and not grad.any()):
                continue
            is_shared = any(diff.is_memory(grad) for diff in diffs)
            now.blobs[name].synced_diff().put(grad.clone() if is_shared else grad)

    def reshape(self, blobs: Mapping[str, Blob]) -> None:
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

    def _run(self, now: Pass, relu: str | None = None) -> tuple[Op, Ran]:
        """The layer's op over its present weights and bottoms; an in-place bottom is kept before it is overwritten."""
        bottoms = tuple([now.take(name, in_place=name in self.tops) for name in self.bottoms])
        if self.name in now.rectified:
            return replace(self._op(now), forward=lambda x: x, fast=None), Ran(bottoms, bottoms)
        with torch.no_grad(), naming(title(self.spec)):
            self.started = self.state
            op = self._op(now)
            if relu is not None and op.with_relu is not None:
                now.rectified.add(relu)
                op = op.with_relu
            ran = run(op, bottoms)
            self.state = ran.saved if isinstance(op, CaffeOp) and op.resume is not None else None
            return op, ran

    def _op(self, now: Pass) -> Op:
        """The layer's op, kept until the weights change; a recurrent one goes on from where the last forward began.

        The weights can be written to at any time through arrays that the user holds. An op that lays them out anew is
        then built of copies, and they are compared; any other looks at the weights themselves.
        """
        stamps = [blob.stamp for blob in self.blobs]
        if self.ready is None or not self.ready.suits(now, stamps):
            weights = self._weights(now.device)
            if self.ready is not None and self.ready.has(now, weights):
                self.ready.stamps = stamps
            else:
                is_copied = self.type in PACKS and None in stamps
                copies = [w.clone() for w in weights] if is_copied else None
                op = build(self.spec, copies or weights, training=now.training)
                self.ready = Ready(op, now.device, now.training, stamps, copies)
        return self._resumed(self.ready.op)

    def _resumed(self, op: Op) -> Op:
        if self.started is None or not isinstance(op, CaffeOp) or op.resume is None:
            return op
        return op.resume(self.started)

    def _add_weight_diffs(self, ran: Ran, grads: Sequence[Tensor | None], now: Pass) -> None:
        with torch.enable_grad(), naming(title(self.spec)):
            weights = [w.detach().requires_grad_() for w in self._weights(now.device)]
            op = self._resumed(build(self.spec, weights, training=now.training))
            tops = as_tuple(op.forward(*ran.bottoms))
            pairs = [(y, g) for y, g in zip(tops, grads, strict=True) if y.requires_grad and g is not None]
            if not pairs:
                return
            found = torch.autograd.grad([y for y, _ in pairs], weights, [g for _, g in pairs], allow_unused=True)
        for blob, grad in zip(self.blobs, found, strict=True):
            if grad is not None:
                diff = blob.synced_diff()
                diff.put(grad if diff.is_clear else diff.tensor(now.device) + grad)


def relus_in_place(layers: Sequence[NetLayer]) -> None:
    """Enter for each layer the ReLU in place that alone reads its top: Splits are layers, so a blob has one reader."""
    maker: dict[str, NetLayer] = {}
    for index, step in enumerate(layers):
        for name in step.bottoms:
            made_by = maker.pop(name, None)
            if made_by is not None and kind_of(step.spec) is Kind.RELU and step.tops == step.bottoms:
                made_by.relu = index
        if len(step.tops) == 1 and step.python is None:
            maker[step.tops[0]] = step
