"""Maps read at places that the network works out."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import all_but_first, onnx_op
from deepvis.network.op import Op, Weights

MODES = {"linear": "bilinear", "cubic": "bicubic"}


@onnx_op("GridSample", since=16, mixes=all_but_first)
def grid_sample(call: OnnxCall, weights: Weights) -> Op:
    """y = x read at the places (-1 to 1) that the grid names, of the nearest, of two or of four along each axis.

    Shapes: (N, C, H, W), (N, H', W', 2) -> (N, C, H', W'). Gradient: autograd's, for the map and for the places.
    """
    mode = call.attr("mode", "bilinear")
    mode, pads = MODES.get(mode, mode), call.attr("padding_mode", "zeros")
    corners = bool(call.attr("align_corners", 0))
    return call.op_of(lambda x, grid: F.grid_sample(x, grid, mode, pads, corners), weights)


@onnx_op("AffineGrid", since=20, arguments={"size": 1}, mixes=all_but_first)
def affine_grid(call: OnnxCall, weights: Weights) -> Op:
    """y = the places that a map of ``size`` is read at when it is turned and moved by theta. Gradient: autograd's."""
    size, corners = call.ints("size") or [], bool(call.attr("align_corners", 0))

    def forward(theta: Tensor) -> Tensor:
        return F.affine_grid(theta, size, corners)

    return call.op_of(forward, weights)
