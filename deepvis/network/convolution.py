"""Convolutions with learned kernels, whatever file they come from: on a CPU with their weights laid out once."""

from __future__ import annotations

from dataclasses import replace

from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Gradients, Op, Ran
from deepvis.network.packed import Packed, PackedBack, Pair, can_pack, channels_last


def convolution_op(w: Tensor, bias: Tensor | None, stride: Pair, pad: Pair, dilation: Pair, groups: int) -> Op:
    """y[o] = b[o] + sum over the inputs i of its group, and the kernel's places, of w[o, i] x[i].

    w: (O, C / groups, kernel...), 1 to 3 spatial axes; stride, pad, dilation: one number for each of them.
    Its gradient is the transposed convolution with the same weights.
    """
    made = _Convolution(w, bias, stride, pad, dilation, groups)
    op = Op(made.forward, fast=made.fast, backward=made.backward)
    return replace(op, with_relu=replace(op, fast=made.fast_relu))


class _Convolution:
    """One convolution, and what has been made ready for it. Images are packed where they can be.

    PyTorch's own takes another way for one image than for several: the last bits would depend on the batch.
    """

    def __init__(self, w: Tensor, bias: Tensor | None, stride: Pair, pad: Pair, dilation: Pair, groups: int) -> None:
        self.w = w
        self.bias = (
            None if bias is None else bias.contiguous()
        )  # oneDNN reads it as it lies: one value repeated does not
        self.parts = (stride, pad, dilation, groups)
        self.convolve = (F.conv1d, F.conv2d, F.conv3d)[len(stride) - 1]
        self.packed: Packed | None = None
        self.packed_back: PackedBack | None = None

    def forward(self, x: Tensor) -> Tensor:
        return self.convolve(x, self.w, self.bias, *self.parts)

    def fast(self, x: Tensor) -> tuple[Tensor, None]:
        return self._run(x, relu=False), None

    def fast_relu(self, x: Tensor) -> tuple[Tensor, None]:
        return self._run(x, relu=True), None

    def _run(self, x: Tensor, *, relu: bool) -> Tensor:
        if not can_pack(self.w, x.shape) or x.dtype != torch.float32:
            y = self.forward(x)
            return y.relu_() if relu else y
        packed = self.packed
        if packed is None:  # threads may make it twice: the last one stays
            packed = self.packed = Packed(self.w, *self.parts, x.shape)
        return packed(x, self.bias, relu=relu)

    def backward(self, ran: Ran, grads: Gradients) -> list[Tensor]:
        (x,), (grad,) = ran.bottoms, grads
        if can_pack(self.w, x.shape) and grad.dtype == torch.float32:
            back = self.packed_back
            if back is None and PackedBack.suits(self.w, *self.parts):
                back = self.packed_back = PackedBack(self.w, *self.parts, grad.shape)
            if back is not None:
                return [back(grad, x.shape)]
            grad = channels_last(grad)
        stride, pad, dilation, groups = self.parts
        zeros = [0] * len(stride)
        return torch.ops.aten.convolution_backward(
            grad, x, self.w, None, stride, pad, dilation, False, zeros, groups, (True, False, False)
        )[:1]
