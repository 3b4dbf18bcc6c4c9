"""Which input pixels a unit can see, through any graph: the union over all paths from the input to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from deepvis.core.registry import Registry
from deepvis.formats.caffe.layers._windows import per_axis
from deepvis.formats.caffe.layers.crop import crop_starts
from deepvis.formats.caffe.layers.pooling import make_grid
from deepvis.formats.caffe.spec import LayerSpec, NetSpec
from deepvis.network.errors import ModelError
from deepvis.network.graph import Plan
from deepvis.network.op import canonical_axis, option

Shape = tuple[int, ...]
Span = tuple[int, int]  # first row (or column) seen, one past the last
WHOLE = None  # every row (or column) of the image
Window = tuple["Span | None", "Span | None"]  # rows, columns


@dataclass(frozen=True)
class Field:
    """Rows [top, bottom) and columns [left, right) of the input, not cut off at the image's edges.

    inside: (top, left, bottom, right) of what is really seen, where the maps between the input and the unit have edges
    too; None: simply the part inside the image.
    """

    top: int
    left: int
    bottom: int
    right: int
    inside: tuple[int, int, int, int] | None = field(default=None, compare=False, repr=False)

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def clamped(self, height: int, width: int) -> Field:
        """The part of it that lies inside an image of height x width."""
        top, left, bottom, right = self.inside or (self.top, self.left, self.bottom, self.right)
        top, bottom = (min(max(v, 0), height) for v in (top, bottom))
        left, right = (min(max(v, 0), width) for v in (left, right))
        return Field(top, left, bottom, right)


def receptive_field(
    spec: NetSpec, shapes: Mapping[str, Shape], blob: str, row: int, col: int, data_blob: str | None = None
) -> Field:
    """The field of the unit of ``blob`` at (row, col), in pixels of ``data_blob`` (None: the picture input).

    shapes: blob -> shape, as ``Net.shapes``. Where every value of a blob counts (fully connected layers, global
    pooling), the field is exactly the whole image; elsewhere it can reach over the edges by the pads.
    A unit that sees nothing of the input has an empty field. Raises ModelError for unknown names and places.
    """
    plan = Plan(spec)
    value = plan.last(blob)
    size = image_size(shapes[blob])
    if not (0 <= row < size[0] and 0 <= col < size[1]):
        raise ModelError(f"the unit ({row}, {col}) of blob {blob!r}: expected a place in {size[0]} x {size[1]}")
    unit: Window = ((row, row + 1), (col, col + 1))
    open_windows = _walk(plan, shapes, value, unit, clamp=False)
    data = data_blob if data_blob is not None else picture_input(spec, [plan.names[v] for v in open_windows])
    if data not in plan.inputs:
        raise ModelError(f"found no input named {data!r}, expected one of {', '.join(plan.inputs)}")
    picture, size = plan.inputs[data], image_size(shapes[data])
    inside = _walk(plan, shapes, value, unit, clamp=True).get(picture)
    if inside is None:
        return Field(0, 0, 0, 0)
    return Field(*_edges(open_windows[picture], size), inside=_edges(inside, size))


def _walk(plan: Plan, shapes: Mapping[str, Shape], value: int, unit: Window, *, clamp: bool) -> dict[int, Window]:
    """value -> the window of it that the unit sees; ``clamp``: cut off at the edges of every map on the way."""
    windows = {value: unit}
    for index in reversed(plan.behind([value])):
        node = plan.nodes[index]
        rule = RULES[node.spec.type] if node.spec.type in RULES else same_or_whole  # noqa: SIM401
        for top, seen in [(t, windows[t]) for t in node.tops if t in windows]:
            for place, bottom in enumerate(node.bottoms):
                below = rule(Step(node.spec, place, node.tops.index(top), shapes), seen)
                if below is not None and clamp:
                    height, width = image_size(shapes[plan.names[bottom]])
                    below = each(below, _cut(height), _cut(width))
                if below is not None:
                    windows[bottom] = _union(windows[bottom], below) if bottom in windows else below
    return windows


def _cut(size: int) -> Callable[[Span], Span]:
    return lambda s: (max(s[0], 0), min(s[1], size))


def _edges(window: Window, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of a window on an image of that size."""
    rows, columns = (span if span is not WHOLE else (0, n) for span, n in zip(window, size, strict=True))
    return rows[0], columns[0], rows[1], columns[1]


