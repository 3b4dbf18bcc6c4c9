"""oneDNN convolutions on the CPU with weights laid out once, on channels-last images.

PyTorch's own convolution lays the weights (and images that are not channels-last) out anew in every call; on
the small images of a convnet that is a third of the time. The operators used here are the ones that
PyTorch's compiler emits; where they are missing, or the tensors are not plain float32 images on the CPU, nothing
is packed and ``torch.nn.functional`` does the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import prod

from deepvis.network.batch_invariance import is_needed
from deepvis.network.lazy import F, Tensor, torch

Pair = tuple[int, ...]  # (rows, columns)
# multiplications up to which BLAS was as quick as oneDNN or quicker; on AMD's cores, for which BLAS is not made, oneDNN
# takes 0.75 to 0.95 of its time beyond that
SMALL_PRODUCT = 1 << 22

_NAMES = ("_reorder_convolution_weight", "_convolution_pointwise", "_reorder_linear_weight", "_linear_pointwise")


@cache
def is_available() -> bool:
    """True if this PyTorch has oneDNN and the operators used here."""
    return torch.backends.mkldnn.is_available() and all(hasattr(torch.ops.mkldnn, name) for name in _NAMES)


def can_pack(w: Tensor, shape: Sequence[int]) -> bool:
    """True if the convolution of float32 images of that shape with these weights can take the packed way."""
    return bool(
        is_available()
        and len(shape) == 4
        and prod(shape) > 0
        and w.device.type == "cpu"
        and w.dtype == torch.float32
        and torch.backends.mkldnn.enabled
    )


def channels_last(x: Tensor) -> Tensor:
    """The same values with the channels of a place side by side, as the packed convolutions like them."""
    return x.contiguous(memory_format=torch.channels_last)


class Packed:
    """A convolution whose weights lie ready for oneDNN.

    w: (O, C / group, kernel height, kernel width). shape: of the images it will mostly see, (N, C, H, W); others
    work too. A plain 1 x 1 convolution is done as the matrix product that it is on channels-last images, which
    starts sooner; a small one by BLAS, which starts sooner still, but whose last bits depend on the number of rows.
    """

    def __init__(self, w: Tensor, stride: Pair, pad: Pair, dilation: Pair, group: int, shape: Sequence[int]) -> None:
        self.stride, self.pad, self.dilation, self.group = list(stride), list(pad), list(dilation), group
        self.outputs, w = w.shape[0], w.detach().contiguous()
        self.is_product = tuple(w.shape[2:]) == (1, 1) and stride == (1, 1) and pad == (0, 0) and group == 1
        self.rows = shape[0] * shape[2] * shape[3]
        if self.is_product:
            self.matrix, self.laid_out = w.reshape(w.shape[:2]), None
        else:
            reorder = torch.ops.mkldnn._reorder_convolution_weight
            self.w = reorder(w, self.pad, self.stride, self.dilation, group, list(shape))

    def __call__(self, x: Tensor, bias: Tensor | None = None, *, relu: bool = False) -> Tensor:
        """Convolve (N, C, H, W); with ``relu`` negative values become 0 on the way out."""
        x = channels_last(x)
        if self.is_product:
            n, c, height, width = x.shape
            y = self._product(x.as_strided((n * height * width, c), (c, 1)), bias, relu)
            o = self.outputs
            return y.as_strided((n, o, height, width), (height * width * o, 1, width * o, o))
        attribute = "relu" if relu else "none"
        convolved: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self.w, bias, self.pad, self.stride, self.dilation, self.group, attribute, [], ""
        )
        return convolved

    def _product(self, rows: Tensor, bias: Tensor | None, relu: bool) -> Tensor:
        """rows (R, C) -> (R, O)."""
        count, c = rows.shape
        is_small = count * c * self.outputs <= SMALL_PRODUCT
        if is_small and not is_needed(rows):
            y = F.linear(rows, self.matrix, bias)
            return y.relu_() if relu else y
        laid_out = self.laid_out
        if laid_out is None:  # threads may make it twice: the last one stays
            laid_out = self.laid_out = torch.ops.mkldnn._reorder_linear_weight(self.matrix, self.rows)
        product: Tensor = torch.ops.mkldnn._linear_pointwise(rows, laid_out, bias, "relu" if relu else "none", [], "")
        return product


class PackedBack:
    """The gradient of a convolution at its input, as a convolution of the gradient at its output.

    With stride 1 the kernel is turned around and its channels are exchanged. With a stride s each of the s x s
    residue classes of input places has a smaller kernel of its own; all are done at once, as s * s times the
    channels, which are then dealt out to their places.
    """

    def __init__(self, w: Tensor, stride: Pair, pad: Pair, dilation: Pair, group: int, above: Sequence[int]) -> None:
        self.stride, self.pad = stride[0], pad
        kernels = _phases(w, self.stride, group)
        reach = [d * (k - 1) for d, k in zip(dilation, kernels.shape[2:], strict=True)]
        cut = pad if self.stride == 1 else (0, 0)
        inner_pad = (reach[0] - cut[0], reach[1] - cut[1])
        self.packed = Packed(kernels, (1, 1), inner_pad, dilation, group, above)

    @staticmethod
    def suits(w: Tensor, stride: Pair, pad: Pair, dilation: Pair, group: int) -> bool:
        """True if this way exists and may be worth it: for large strides only with few channels below."""
        if stride[0] != stride[1]:
            return False
        if stride[0] == 1:
            return all(d * (k - 1) >= p for d, k, p in zip(dilation, w.shape[2:], pad, strict=True))
        return dilation == (1, 1) and w.shape[1] * stride[0] ** 2 <= MOST_DEALT_CHANNELS

    @staticmethod
    def pays(w: Tensor, stride: Pair, group: int) -> bool:
        """True if it is quicker than oneDNN's own gradient, for one that suits: with a stride not for thin kernels."""
        return stride[0] == 1 or w.shape[0] // group * prod(w.shape[2:]) >= LEAST_WORK

    def __call__(self, grad: Tensor, below: Sequence[int]) -> Tensor:
        """The gradient (N, C, H, W) of the bottom, whose shape is ``below``, from that of the top."""
        spread = self.packed(grad)
        if self.stride == 1:
            return spread
        spread = F.pixel_shuffle(spread, self.stride)
        rows, columns = (spread.shape[2 + i] - self.pad[i] - below[2 + i] for i in (0, 1))
        return F.pad(spread, (-self.pad[1], -columns, -self.pad[0], -rows))


MOST_DEALT_CHANNELS = 64
LEAST_WORK = 100  # multiplications for a channel of the bottom at a place of the top


def _phases(w: Tensor, stride: int, group: int) -> Tensor:
    """Kernels (C * stride^2, O / group, k', k') from weights (O, C / group, k, k): turned around, cut by residue."""
    outputs, inputs, height, width = w.shape
    rows, columns = -(-height // stride), -(-width // stride)
    w = F.pad(w, (0, columns * stride - width, 0, rows * stride - height))
    w = w.reshape(group, outputs // group, inputs, rows, stride, columns, stride).flip(3, 5)
    return w.permute(0, 2, 4, 6, 1, 3, 5).reshape(group * inputs * stride**2, outputs // group, rows, columns)
