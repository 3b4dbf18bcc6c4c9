"""Attention in its parts: fused into one operator, who looks at whom could not be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor


def attention_in_parts(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query key^T scale + mask) value; nothing is dropped. scale: by default 1 / sqrt(width of a head).

    Shapes: (..., L, d), (..., S, d), (..., S, e) -> (..., L, e).
    Source: the documentation of torch.nn.functional.scaled_dot_product_attention.
    """
    if enable_gqa:
        repeats = query.size(-3) // key.size(-3)
        key, value = key.repeat_interleave(repeats, -3), value.repeat_interleave(repeats, -3)
    factor = query.size(-1) ** -0.5 if scale is None else scale
    scores = (query * factor) @ key.transpose(-2, -1)
    if is_causal:
        attn_mask = torch.ones(query.size(-2), key.size(-2), dtype=torch.bool, device=query.device).tril()
    if attn_mask is not None:
        is_choice = attn_mask.dtype is torch.bool
        scores = scores.masked_fill(attn_mask.logical_not(), float("-inf")) if is_choice else scores + attn_mask
    return scores.softmax(-1) @ value


# for ExportedProgram.run_decompositions
IN_PARTS: Mapping[Any, Callable[..., Any]] = {
    torch.ops.aten.scaled_dot_product_attention.default: attention_in_parts,
}
