"""DetectionOutput: scores and offsets of an SSD detector made into boxes."""

from __future__ import annotations

from deepvis.formats.caffe.layer import fault, layer_type, option
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights, without_gradient


@layer_type("DetectionOutput", kind=Kind.DETECTION, bottoms=(3, 3))
def detection_output(spec: LayerSpec, weights: Weights) -> Op:
    """y = the boxes that survive non-maximum suppression: image, label, score, xmin, ymin, xmax, ymax of each.

    Shapes: offsets (N, P * 4) (times the classes without share_location), scores (N, P * classes), priors
    (1, 2, P * 4) -> (1, 1, found, 7). Boxes are decoded by code_type from the priors; for each class but the
    background those over confidence_threshold, at most nms_param.top_k, are taken in order of score if they overlap
    no better one by more than nms_threshold (which eta shrinks); keep_top_k of them all remain per
    image. No gradient.
    Caffe's surprises: with nothing found there is one row for each image: its number, then -1.
    Source: the SSD fork of Caffe (weiliu89/caffe), detection_output_layer.cpp, bbox_util.cpp.
    """
    p = spec.param
    if p.num_classes < 1:
        raise fault(spec, f"num_classes {p.num_classes}", "1 or more")
    groups = 1 if p.share_location else p.num_classes

    def forward(offsets: Tensor, scores: Tensor, priors: Tensor) -> Tensor:
        items, count = offsets.shape[0], priors.shape[-1] // 4
        if offsets.numel() != items * count * groups * 4 or scores.numel() != items * count * p.num_classes:
            raise fault(
                spec,
                f"bottoms of {[list(t.shape) for t in (offsets, scores, priors)]}",
                f"4 * {groups} offsets and {p.num_classes} scores for each of {count} priors",
            )
        boxes, variances = priors.reshape(2, count, 4)
        offsets = offsets.reshape(items, count, groups, 4)
        scores = scores.reshape(items, count, p.num_classes)
        found = []
        for item in range(items):
            decoded = decode(spec, boxes[:, None], variances[:, None], offsets[item])
            found += [_row(item, row) for row in _best(spec, decoded, scores[item])]
        if not found:
            empty = offsets.new_full((items, 7), -1)
            empty[:, 0] = torch.arange(items)
            return empty[None, None]
        return torch.cat(found)[None, None]

    return without_gradient(forward, lambda offsets, scores, priors: ((1, 1, 1, 7),))


def _row(item: int, rows: Tensor) -> Tensor:
    return torch.cat([rows.new_full((len(rows), 1), item), rows], 1)


def decode(spec: LayerSpec, priors: Tensor, variances: Tensor, offsets: Tensor) -> Tensor:
    """Boxes (P, groups, 4) from priors and variances (P, 1, 4) and offsets (P, groups, 4)."""
    code = option(spec, "code_type")
    if not spec.param.variance_encoded_in_target:
        offsets = offsets * variances
    size = priors[..., 2:] - priors[..., :2]
    if code == "CORNER":
        return priors + offsets
    if code == "CORNER_SIZE":
        return priors + offsets * size.repeat(1, 1, 2)
    centre = (priors[..., 2:] + priors[..., :2]) / 2 + offsets[..., :2] * size
    half = torch.exp(offsets[..., 2:]) * size / 2
    return torch.cat([centre - half, centre + half], -1)


def _best(spec: LayerSpec, boxes: Tensor, scores: Tensor) -> list[Tensor]:
    """Rows (label, score, box) that remain of one image's boxes (P, groups, 4) and scores (P, classes)."""
    p = spec.param
    least = p.confidence_threshold if p.HasField("confidence_threshold") else float("-inf")
    rows = []
    for label in range(p.num_classes):
        if label == p.background_label_id:
            continue
        chosen = (scores[:, label] > least).nonzero()[:, 0]
        ranked, order = scores[chosen, label].sort(dim=0, descending=True, stable=True)
        chosen = chosen[order]
        if p.nms_param.top_k > 0 or p.nms_param.HasField("top_k"):
            limit = p.nms_param.top_k if p.nms_param.top_k > -1 else len(chosen)
            ranked, chosen = ranked[:limit], chosen[:limit]
        own = boxes[chosen, 0 if p.share_location else label]
        kept = suppress(own, p.nms_param.nms_threshold, p.nms_param.eta)
        rows.append(torch.cat([ranked.new_full((len(ranked), 1), label), ranked[:, None], own], 1)[kept])
    rows = [r for r in rows if len(r)]
    if rows and 0 <= p.keep_top_k < sum(map(len, rows)):
        together = torch.cat(rows)
        best = together[together[:, 1].sort(dim=0, descending=True, stable=True).indices[: p.keep_top_k]]
        return [best[best[:, 0].sort(dim=0, stable=True).indices]]
    return rows


def suppress(boxes: Tensor, threshold: float, eta: float) -> Tensor:
    """Mask of the boxes (K, 4), best first, that overlap no kept better one by more than the threshold."""
    count = len(boxes)
    size = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0)
    area = size[:, 0] * size[:, 1]
    low = torch.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = torch.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    both = (high - low).clamp(min=0).prod(2)
    overlap = both / (area[:, None] + area[None, :] - both).clamp(min=1e-12)
    kept = torch.ones(count, dtype=torch.bool, device=boxes.device)
    limit = torch.tensor(threshold, device=boxes.device)
    for i in range(count):
        kept[i] = ~((overlap[i, :i] > limit) & kept[:i]).any()
        limit = torch.where(kept[i] & (limit > 0.5) & (eta < 1), limit * eta, limit)
    return kept
