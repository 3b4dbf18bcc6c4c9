"""Convolutions with learned kernels, whatever file they come from: on a CPU with their weights laid out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deepvis.network.batch_invariance import is_needed
from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Gradients, Op, Ran
from deepvis.network.packed import Packed, PackedBack, Pair, can_pack, channels_last


def convolution_op(w: Tensor, bias: Tensor | None, stride: Pair, pad: Pair, dilation: Pair, groups: int) -> Op:
    """y[o] = b[o] + sum over the inputs i of its group, and the kernel's places, of w[o, i] x[i].

    w: (O, C / groups, kernel...), 1 to 3 spatial axes; stride, pad, dilation: one number for each of them.
    Its gradient is the transposed convolution with the same weights.
    """
    parts = (stride, pad, dilation, groups)
    convolution = _PackedConvolution(w, bias, *parts)
    op = Op(convolution.forward, fast=convolution.fast, backward=convolution.backward)

    def with_affine(factor: Tensor, shift: Tensor) -> Op:
        """A normalization done by the convolution: one pass over memory for both."""
        changed = w * factor.reshape(-1, *(1,) * (w.dim() - 1))
        return convolution_op(changed, shift if bias is None else bias * factor + shift, *parts)

    return replace(op, with_relu=replace(op, fast=convolution.fast_relu), with_affine=with_affine)


class _PackedConvolution:
    """One convolution, and what has been made ready for it. Images are packed where they can be.

    PyTorch's own takes another way for one image than for several: the last bits would depend on the batch.
    """

    def __init__(self, w: Tensor, bias: Tensor | None, stride: Pair, pad: Pair, dilation: Pair, groups: int) -> None:
        self.w = w
        # oneDNN reads it as it lies: one value repeated does not
        self.bias = None if bias is None else bias.contiguous()
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
        packed = self.packed
        if packed is None or x.dtype != torch.float32 or x.dim() != 4 or not x.numel():
            if not can_pack(self.w, x.shape) or x.dtype != torch.float32:
                y = self.forward(x)
                return y.relu_() if relu else y
            packed = self.packed = Packed(self.w, *self.parts, x.shape)  # threads may make it twice: the last one stays
        return packed(x, self.bias, relu=relu)

    def backward(self, ran: Ran, grads: Gradients) -> list[Tensor]:
        (x,), (grad,) = ran.bottoms, grads
        if can_pack(self.w, x.shape) and grad.dtype == torch.float32:
            back = self.packed_back
            if back is None and self._goes_back_packed(grad):
                back = self.packed_back = PackedBack(self.w, *self.parts, grad.shape)
            if back is not None:
                return [back(grad, x.shape)]
            grad = channels_last(grad)
        stride, pad, dilation, groups = self.parts
        zeros = [0] * len(stride)
        found: Sequence[Tensor] = torch.ops.aten.convolution_backward(
            grad, x, self.w, None, stride, pad, dilation, False, zeros, groups, (True, False, False)
        )
        return [found[0]]

    def _goes_back_packed(self, grad: Tensor) -> bool:
        """Where it is quicker, or where the last bits count: PyTorch's own depend on the batch."""
        if not PackedBack.suits(self.w, *self.parts):
            return False
        return is_needed(grad) or PackedBack.pays(self.w, self.parts[0], self.parts[3])
