"""Losses and Accuracy of training files, for nets that are loaded with them.

All labels are floats that hold integers, as Caffe stores them. A loss has no axes: shape ().
"""

from __future__ import annotations

from math import prod

from deepvis.formats.caffe.layer import canonical_axis, fault, layer_type, option
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Op, Weights, without_gradient

SMALLEST = 1.1754943508222875e-38  # FLT_MIN
LOG_THRESHOLD = 1e-20  # kLOG_THRESHOLD


def _scalar(spec: LayerSpec):
    """The shapes of a loss: (), and the first bottom's for a second top."""
    return lambda *shapes: ((), shapes[0])[: len(spec.tops)]


def _labels(spec: LayerSpec, label: Tensor, count: int, classes: int, ignored: int | None) -> tuple[Tensor, Tensor]:
    """(labels (count,) with 0 in place of ignored ones, mask (count,) of those that count)."""
    if label.numel() != count:
        raise fault(spec, f"{label.numel()} labels", f"{count}, one for each prediction")
    label = label.reshape(-1).long()
    valid = torch.ones_like(label, dtype=torch.bool) if ignored is None else label != ignored
    label = torch.where(valid, label, 0)
    if label.numel() and (int(label.min()) < 0 or int(label.max()) >= classes):
        raise fault(spec, f"labels from {int(label.min())} to {int(label.max())}", f"from 0 to {classes - 1}")
    return label, valid


def _ignored(spec: LayerSpec) -> int | None:
    p = spec.message.loss_param
    return p.ignore_label if p.HasField("ignore_label") else None


def _normalizer(spec: LayerSpec, default: str, outer: int, inner: int, valid: Tensor) -> Tensor | float:
    """What a loss is divided by: FULL outer * inner, VALID labels that are not ignored, BATCH_SIZE outer, NONE 1."""
    p = spec.message.loss_param
    if p.HasField("normalization"):
        field = p.DESCRIPTOR.fields_by_name["normalization"]
        mode = field.enum_type.values_by_number[p.normalization].name
    elif p.HasField("normalize"):
        mode = "VALID" if p.normalize else "BATCH_SIZE"
    else:
        mode = default
    if mode == "VALID":
        return valid.sum().clamp(min=1).to(torch.float32)
    return max(1.0, {"FULL": outer * inner, "BATCH_SIZE": outer, "NONE": 1}[mode])


def _rows(spec: LayerSpec, x: Tensor, axis: int) -> tuple[Tensor, int, int]:
    """(x as (outer * inner, classes), outer, inner) around the class axis."""
    axis = canonical_axis(spec, axis, x.dim())
    outer, inner = prod(x.shape[:axis]), prod(x.shape[axis + 1 :])
    return x.reshape(outer, x.shape[axis], inner).transpose(1, 2).reshape(outer * inner, -1), outer, inner


@layer_type("SoftmaxWithLoss", bottoms=(2, 2), tops=(0, 2))
def softmax_with_loss(spec: LayerSpec, weights: Weights) -> Op:
    """y = mean of -log softmax(x)[label] over the predictions; a second top holds the softmax.

    Shapes: (outer..., C, inner...) with C at softmax_param's ``axis`` (1), outer * inner labels -> (). Gradient:
    (softmax - 1 at the label) g / normalizer, 0 where the label is ignored; none to the labels.
    Caffe's surprises: the divisor is the number of labels that are not ignored (VALID) unless
    loss_param says FULL, BATCH_SIZE or NONE; the legacy ``normalize: false`` means BATCH_SIZE; never under 1.
    Source: Caffe's softmax_loss_layer.cpp, loss_layer.cpp.
    """
    axis = spec.message.softmax_param.axis

    def forward(x: Tensor, label: Tensor):
        rows, outer, inner = _rows(spec, x, axis)
        index, valid = _labels(spec, label, len(rows), rows.shape[1], _ignored(spec))
        chosen = torch.softmax(rows, 1).gather(1, index[:, None])[:, 0].clamp(min=SMALLEST)
        loss = -(chosen.log() * valid).sum() / _normalizer(spec, "VALID", outer, inner, valid)
        return (loss, torch.softmax(x, axis).detach())[: len(spec.tops)]

    def backward(ran, grads):
        x, label = ran.bottoms
        if grads[0] is None:
            return [None, None]
        rows, outer, inner = _rows(spec, x, axis)
        index, valid = _labels(spec, label, len(rows), rows.shape[1], _ignored(spec))
        below = torch.softmax(rows, 1) - F.one_hot(index, rows.shape[1])
        below = below * valid[:, None] * (grads[0] / _normalizer(spec, "VALID", outer, inner, valid))
        return [below.reshape(outer, inner, -1).transpose(1, 2).reshape(x.shape), None]

    return Op(forward, backward=backward, shapes=_scalar(spec))


