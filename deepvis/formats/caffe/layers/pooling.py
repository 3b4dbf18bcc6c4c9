"""Pooling: maximum, average and (in its test-time form) stochastic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from deepvis.formats.caffe.layer import check_image, fault, layer_type, option
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window, image_size, sliding
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Op, Weights

LOWEST = -3.4028234663852886e38  # Caffe's -FLT_MAX


@dataclass(frozen=True)
class Grid:
    """Where the windows lie, (rows, columns) each: window i covers [i stride - pad, i stride - pad + kernel)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int, int]
    size: tuple[int, int]  # of the bottom
    pooled: tuple[int, int]  # of the top
    ceil: bool

    @property
    def after(self) -> tuple[int, int]:
        """What must be added after the bottom's end (cut off where negative), so that all windows are whole."""
        return tuple(
            max((n - 1) * s - p + k - size, 0)
            for n, s, p, k, size in zip(self.pooled, self.stride, self.pad, self.kernel, self.size, strict=True)
        )  # type: ignore[return-value]

    @property
    def is_torchs(self) -> bool:
        """True if PyTorch's own pooling places its windows likewise."""
        for k, s, p, size, pooled in zip(self.kernel, self.stride, self.pad, self.size, self.pooled, strict=True):
            n = (size + 2 * p - k + (s - 1 if self.ceil else 0)) // s + 1
            if self.ceil and (n - 1) * s >= size + p:
                n -= 1
            if n != pooled or 2 * p > k:
                return False
        return True


def make_grid(spec: LayerSpec, height: int, width: int, *, ceil: bool = True) -> Grid:
    """Caffe's placing of pooling windows on a bottom of height x width."""
    p = spec.param
    if p.global_pooling:
        if any(p.HasField(f) for f in ("kernel_size", "kernel_h", "kernel_w")):
            raise fault(spec, "a kernel size with global_pooling", "one of the two")
        kernel = (height, width)
    elif p.HasField("kernel_size"):
        if p.HasField("kernel_h") or p.HasField("kernel_w"):
            raise fault(spec, "kernel_size beside kernel_h and kernel_w", "one of the two")
        kernel = (p.kernel_size, p.kernel_size)
    elif p.HasField("kernel_h") and p.HasField("kernel_w"):
        kernel = (p.kernel_h, p.kernel_w)
    else:
        raise fault(spec, "no kernel size", "kernel_size, kernel_h and kernel_w, or global_pooling")
    stride, pad = _one_or_pair(spec, "stride"), _one_or_pair(spec, "pad")
    if option(spec, "pool") == "STOCHASTIC" and pad != (0, 0):
        raise fault(spec, f"pad {pad} with STOCHASTIC", "pad for MAX and AVE only")
    if p.global_pooling and (pad != (0, 0) or stride != (1, 1)):
        raise fault(spec, f"pad {pad}, stride {stride} with global_pooling", "pad 0 and stride 1")
    return place(spec, kernel, stride, pad, (height, width), ceil=ceil)


def _one_or_pair(spec: LayerSpec, field: str) -> tuple[int, int]:
    """(along rows, along columns) of ``stride`` or ``pad``: the field itself, or both of its _h and _w."""
    p = spec.param
    halves = [p.HasField(f"{field}{end}") for end in ("_h", "_w")]
    if any(halves) and (p.HasField(field) or not all(halves)):
        given = [name for name in (field, f"{field}_h", f"{field}_w") if p.HasField(name)]
        raise fault(spec, " and ".join(given), f"{field} alone, or both {field}_h and {field}_w")
    if any(halves):
        return getattr(p, f"{field}_h"), getattr(p, f"{field}_w")
    return (getattr(p, field),) * 2


