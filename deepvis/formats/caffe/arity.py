"""How many bottoms and tops each layer type takes.

Source: the ExactNum... and MinNum... methods of Caffe's layers.
"""

from __future__ import annotations

from typing import Any

from deepvis.network.errors import ModelError

_ANY = 10**6
_ONE_TO_ONE = (
    "AbsVal", "ArgMax", "BNLL", "BatchNorm", "Clip", "CropCenter", "Dropout", "ELU", "Embed", "Exp",
    "Flatten", "Im2col", "InnerProduct", "LRN", "Log", "MVN", "Normalize", "PReLU",
    "Permute", "Power", "ReLU", "ReLU6", "Reduction", "Reshape", "SPP", "ShuffleChannel", "Sigmoid",
    "Softmax", "Swish", "TanH", "Threshold", "Tile",
)  # fmt: skip
# type -> (fewest bottoms, most bottoms, fewest tops, most tops)
_ARITY: dict[str, tuple[int, int, int, int]] = {
    **dict.fromkeys(_ONE_TO_ONE, (1, 1, 1, 1)),
    **dict.fromkeys(("Convolution", "Deconvolution"), (1, _ANY, 1, _ANY)),
    **dict.fromkeys(("ConvolutionDepthwise", "DepthwiseConvolution"), (1, _ANY, 1, _ANY)),
    **dict.fromkeys(("Scale", "Bias"), (1, 2, 1, 1)),
    **dict.fromkeys(("Crop", "BatchReindex", "PriorBox", "ROIPooling"), (2, 2, 1, 1)),
    **dict.fromkeys(("EuclideanLoss", "HingeLoss", "MultinomialLogisticLoss"), (2, 2, 0, 1)),
    "ContrastiveLoss": (3, 3, 0, 1),
    "InfogainLoss": (2, 3, 0, 2),
    "SigmoidCrossEntropyLoss": (2, 2, 0, 2),
    **dict.fromkeys(("LSTM", "RNN"), (2, 5, 1, 3)),
    "Accuracy": (2, 2, 1, 2),
    "Axpy": (3, 3, 1, 1),
    "Concat": (1, _ANY, 1, 1),
    "DetectionOutput": (3, 3, 1, 1),
    "DummyData": (0, 0, 1, _ANY),
    "Eltwise": (2, _ANY, 1, 1),
    "Interp": (1, 2, 1, 1),
    "Filter": (2, _ANY, 1, _ANY),
    "LSTMUnit": (3, 3, 2, 2),
    "Parameter": (0, 0, 1, 1),
    "Pooling": (1, 1, 1, 2),
    "Silence": (1, _ANY, 0, 0),
    "Slice": (1, 1, 1, _ANY),
    "SoftmaxWithLoss": (2, 2, 0, 2),
    "Split": (1, 1, 1, _ANY),
}
_AS_MANY = frozenset(("Convolution", "Deconvolution", "ConvolutionDepthwise", "DepthwiseConvolution"))


def check_arity(layer: Any, where: str) -> None:
    """Raise ModelError where a layer message of a known type has too few or too many bottoms or tops."""
    limits = _ARITY.get(layer.type)
    if limits is None:
        return
    bottoms, tops = len(layer.bottom), len(layer.top)
    wrong = ""
    for count, fewest, most, word in ((bottoms, *limits[:2], "bottom"), (tops, *limits[2:], "top")):
        if not fewest <= count <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            wrong = f"has {count} {word}s, expected {f'{fewest} or more' if most == _ANY else wanted}"
    if layer.type in _AS_MANY and bottoms != tops:
        wrong = f"has {bottoms} bottoms and {tops} tops, expected as many"
    if layer.type == "Filter" and bottoms != tops + 1:
        wrong = f"has {bottoms} bottoms and {tops} tops, expected one top fewer"
    if wrong:
        raise ModelError(f"{where}: layer {layer.name!r} ({layer.type}) {wrong}")
