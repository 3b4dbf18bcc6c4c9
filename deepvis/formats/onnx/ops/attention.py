"""Attention as one operator, and the turning of positions before it."""

from __future__ import annotations

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import all_but_first, onnx_op
from deepvis.network.op import Op, Weights


def _heads(call: OnnxCall, x: Tensor, name: str) -> Tensor:
    """(N, L, heads * E) -> (N, heads, L, E); what has four axes stays."""
    if x.dim() == 4:
        return x
    count = call.attr(name, 0)
    if x.dim() != 3 or not count or x.shape[2] % count:
        raise call.fault(f"{name} {count} for {list(x.shape)}", "heads that divide the last axis")
    return x.reshape(x.shape[0], x.shape[1], count, -1).transpose(1, 2)


KNOWN = frozenset(
    ("is_causal", "kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "scale", "softcap", "softmax_precision")
)


@onnx_op("Attention", since=23, mixes=all_but_first)
def attention(call: OnnxCall, weights: Weights) -> Op:
    """y = softmax(q k^T scale + mask) v, head by head; scale is 1 / sqrt(E) by default.

    Shapes: (N, heads, L, E) or (N, L, heads E) for q, k and v -> likewise. is_causal: no place looks ahead.
    softcap c: c tanh(scores / c). Keys of an earlier pass are not taken. Gradient: autograd's.
    """
    unknown = call.attributes.keys() - KNOWN
    if unknown:
        raise call.not_here(f"the attributes {', '.join(sorted(unknown))}", f"none but {', '.join(sorted(KNOWN))}")
    if any(call.outputs[1:]) or call.has(4) or call.has(5) or call.has(6):
        raise call.not_here("keys and values of an earlier pass, or scores as outputs", "attention within one pass")
    cap, scale = call.attr("softcap", 0.0), call.attr("scale")

    def forward(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *_: None) -> Tensor:
        is_flat = q.dim() == 3
        q, k, v = (_heads(call, x, n) for x, n in ((q, "q_num_heads"), (k, "kv_num_heads"), (v, "kv_num_heads")))
        if k.shape[1] != q.shape[1]:
            times = q.shape[1] // max(k.shape[1], 1)
            k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
        factor = q.shape[-1] ** -0.5 if scale is None else scale
        scores = (q * factor) @ k.transpose(-1, -2)
        if call.attr("is_causal", 0):
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, float("-inf"))
        scores = cap * torch.tanh(scores / cap) if cap else scores
        if mask is not None:
            missing = scores.shape[-1] - mask.shape[-1]
            is_yes = mask.dtype is torch.bool
            if missing:
                mask = torch.nn.functional.pad(mask, (0, missing), value=False if is_yes else float("-inf"))
            scores = scores.masked_fill(~mask, float("-inf")) if is_yes else scores + mask
        shares = scores.softmax(-1)
        nowhere = (scores == float("-inf")).all(-1, keepdim=True)
        y = shares.masked_fill(nowhere, 0.0) @ v  # what may look nowhere sees nothing
        return y.transpose(1, 2).flatten(2) if is_flat else y

    return call.op_of(forward, weights)