@layer_type("InfogainLoss", bottoms=(2, 3), tops=(0, 2))
def infogain_loss(spec: LayerSpec, weights: Weights) -> Op:
    """y = mean of -sum over j of H[label, j] log softmax(x)[j]; a second top holds the softmax.

    Shapes: (outer..., C, inner...) with C at ``axis`` (1), outer * inner labels, H of C * C values (the third
    bottom) -> (). Gradient: (softmax * sum of H[label] - H[label]) g / normalizer; none to labels and H.
    Caffe's surprises: the softmax is inside the layer since 2017; H from a file (infogain_loss_param's
    source) is not read here.
    Source: Caffe's infogain_loss_layer.cpp.
    """
    if len(spec.bottoms) < 3:
        raise fault(spec, "no third bottom", "the infogain matrix as a bottom, for its file is not read")
    axis = spec.param.axis

    def parts(x: Tensor, label: Tensor, matrix: Tensor):
        rows, outer, inner = _rows(spec, x, axis)
        classes = rows.shape[1]
        if matrix.numel() != classes * classes:
            raise fault(spec, f"a matrix of {list(matrix.shape)}", f"{classes} x {classes}")
        index, valid = _labels(spec, label, len(rows), classes, _ignored(spec))
        gains = matrix.reshape(classes, classes)[index] * valid[:, None]
        return rows, gains, _normalizer(spec, "VALID", outer, inner, valid), outer, inner

    def forward(x: Tensor, label: Tensor, matrix: Tensor):
        rows, gains, divisor, _, _ = parts(x, label, matrix)
        loss = -(gains * torch.softmax(rows, 1).clamp(min=LOG_THRESHOLD).log()).sum() / divisor
        return (loss, torch.softmax(x, axis).detach())[: len(spec.tops)]

    def backward(ran, grads):
        if grads[0] is None:
            return [None, None, None]
        rows, gains, divisor, outer, inner = parts(*ran.bottoms)
        below = (torch.softmax(rows, 1) * gains.sum(1, keepdim=True) - gains) * (grads[0] / divisor)
        return [below.reshape(outer, inner, -1).transpose(1, 2).reshape(ran.bottoms[0].shape), None, None]

    return Op(forward, backward=backward, shapes=_scalar(spec))


@layer_type("MultinomialLogisticLoss", bottoms=(2, 2), tops=(0, 1))
def multinomial_logistic_loss(spec: LayerSpec, weights: Weights) -> Op:
    """y = mean over the batch of -log x[label], x holding probabilities.

    Shapes: (N, ...) flattened to N rows, N labels -> (). Gradient: -g / (N x) at the label; none to the labels.
    Source: Caffe's multinomial_logistic_loss_layer.cpp (probabilities under 1e-20 count as 1e-20).
    """

    def forward(x: Tensor, label: Tensor) -> Tensor:
        rows = x.reshape(x.shape[0], -1)
        index, _ = _labels(spec, label, len(rows), rows.shape[1], None)
        return -rows.gather(1, index[:, None]).clamp(min=LOG_THRESHOLD).log().sum() / len(rows)

    return Op(forward, shapes=_scalar(spec))


@layer_type("SigmoidCrossEntropyLoss", bottoms=(2, 2), tops=(0, 2))
def sigmoid_cross_entropy_loss(spec: LayerSpec, weights: Weights) -> Op:
    """y = sum of log(1 + exp(x)) - t x, divided by a normalizer; a second top holds the sigmoid.

    Shapes: x and targets t of the same number of values -> (). Gradient: (sigmoid(x) - t) g / normalizer, 0 where
    t is the ignored label; none to the targets.
    Caffe's surprises: the divisor is the batch size by default, not the number of values.
    Source: Caffe's sigmoid_cross_entropy_loss_layer.cpp.
    """

    def parts(x: Tensor, target: Tensor):
        if target.numel() != x.numel():
            raise fault(spec, f"{target.numel()} targets", f"{x.numel()}, one for each value")
        target, ignored = target.reshape(x.shape), _ignored(spec)
        valid = torch.ones_like(x, dtype=torch.bool) if ignored is None else target.long() != ignored
        return target, valid, _normalizer(spec, "BATCH_SIZE", x.shape[0], x[0].numel(), valid)

    def forward(x: Tensor, target: Tensor):
        target, valid, divisor = parts(x, target)
        losses = x.clamp(min=0) - x * target + torch.log1p(torch.exp(-x.abs()))
        return ((losses * valid).sum() / divisor, torch.sigmoid(x).detach())[: len(spec.tops)]

    def backward(ran, grads):
        x = ran.bottoms[0]
        if grads[0] is None:
            return [None, None]
        target, valid, divisor = parts(*ran.bottoms)
        return [(torch.sigmoid(x) - target) * valid * (grads[0] / divisor), None]

    return Op(forward, backward=backward, shapes=_scalar(spec))


@layer_type("EuclideanLoss", bottoms=(2, 2), tops=(0, 1))
def euclidean_loss(spec: LayerSpec, weights: Weights) -> Op:
    """y = sum of (a - b)^2 / (2 N).

    Shapes: a and b (N, ...) -> (). Gradient: (a - b) g / N to a, the negative to b: to both, unlike other losses.
    Source: Caffe's euclidean_loss_layer.cpp.
    """

    def forward(a: Tensor, b: Tensor) -> Tensor:
        if a.numel() != b.numel() or a.shape[0] != b.shape[0]:
            raise fault(spec, f"bottoms of {list(a.shape)} and {list(b.shape)}", "the same number of values")
        return (a - b.reshape(a.shape)).square().sum() / (2 * a.shape[0])

    return Op(forward, shapes=_scalar(spec))


