"""What a node of a graph is, as far as back modes, the layer list and the panes must know."""

from __future__ import annotations

from enum import Enum


class Kind(str, Enum):
    """The kind of a node, whatever file or framework it came from.

    Formats map their own types to these; what nobody needs to distinguish is OTHER. ``Node.type`` keeps the
    author's word for the panes.
    """

    CONVOLUTION = "Convolution"
    TRANSPOSED_CONVOLUTION = "TransposedConvolution"
    LINEAR = "Linear"  # fully connected: Caffe's InnerProduct
    EMBEDDING = "Embedding"
    RECURRENT = "Recurrent"
    RELU = "ReLU"  # max(x, 0), and nothing else
    LEAKY_RELU = "LeakyReLU"  # a slope below 0: fixed
    CAPPED_RELU = "CappedReLU"  # min(max(x, 0), 6) and its likes
    ACTIVATION = "Activation"  # any other function of one value: sigmoid, tanh, ELU, PReLU, ...
    SIGMOID = "Sigmoid"
    SOFTMAX = "Softmax"
    POOLING = "Pooling"
    NORMALIZATION = "Normalization"  # LRN, batch norm, MVN, ...
    NORMALIZATION_DECONV_IGNORES = "LRN deconv_ignore"  # of the toolbox's fork of Caffe
    SCALE = "Scale"  # times and plus learned or given values
    CONCAT = "Concat"
    ADD = "Add"  # element by element over several values, whatever the operation
    RESHAPE = "Reshape"  # the same values in another shape or order
    IDENTITY = "Identity"  # dropout at test time, split
    SINK = "Sink"  # makes nothing
    SOURCE = "Source"  # takes nothing
    DETECTION = "Detection"  # boxes: no maps to look at
    OTHER = "Other"


# kinds of nodes that hand their bottom on, in another shape or not at all, and of boxes: nothing to look at
HANDED_ON = frozenset((Kind.IDENTITY, Kind.SINK, Kind.RESHAPE, Kind.DETECTION))