def field_size(spec: NetSpec, shapes: Mapping[str, Shape], blob: str) -> tuple[int, int]:
    """(height, width) of the field of the unit in the middle of ``blob``; the whole image for fully connected."""
    height, width = image_size(shapes[blob])
    field = receptive_field(spec, shapes, blob, height // 2, width // 2)
    return field.height, field.width


def picture_input(spec: NetSpec, reached: Sequence[str]) -> str:
    """The input that holds the picture: the first with 4 axes of those reached, else the first reached."""
    inputs = [blob for blob in spec.inputs if blob in reached] or list(spec.inputs)
    return next((blob for blob in inputs if len(spec.inputs[blob]) == 4), inputs[0])


def image_size(shape: Sequence[int]) -> tuple[int, int]:
    """(height, width) of a blob: its last two of 4 or more axes; (axis 2, 1) of 3; (1, 1) of fewer."""
    if len(shape) >= 4:
        return shape[-2], shape[-1]
    return (shape[2], 1) if len(shape) == 3 else (1, 1)


def _union(a: Window, b: Window) -> Window:
    def one(x: Span | None, y: Span | None) -> Span | None:
        return WHOLE if x is WHOLE or y is WHOLE else (min(x[0], y[0]), max(x[1], y[1]))

    return one(a[0], b[0]), one(a[1], b[1])


# --- one rule a layer type: the window of a bottom that a window of a top sees; None: nothing of it ------


@dataclass(frozen=True, eq=False)
class Step:
    """One bottom and one top of a layer, by their places, with the shapes of all blobs."""

    layer: LayerSpec
    bottom: int
    top: int
    shapes: Mapping[str, Shape]

    @property
    def below(self) -> Shape:
        return self.shapes[self.layer.bottoms[self.bottom]]

    @property
    def above(self) -> Shape:
        return self.shapes[self.layer.tops[self.top]]


Rule = Callable[[Step, Window], "Window | None"]
RULES: Registry[Rule] = Registry("layer type with a rule for its receptive field")

ELEMENTWISE = (
    "ReLU", "ReLU6", "PReLU", "ELU", "Sigmoid", "TanH", "AbsVal", "Power", "Exp", "Log", "BNLL", "Threshold", "Clip",
    "Swish", "Bias", "Scale", "Dropout", "Split", "Eltwise", "Axpy", "ShuffleChannel",
)  # fmt: skip
WHOLE_WINDOW: Window = (WHOLE, WHOLE)


def same_or_whole(step: Step, seen: Window) -> Window:
    """Element by element: the same place. Any other type without a rule of its own may look everywhere."""
    same = step.layer.type in ELEMENTWISE and image_size(step.below) == image_size(step.above)
    return seen if same and len(step.below) == len(step.above) else WHOLE_WINDOW


def each(seen: Window, rows: Callable[[Span], Span | None], columns: Callable[[Span], Span | None]) -> Window | None:
    """The window made span by span; a whole span stays whole, an empty one empties the window."""
    spans = [span if span is WHOLE else f(span) for span, f in zip(seen, (rows, columns), strict=True)]
    if any(s is not WHOLE and s[1] <= s[0] for s in spans):
        return None
    return spans[0], spans[1]


def slid(kernel: int, stride: int, pad: int, dilation: int = 1) -> Callable[[Span], Span]:
    """What a sliding window sees."""
    return lambda s: (s[0] * stride - pad, (s[1] - 1) * stride - pad + dilation * (kernel - 1) + 1)


def spread(kernel: int, stride: int, pad: int, dilation: int = 1) -> Callable[[Span], Span]:
    """What reaches a place of a transposed convolution."""
    return lambda s: (-((dilation * (kernel - 1) - pad - s[0]) // stride), (s[1] - 1 + pad) // stride + 1)


def shifted(by: int) -> Callable[[Span], Span]:
    return lambda s: (s[0] + by, s[1] + by)


@RULES.add("Convolution", "DepthwiseConvolution", "ConvolutionDepthwise", "Im2col", "Deconvolution")
def convolution(step: Step, seen: Window) -> Window | None:
    layer, axes = step.layer, len(step.below) - canonical_axis(step.layer, step.layer.param.axis, len(step.below)) - 1
    if axes == 0:
        return seen
    fields = (("kernel_size", None, 1), ("stride", 1, 1), ("pad", 0, 0), ("dilation", 1, 1))
    values = zip(*(per_axis(layer, name, default, axes, least=least) for name, default, least in fields), strict=True)
    make = spread if layer.type == "Deconvolution" else slid
    spans = [make(*v) for v in values][-2:]
    return each(seen, spans[0], spans[1] if len(spans) > 1 else shifted(0))


@RULES.add("Pooling")
def pooling(step: Step, seen: Window) -> Window | None:
    if step.layer.param.global_pooling:
        return WHOLE_WINDOW
    grid = make_grid(step.layer, *image_size(step.below), ceil=option(step.layer, "round_mode") == "CEIL")
    return each(seen, *(slid(k, s, p) for k, s, p in zip(grid.kernel, grid.stride, grid.pad, strict=True)))


@RULES.add("LRN")
def lrn(step: Step, seen: Window) -> Window | None:
    if option(step.layer, "norm_region") == "ACROSS_CHANNELS":
        return seen
    size = step.layer.param.local_size
    window = slid(size, 1, (size - 1) // 2)
    return each(seen, window, window)


@RULES.add("Softmax")
def softmax(step: Step, seen: Window) -> Window:
    return _whole_along(canonical_axis(step.layer, step.layer.param.axis, len(step.below)), step.below, seen)


@RULES.add("BatchNorm")
def batch_norm(step: Step, seen: Window) -> Window:
    p = step.layer.param
    return seen if p.use_global_stats or not p.HasField("use_global_stats") else WHOLE_WINDOW


@RULES.add("Normalize")
def normalize(step: Step, seen: Window) -> Window:
    return WHOLE_WINDOW if step.layer.param.across_spatial else seen


@RULES.add("Tile")
def tile(step: Step, seen: Window) -> Window:
    return _whole_along(canonical_axis(step.layer, step.layer.param.axis, len(step.below)), step.below, seen)


@RULES.add("Permute")
def permute(step: Step, seen: Window) -> Window:
    order = [int(v) for v in step.layer.param.order]
    order += [d for d in range(len(step.below)) if d not in order]
    return seen if order[-2:] == list(range(len(order)))[-2:] else WHOLE_WINDOW


@RULES.add("Crop")
def crop(step: Step, seen: Window) -> Window | None:
    if step.bottom == 1:
        return None  # only its size counts
    return each(seen, *(shifted(v) for v in _last_two(crop_starts(step.layer, len(step.below)), 0)))


@RULES.add("CropCenter")
def crop_center(step: Step, seen: Window) -> Window | None:
    borders = [(below - above) // 2 for below, above in zip(step.below, step.above, strict=True)]
    return each(seen, *(shifted(v) for v in _last_two(borders, 0)))


@RULES.add("Concat", "Slice")
def joined(step: Step, seen: Window) -> Window | None:
    """Along the channels the same place; along an image axis the place in this piece, if it lies there."""
    p, joins = step.layer.param, step.layer.type == "Concat"
    legacy = "concat_dim" if joins else "slice_dim"
    axis = canonical_axis(step.layer, getattr(p, legacy) if p.HasField(legacy) else p.axis, len(step.below))
    blobs = step.layer.bottoms[: step.bottom] if joins else step.layer.tops[: step.top]
    start = sum(step.shapes[blob][axis] for blob in blobs)
    place = _image_axis(axis, step.below)
    if place is None:
        return seen
    spans: list[Callable[[Span], Span]] = [shifted(0), shifted(0)]
    size = step.below[axis]
    spans[place] = (lambda s: (max(s[0] - start, 0), min(s[1] - start, size))) if joins else shifted(start)
    return each(seen, *spans)


@RULES.add("Interp")
def interp(step: Step, seen: Window) -> Window | None:
    if step.bottom == 1:
        return None
    p = step.layer.param

    def one(size: int, out: int) -> Callable[[Span], Span]:
        kept = size + p.pad_beg + p.pad_end
        scale = (kept - 1) / (out - 1) if out > 1 else 0.0
        return lambda s: (
            int(s[0] * scale) - p.pad_beg,
            min(int((s[1] - 1) * scale + 1 - 1e-6) + 1, kept) - p.pad_beg,
        )

    return each(seen, *(one(n, o) for n, o in zip(image_size(step.below), image_size(step.above), strict=True)))


def _image_axis(axis: int, shape: Sequence[int]) -> int | None:
    """0 if the blob's axis is its height, 1 if it is its width, else None."""
    place = axis - (len(shape) - 2) if len(shape) >= 4 else axis - 2
    return place if 0 <= place < 2 else None


def _whole_along(axis: int, shape: Sequence[int], seen: Window) -> Window:
    place = _image_axis(axis, shape)
    return WHOLE if place == 0 else seen[0], WHOLE if place == 1 else seen[1]


def _last_two(values: Sequence[int], default: int) -> tuple[int, int]:
    """The values of the image's axes of a blob with so many."""
    if len(values) >= 4:
        return values[-2], values[-1]
    return (values[2], default) if len(values) == 3 else (default, default)
