"""The operators of the table, by name."""

from __future__ import annotations

from deepvis.formats.onnx.onnx_ops import ONNX_OPS


def op_names() -> list[str]:
    """Each once, whatever versions it has, in order."""
    return sorted({key.rpartition("-")[0] for key in ONNX_OPS})