def place(
    spec: LayerSpec,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    pad: tuple[int, int],
    size: tuple[int, int],
    *,
    ceil: bool = True,
) -> Grid:
    """The grid of such windows on a bottom of that size (height, width); ``spec`` is named in errors."""
    if min(kernel) < 1 or min(stride) < 1:
        raise fault(spec, f"kernel {kernel}, stride {stride}", "at least 1")
    if any(a >= b for a, b in zip(pad, kernel, strict=True)):
        raise fault(spec, f"pad {pad} for kernel {kernel}", "a pad smaller than the kernel")
    pooled = []
    for n, k, s, p in zip(size, kernel, stride, pad, strict=True):
        free = n + 2 * p - k
        windows = (-(-free // s) if ceil else free // s) + 1
        if any(pad) and (windows - 1) * s >= n + p:
            windows -= 1
        if windows < 1:
            raise fault(spec, f"a bottom of {size[0]} x {size[1]}", f"room for a kernel of {kernel[0]} x {kernel[1]}")
        pooled.append(windows)
    return Grid(kernel, stride, pad, size, (pooled[0], pooled[1]), ceil)


def padded(x: Tensor, grid: Grid, value: float) -> Tensor:
    """The bottom with ``value`` around it, so that every window is whole."""
    after_h, after_w = grid.after
    return F.pad(x, (grid.pad[1], after_w, grid.pad[0], after_h), value=value)


def max_pool(x: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    """(maxima, index of each in its plane of the bottom, row-major; of equal ones the first)."""
    if grid.is_torchs:
        return F.max_pool2d(x, grid.kernel, grid.stride, grid.pad, ceil_mode=grid.ceil, return_indices=True)
    wide = padded(x, grid, LOWEST)
    y, index = F.max_pool2d(wide, grid.kernel, grid.stride, return_indices=True)
    y, index = y[..., : grid.pooled[0], : grid.pooled[1]], index[..., : grid.pooled[0], : grid.pooled[1]]
    row = index // wide.shape[3] - grid.pad[0]
    column = index % wide.shape[3] - grid.pad[1]
    inside = (row >= 0) & (row < grid.size[0]) & (column >= 0) & (column < grid.size[1])
    return y, torch.where(inside, row * grid.size[1] + column, -1)


def max_pool_back(x: Tensor, grid: Grid, index: Tensor, grad: Tensor) -> Tensor:
    """Each gradient goes to the place of its window's maximum."""
    if grid.is_torchs:
        return torch.ops.aten.max_pool2d_with_indices_backward(
            grad, x, grid.kernel, grid.stride, grid.pad, (1, 1), grid.ceil, index
        )
    flat = torch.zeros(*x.shape[:2], x.shape[2] * x.shape[3] + 1, dtype=x.dtype, device=x.device)
    index = torch.where(index < 0, flat.shape[2] - 1, index)  # windows outside of the bottom: nowhere
    flat.scatter_add_(2, index.flatten(2), grad.flatten(2))
    return flat[..., :-1].reshape(x.shape)


def average_pool(x: Tensor, grid: Grid) -> Tensor:
    """Sum of each window divided by its area, the pad included, but never beyond the padded bottom's end."""
    if grid.is_torchs:
        return F.avg_pool2d(x, grid.kernel, grid.stride, grid.pad, ceil_mode=grid.ceil)
    sums = F.avg_pool2d(padded(x, grid, 0.0), grid.kernel, grid.stride, divisor_override=1)
    lengths = []
    for n, k, s, p, size in zip(grid.pooled, grid.kernel, grid.stride, grid.pad, grid.size, strict=True):
        start = torch.arange(n, device=x.device) * s - p
        lengths.append((start + k).clamp(max=size + p) - start)
    return sums[..., : grid.pooled[0], : grid.pooled[1]] / (lengths[0][:, None] * lengths[1])


def stochastic_pool(x: Tensor, grid: Grid) -> Tensor:
    """Sum of x^2 / sum of x per window, 0 where that sum is not positive."""

    def sums(v: Tensor) -> Tensor:
        y = F.avg_pool2d(padded(v, grid, 0.0), grid.kernel, grid.stride, divisor_override=1)
        return y[..., : grid.pooled[0], : grid.pooled[1]]

    total = sums(x)
    return torch.where(total > 0, sums(x * x) / total.where(total > 0, torch.ones_like(total)), 0.0)


def pooling_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    if spec.param.global_pooling:
        return WHOLE_WINDOW
    grid = make_grid(spec, *image_size(edge.below), ceil=rounds_up(spec))
    return sliding(window, [(k, s, p, 1) for k, s, p in zip(grid.kernel, grid.stride, grid.pad, strict=True)])


def rounds_up(spec: LayerSpec) -> bool:
    """Whether the size is rounded up: as round_mode says, or a fork's ceil_mode, each unless it is given up."""
    return option(spec, "round_mode") == "CEIL" and spec.param.ceil_mode


@layer_type("Pooling", kind=Kind.POOLING, tops=(1, 2), field=pooling_field)
def pooling(spec: LayerSpec, weights: Weights) -> Op:
    """y = the largest value of each window (MAX), its mean (AVE), or sum x^2 / sum x (STOCHASTIC at test time).

    Shapes: (N, C, H, W) -> (N, C, ceil((H + 2 pad - kernel) / stride) + 1, likewise W). A second top of MAX
    is the mask: the index of the maximum in its plane, as a float.
    Caffe's surprises: the size is rounded UP, where convolution rounds down (round_mode FLOOR, or in forks
    ceil_mode false, rounds down); with
    a pad, a last window that would start in the pad is dropped; the last windows are clipped to the
    bottom. MAX never sees the pad; AVE counts it as zeros, but its divisor ends with the padded
    bottom: clipped windows divide by less. Without a pad a window can lie wholly outside: its maximum is
    -FLT_MAX, its mean 0 / 0 or -0. Of equal maxima the first takes the gradient. global_pooling: one window.
    Gradient: MAX to the maximum's place, AVE spread evenly.
    Source: Caffe's pooling_layer.cpp (and .cu for STOCHASTIC).
    """
    kind = option(spec, "pool")
    ceil = rounds_up(spec)
    with_mask = len(spec.tops) == 2
    if with_mask and kind != "MAX":
        raise fault(spec, f"2 tops with {kind}", "1: only MAX has a mask")
    grid_of_size = lru_cache(maxsize=8)(partial(make_grid, spec, ceil=ceil))

    def grid(shape: Sequence[int]) -> Grid:
        check_image(spec, shape)
        return grid_of_size(shape[2], shape[3])

    def grid_of(x: Tensor) -> Grid:
        return grid(x.shape)

    def shapes(shape: Sequence[int]):
        return ((*shape[:2], *grid(shape).pooled),) * len(spec.tops)

    def fast_max(x: Tensor):
        y, index = max_pool(x, grid_of(x))
        return ((y, index.to(x.dtype)) if with_mask else y), index

    def max_back(ran, grads):
        x = ran.bottoms[0]
        return [None if grads[0] is None else max_pool_back(x, grid_of(x), ran.saved, grads[0])]

    def average_back(ran, grads):
        x, g = ran.bottoms[0], grid_of(ran.bottoms[0])
        if not g.is_torchs:
            with torch.enable_grad():
                leaf = x.detach().requires_grad_()
                return torch.autograd.grad(average_pool(leaf, g), leaf, grads[0])
        back = torch.ops.aten.avg_pool2d_backward
        return [back(grads[0], x, g.kernel, g.stride, g.pad, g.ceil, True, None)]

    if kind == "MAX":
        return Op(lambda x: fast_max(x)[0], fast=fast_max, backward=max_back, shapes=shapes)
    if kind == "AVE":
        return Op(lambda x: average_pool(x, grid_of(x)), backward=average_back, shapes=shapes)
    return Op(lambda x: stochastic_pool(x, grid_of(x)), shapes=shapes)