@layer_type("HingeLoss", bottoms=(2, 2), tops=(0, 1))
def hinge_loss(spec: LayerSpec, weights: Weights) -> Op:
    """y = sum of m (norm L1) or m^2 (L2) over N, with m = max(0, 1 + x), and max(0, 1 - x) at the label.

    Shapes: (N, ...) flattened to N rows, N labels -> (). Gradient: by the sign of m (L1), 2 m (L2); none to the labels.
    Source: Caffe's hinge_loss_layer.cpp; default L1.
    """
    squared = option(spec, "norm") == "L2"

    def forward(x: Tensor, label: Tensor) -> Tensor:
        rows = x.reshape(x.shape[0], -1)
        index, _ = _labels(spec, label, len(rows), rows.shape[1], None)
        sign = 1 - 2 * F.one_hot(index, rows.shape[1])
        margin = (1 + rows * sign).clamp(min=0)
        return (margin.square() if squared else margin).sum() / len(rows)

    return Op(forward, shapes=_scalar(spec))


@layer_type("ContrastiveLoss", bottoms=(3, 3), tops=(0, 1))
def contrastive_loss(spec: LayerSpec, weights: Weights) -> Op:
    """y = sum over pairs of d^2 (similar) or max(0, margin - d)^2 (dissimilar), over 2 N; d = |a - b|.

    Shapes: a and b (N, C), N labels (1: similar) -> (). Gradient: +-(a - b) g / N, for dissimilar pairs inside the
    margin times -(margin - d) / (d + 1e-4); none to the labels.
    Caffe's surprises: legacy_version takes max(0, margin - d^2) instead, without the square; the 1e-4 in the gradient.
    Source: Caffe's contrastive_loss_layer.cpp; Hadsell et al. 2006; default margin 1.
    """
    margin, legacy = spec.param.margin, spec.param.legacy_version

    def parts(a: Tensor, b: Tensor, label: Tensor):
        if a.shape != b.shape or label.numel() != a.shape[0]:
            raise fault(
                spec,
                f"bottoms of {[list(t.shape) for t in (a, b, label)]}",
                "two of the same shape, a label for each pair",
            )
        apart = (a - b).reshape(a.shape[0], -1)
        return apart, apart.square().sum(1), label.reshape(-1).long() != 0

    def forward(a: Tensor, b: Tensor, label: Tensor) -> Tensor:
        _, squares, similar = parts(a, b, label)
        short = (margin - squares).clamp(min=0) if legacy else (margin - squares.sqrt()).clamp(min=0).square()
        return torch.where(similar, squares, short).sum() / (2 * a.shape[0])

    def backward(ran, grads):
        apart, squares, similar = parts(*ran.bottoms)
        a = ran.bottoms[0]
        distance = squares.sqrt()
        missing = margin - squares if legacy else margin - distance
        pull = -torch.ones_like(missing) if legacy else -missing / (distance + 1e-4)
        factor = torch.where(similar, 1.0, torch.where(missing > 0, pull, 0.0))
        below = (apart * factor[:, None] * (grads[0] / a.shape[0])).reshape(a.shape)
        return [below, -below, None]

    return Op(forward, backward=backward, shapes=_scalar(spec))


@layer_type("Accuracy", bottoms=(2, 2), tops=(1, 2))
def accuracy(spec: LayerSpec, weights: Weights) -> Op:
    """y = share of the labels that are among the top_k (1) scores; a second top holds it for each class.

    Shapes: (outer..., C, inner...) with C at ``axis`` (1), outer * inner labels -> (), and (C,) for a second top. No
    gradient.
    Caffe's surprises: a score that equals the label's counts as better than it; ignored labels do not count;
    a class without labels has 0.
    Source: Caffe's accuracy_layer.cpp.
    """
    p = spec.param
    ignored = p.ignore_label if p.HasField("ignore_label") else None

    def forward(x: Tensor, label: Tensor):
        rows, _, _ = _rows(spec, x, p.axis)
        classes = rows.shape[1]
        if not 1 <= p.top_k <= classes:
            raise fault(spec, f"top_k {p.top_k} of {classes} classes", f"from 1 to {classes}")
        index, valid = _labels(spec, label, len(rows), classes, ignored)
        better = (rows >= rows.gather(1, index[:, None])).sum(1) - 1
        right = (better < p.top_k) & valid
        total = right.sum() / valid.sum().clamp(min=1)
        members = F.one_hot(index, classes) * valid[:, None]
        each = (members * right[:, None]).sum(0) / members.sum(0).clamp(min=1)
        return (total.to(x.dtype), each.to(x.dtype))[: len(spec.tops)]

    def shapes(*bottoms):
        return ((), (bottoms[0][canonical_axis(spec, p.axis, len(bottoms[0]))],))[: len(spec.tops)]

    return without_gradient(forward, shapes)
