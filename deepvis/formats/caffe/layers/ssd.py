"""Layers of SSD detectors: Normalize and PriorBox."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

from deepvis.formats.caffe.layer import WeightRule, blob, check_channels, fault, layer_type
from deepvis.formats.caffe.schema import FillerParameter
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights, without_gradient


def normalize_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window:
    return WHOLE_WINDOW if spec.param.across_spatial else window


def scale_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    return [(1,) if spec.param.channel_shared else (bottoms[0][1],)]


def scale_filler(spec: LayerSpec, index: int, shape: tuple[int, ...]) -> Any:
    """``scale_filler``, by default 1."""
    return spec.param.scale_filler if spec.param.HasField("scale_filler") else FillerParameter(value=1.0)


@layer_type(
    "Normalize",
    kind=Kind.NORMALIZATION,
    weights=WeightRule(lambda message: 1, scale_shapes, scale_filler),
    field=normalize_field,
)
def normalize(spec: LayerSpec, weights: Weights) -> Op:
    """y = s[c] * x / norm of x, the norm over the channels at each place, or over the whole item (across_spatial).

    Shapes: (N, C, H, W) -> the same; weights (C,), or one value with channel_shared. The norm is
    sqrt(sum of x^2 + eps). Gradient: autograd's.
    Source: the SSD fork of Caffe (weiliu89/caffe), normalize_layer.cpp; defaults true, true, eps 1e-10.
    """
    p = spec.param

    def forward(x: Tensor) -> Tensor:
        check_channels(spec, x.shape)
        axes = list(range(1, x.dim())) if p.across_spatial else [1]
        s = blob(spec, weights, 0, (1,) if p.channel_shared else (x.shape[1],), "scale")
        norm = (x.square().sum(axes, keepdim=True) + p.eps).sqrt()
        return x / norm * s.reshape(1, -1, *(1,) * (x.dim() - 2))

    return Op(forward)


@layer_type("PriorBox", kind=Kind.DETECTION, bottoms=(2, 2))
def prior_box(spec: LayerSpec, weights: Weights) -> Op:
    """y = the default boxes of an SSD detector at each place of the first bottom, as fractions of the second's image.

    Shapes: (N, C, H, W), (N, 3, image H, image W) -> (1, 2, H * W * boxes * 4): xmin, ymin, xmax, ymax of every
    box, then the four variances of every box. For each min_size: a square of it, a square of sqrt(min * max)
    where there is a max_size, and one box for each aspect ratio but 1. No gradient.
    Caffe's surprises: sizes are cut off to integers; flip (true) adds 1 / ratio; repeated ratios are taken once;
    without variance it is 0.1.
    Source: the SSD fork of Caffe (weiliu89/caffe), prior_box_layer.cpp.
    """
    shapes = _box_shapes(spec)
    p = spec.param
    variance = list(p.variance) or [0.1]
    if len(variance) not in (1, 4):
        raise fault(spec, f"{len(variance)} variances", "1 or 4")

    def forward(features: Tensor, image: Tensor) -> Tensor:
        height, width = features.shape[2:]
        image_h, image_w = (p.img_h or p.img_size, p.img_w or p.img_size) if p.img_h or p.img_size else image.shape[2:]
        step_h, step_w = (p.step_h, p.step_w) if p.step_h and p.step_w else (p.step, p.step)
        step_h, step_w = (step_h, step_w) if step_h and step_w else (image_h / height, image_w / width)
        device = features.device
        y = ((torch.arange(height, device=device) + p.offset) * step_h)[:, None, None]
        x = ((torch.arange(width, device=device) + p.offset) * step_w)[None, :, None]
        half_w, half_h = (torch.tensor(v, device=device) / 2 for v in zip(*shapes, strict=True))
        edges = torch.broadcast_tensors(
            (x - half_w) / image_w, (y - half_h) / image_h, (x + half_w) / image_w, (y + half_h) / image_h
        )
        boxes = torch.stack(edges, -1).reshape(-1).to(features.dtype)
        if p.clip:
            boxes = boxes.clamp(0, 1)
        spread = torch.tensor(variance * (4 // len(variance)), device=device, dtype=features.dtype)
        return torch.stack([boxes, spread.repeat(len(boxes) // 4)])[None]

    return without_gradient(forward, lambda f, image: ((1, 2, f[2] * f[3] * len(shapes) * 4),))


def _box_shapes(spec: LayerSpec) -> list[tuple[float, float]]:
    """(width, height) in pixels of the boxes at one place, in the file's order."""
    p = spec.param
    if not p.min_size or min(p.min_size) <= 0:
        raise fault(spec, f"min_size {list(p.min_size)}", "one or more positive sizes")
    if p.max_size and len(p.max_size) != len(p.min_size):
        raise fault(spec, f"{len(p.max_size)} max_size", f"none, or {len(p.min_size)}, one for each min_size")
    if any(ratio <= 0 for ratio in p.aspect_ratio):
        raise fault(spec, f"aspect_ratio {list(p.aspect_ratio)}", "positive ratios")
    ratios = [1.0]
    for ratio in p.aspect_ratio:
        if all(abs(ratio - known) >= 1e-6 for known in ratios):
            ratios += [ratio, 1 / ratio] if p.flip else [ratio]
    shapes: list[tuple[float, float]] = []
    for i, size in enumerate(int(v) for v in p.min_size):
        shapes.append((size, size))
        if p.max_size:
            middle = sqrt(size * int(p.max_size[i]))
            shapes.append((middle, middle))
        shapes += [(size * sqrt(r), size / sqrt(r)) for r in ratios if abs(r - 1) >= 1e-6]
    return shapes
