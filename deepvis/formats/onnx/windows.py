"""What Conv and the poolings share: where their windows lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deepvis.formats.onnx.call import OnnxCall

Numbers = tuple[int, ...]
SAME = ("SAME_UPPER", "SAME_LOWER")


@dataclass(frozen=True)
class SlidingWindows:
    """Kernel, stride and dilation along each axis of the map, and the pads before and after; None: by auto_pad."""

    kernel: Numbers
    stride: Numbers
    dilation: Numbers
    begin: Numbers | None
    end: Numbers | None
    lower: bool = False  # an odd pad is longer before

    def pads(self, sizes: Sequence[int]) -> tuple[Numbers, Numbers]:
        """Before and after each axis of a map of those sizes."""
        if self.begin is not None and self.end is not None:
            return self.begin, self.end
        before, after = [], []
        for size, k, s, d in zip(sizes, self.kernel, self.stride, self.dilation, strict=True):
            total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
            longer = total - total // 2
            before.append(longer if self.lower else total // 2)
            after.append(total // 2 if self.lower else longer)
        return tuple(before), tuple(after)

    def field(self, sizes: Sequence[int]) -> list[tuple[int, int, int, int]]:
        """(kernel, stride, pad, dilation) of each axis."""
        return list(zip(self.kernel, self.stride, self.pads(sizes)[0], self.dilation, strict=True))


def windows_of(call: OnnxCall, kernel: Sequence[int]) -> SlidingWindows:
    """Raises ModelError for numbers that no window has."""
    axes = len(kernel)

    def numbers(name: str, default: int, count: int, least: int) -> Numbers:
        found = call.ints(name)
        found = [default] * count if found is None else found
        if len(found) != count or any(v < least for v in found):
            raise call.fault(f"{name} {found}", f"{count} whole numbers of {least} or more")
        return tuple(found)

    if not axes or any(k < 1 for k in kernel):
        raise call.fault(f"a kernel of {list(kernel)}", "sizes of 1 or more")
    stride, dilation = numbers("strides", 1, axes, 1), numbers("dilations", 1, axes, 1)
    how = call.attr("auto_pad", "NOTSET") or "NOTSET"
    if how in SAME:
        return SlidingWindows(tuple(kernel), stride, dilation, None, None, how == "SAME_LOWER")
    if how not in ("NOTSET", "VALID"):
        raise call.fault(f"auto_pad {how!r}", "NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    pads = numbers("pads", 0, 2 * axes, 0) if how == "NOTSET" else (0,) * (2 * axes)
    return SlidingWindows(tuple(kernel), stride, dilation, pads[:axes], pads[axes:])


def kernel_of(call: OnnxCall) -> list[int]:
    """The attribute kernel_shape. Raises ModelError where it is missing."""
    kernel = call.ints("kernel_shape")
    if not kernel:
        raise call.fault("no kernel_shape", "one size for each axis of the map")
    return kernel


def torch_pads(begin: Sequence[int], end: Sequence[int]) -> list[int]:
    """As torch.nn.functional.pad wants them: last axis first."""
    return [pad for pair in zip(reversed(begin), reversed(end), strict=True) for pad in pair]
