"""One small case or more for every layer type: the layer's parameters, its bottoms, and which of them get a gradient.

A new layer type needs a row here; a test fails without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec import LayerSpec

NORMAL, POSITIVE, PROBABILITY = "normal", "positive", "probability"


@dataclass(frozen=True)
class LayerCase:
    """type and params (prototxt text) of the layer; shapes of its bottoms.

    values: for each bottom how it is drawn (NORMAL if fewer), or the values themselves. smooth: the places of the
    bottoms whose gradient is compared with differences; the others must get none. exact: False where
    Caffe's gradient is deliberately not the derivative.
    """

    type: str
    params: str = ""
    shapes: Sequence[tuple[int, ...]] = ((2, 3, 5, 6),)
    values: Sequence[object] = ()
    smooth: Sequence[int] = (0,)
    tops: int = 1
    exact: bool = True
    name: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        return f"{self.type}-{self.name}" if self.name else self.type

    def layer(self) -> LayerSpec:
        """The layer, its weights from fillers."""
        inputs = "".join(
            f'layer {{ name: "x{i}" type: "Input" top: "x{i}" input_param {{ shape {{ {_dims(shape)} }} }} }}\n'
            for i, shape in enumerate(self.shapes)
        )
        bottoms = " ".join(f'bottom: "x{i}"' for i in range(len(self.shapes)))
        tops = " ".join(f'top: "y{i}"' for i in range(self.tops))
        text = f'{inputs}layer {{ name: "test" type: "{self.type}" {bottoms} {tops} {self.params} }}'
        spec = load_net(text, on_missing="fill", keep_losses=True)
        return fill_net(spec, np.random.default_rng(3)).layers[-1]

    def weights(self) -> list[torch.Tensor]:
        """The layer's weights, of both signs, as double."""
        noise = np.random.default_rng(5)
        return [torch.from_numpy(blob + noise.uniform(0.1, 0.6, blob.shape)).double() for blob in self.layer().blobs]

    def bottoms(self) -> list[torch.Tensor]:
        noise = np.random.default_rng(7)
        found = []
        for i, shape in enumerate(self.shapes):
            value = self.values[i] if i < len(self.values) else NORMAL
            if not isinstance(value, str):
                array = np.asarray(value, float).reshape(shape)
            elif value == NORMAL:
                array = noise.normal(0, 1.5, shape)
            else:
                array = noise.uniform(0.2, 1.8, shape) / (2.0 if value == PROBABILITY else 1.0)
            found.append(torch.from_numpy(array))
        return found


def _dims(shape: Sequence[int]) -> str:
    return " ".join(f"dim: {d}" for d in shape)


def conv(text: str) -> str:
    return f"convolution_param {{ weight_filler {{ type: 'gaussian' std: 0.5 }} {text} }}"


def recurrent(text: str) -> str:
    return f"recurrent_param {{ weight_filler {{ type: 'gaussian' std: 0.3 }} {text} }}"


SEQUENCE, GO_ON = (4, 2, 3), [[0, 0], [1, 1], [1, 0], [1, 1]]
PAIR = ((2, 3, 4, 5), (2, 3, 4, 5))
LABELS = [2, 0, 1]

CASES = [
    LayerCase("AbsVal"),
    LayerCase("Accuracy", "accuracy_param { top_k: 2 }", ((3, 4), (3,)), (NORMAL, LABELS), smooth=(), tops=2),
    LayerCase("ArgMax", "argmax_param { top_k: 2 out_max_val: true }", smooth=()),
    LayerCase("Axpy", "", ((2, 3), (2, 3, 4, 5), (2, 3, 4, 5)), smooth=(0, 1, 2)),
    LayerCase("BNLL"),
    LayerCase("BN", "bn_param { bn_mode: INFERENCE }"),
    LayerCase("BN", name="batch"),
    LayerCase("BN", "bn_param { frozen: true }", name="stored"),
    LayerCase("BatchNorm"),
    LayerCase("BatchNorm", "batch_norm_param { scale_bias: true }", name="scaled"),
    LayerCase("BatchNorm", "batch_norm_param { use_global_stats: false }", name="batch"),
    LayerCase("BatchReindex", "", ((3, 2, 4), (5,)), (NORMAL, [2, 0, 0, 1, 2])),
    LayerCase("Bias"),
    LayerCase("Bias", "bias_param { axis: 0 num_axes: 2 }", ((2, 3, 4), (2, 3)), smooth=(0, 1), name="two"),
    LayerCase("Clip", "clip_param { min: -0.7 max: 0.8 }"),
    LayerCase("Concat", "concat_param { axis: 2 }", ((2, 3, 4), (2, 3, 2), (2, 3, 1)), smooth=(0, 1, 2)),
    LayerCase(
        "ContrastiveLoss", "", ((3, 4), (3, 4), (3,)), (POSITIVE, POSITIVE, [1, 0, 0]), smooth=(0, 1), exact=False
    ),
    LayerCase(
        "ContrastiveLoss",
        "contrastive_loss_param { legacy_version: true margin: 4 }",
        ((3, 4), (3, 4), (3,)),
        (POSITIVE, POSITIVE, [1, 0, 0]),
        smooth=(0, 1),
        name="legacy",
    ),
    LayerCase("Convolution", conv(
        "num_output: 4 kernel_size: 3 stride: 2 pad: 1 dilation: 2 group: 2"
    ), ((2, 4, 9, 8),)),
    LayerCase("Convolution", conv("num_output: 3 kernel_size: 2"), ((1, 2, 4, 3, 5),), name="3 axes"),
    LayerCase("Convolution", conv("num_output: 3 kernel_size: 2"), ((1, 2, 3, 2, 3, 2),), name="4 axes"),
    LayerCase("Convolution", conv("num_output: 3 kernel_size: 3 stride: 2"), ((2, 3, 7),), name="1 axis"),
    LayerCase("Convolution", conv("num_output: 3 kernel_size: 2 axis: 2"), ((2, 3, 2, 4, 3),), name="axis 2"),
    LayerCase("Convolution", conv("num_output: 3"), ((2, 4),), name="no axis"),
    LayerCase("ConvolutionDepthwise", conv("num_output: 4 kernel_size: 3 pad: 1"), ((2, 4, 5, 5),)),
    LayerCase("Crop", "crop_param { axis: 2 offset: 1 offset: 2 }", ((2, 3, 6, 7), (2, 3, 4, 3))),
    LayerCase("CropCenter", "crop_center_param { crop_size: 0 crop_size: 1 crop_size: 2 }", ((2, 3, 6, 7),)),
    LayerCase("Deconvolution", conv("num_output: 4 kernel_size: 3 stride: 2 pad: 1 group: 2"), ((2, 2, 4, 3),)),
    LayerCase("Deconvolution", conv("num_output: 2 kernel_size: 3 stride: 2"), ((2, 3, 4),), name="1 axis"),
    LayerCase("DepthwiseConvolution", conv("num_output: 3 kernel_size: 3 group: 3"), ((2, 3, 5, 5),)),
    LayerCase(
        "DetectionOutput",
        "detection_output_param { num_classes: 2 code_type: CENTER_SIZE confidence_threshold: 0.1 keep_top_k: 3"
        " nms_param { nms_threshold: 0.4 top_k: 5 } }",
        ((1, 8), (1, 4), (1, 2, 8)),
        ([0.1] * 8, [0.2, 0.8, 0.3, 0.7], [0.1, 0.1, 0.4, 0.5, 0.5, 0.5, 0.9, 0.8] + [0.1] * 8),
        smooth=(),
    ),
    LayerCase("Dropout"),
    LayerCase("Dropout", "dropout_param { dropout_ratio: 0.3 scale_train: false }", name="scaled"),
    LayerCase("DummyData", "dummy_data_param { shape { dim: 2 dim: 3 } data_filler { value: 2 } }", (), smooth=()),
    LayerCase("ELU", "elu_param { alpha: 0.7 }"),
    LayerCase("Eltwise", "eltwise_param { coeff: 0.5 coeff: -2 }", PAIR, smooth=(0, 1)),
    LayerCase("Eltwise", "eltwise_param { operation: PROD }", (*PAIR, PAIR[0]), smooth=(0, 1, 2), name="product"),
    LayerCase("Eltwise", "eltwise_param { operation: MAX }", (*PAIR, PAIR[0]), smooth=(0, 1, 2), name="maximum"),
    LayerCase("Embed", "embed_param { num_output: 3 input_dim: 5 }", ((2, 2),), ([4, 0, 1, 4],), smooth=()),
    LayerCase("EuclideanLoss", "", PAIR, smooth=(0, 1)),
    LayerCase("Exp", "exp_param { base: 2 scale: 0.5 shift: 0.3 }"),
    LayerCase("Filter", "", ((4, 3, 2), (4,)), (NORMAL, [1, 0, 0, 2])),
    LayerCase("Flatten", "flatten_param { axis: 1 end_axis: 2 }"),
    LayerCase("HingeLoss", "hinge_loss_param { norm: L2 }", ((3, 4), (3,)), (NORMAL, LABELS)),
    LayerCase("HingeLoss", "", ((3, 4), (3,)), (NORMAL, LABELS), name="L1"),
    LayerCase("Im2col", "convolution_param { kernel_size: 3 stride: 2 pad: 1 dilation: 1 }"),
    LayerCase("Im2col", "convolution_param { kernel_size: 2 }", ((1, 2, 3, 4, 3),), name="3 axes"),
    LayerCase("InfogainLoss", "", ((3, 4), (3,), (1, 1, 4, 4)), (NORMAL, LABELS, POSITIVE)),
    LayerCase("InnerProduct", "inner_product_param { num_output: 4 axis: 2 }", ((2, 3, 2, 2),)),
    LayerCase("InnerProduct", "inner_product_param { num_output: 4 transpose: true }", name="transposed"),
    LayerCase("Interp", "interp_param { height: 9 width: 7 }"),
    LayerCase("Interp", "interp_param { shrink_factor: 2 zoom_factor: 3 pad_beg: -1 }", name="factors"),
    LayerCase("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.75 k: 2 }", ((2, 5, 3, 4),)),
    LayerCase("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 norm_region: WITHIN_CHANNEL }", name="within"),
    LayerCase("LSTM", recurrent("num_output: 4"), (SEQUENCE, (4, 2)), (NORMAL, GO_ON)),
    LayerCase("LSTM", recurrent("num_output: 4"), (SEQUENCE, (4, 2), (2, 3)), (NORMAL, GO_ON), (0, 2), name="static"),
    LayerCase("LSTMUnit", "", ((1, 2, 3), (1, 2, 12), (1, 2)), (NORMAL, NORMAL, [1, 0]), (0, 1), tops=2),
    LayerCase("Log", "log_param { base: 3 scale: 0.5 shift: 1.3 }", values=(POSITIVE,)),
    LayerCase("MVN"),
    LayerCase("MVN", "mvn_param { across_channels: true normalize_variance: false }", name="across"),
    LayerCase("Mish"),
    LayerCase("MultinomialLogisticLoss", "", ((3, 4), (3,)), (PROBABILITY, LABELS)),
    LayerCase("Normalize", "norm_param { across_spatial: false channel_shared: false }"),
    LayerCase("Normalize", name="across"),
    LayerCase("PReLU"),
    LayerCase(
        "PSROIPooling",
        "psroi_pooling_param { output_dim: 2 group_size: 2 spatial_scale: 0.5 }",
        ((2, 8, 5, 6), (2, 5)),
        (NORMAL, [0, 1, 2, 8, 9, 1, 0, 0, 3, 5]),
    ),
    LayerCase("Parameter", "parameter_param { shape { dim: 2 dim: 3 } }", (), smooth=()),
    LayerCase("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
    LayerCase("Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }", tops=2),
    LayerCase("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }", name="average"),
    LayerCase("Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 3 pad: 1 }", name="average with gaps"),
    LayerCase("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }", values=(POSITIVE,), name="stochastic"),
    LayerCase("Power", "power_param { power: 2.5 scale: 0.5 shift: 1 }", values=(POSITIVE,)),
    LayerCase("Power", "power_param { power: 2 scale: -0.5 shift: 1 }", name="square"),
    LayerCase(
        "PriorBox",
        "prior_box_param { min_size: 3 max_size: 5 aspect_ratio: 2 variance: 0.1 }",
        ((1, 2, 3, 4), (1, 3, 12, 16)),
        smooth=(),
    ),
    LayerCase("RNN", recurrent("num_output: 4"), (SEQUENCE, (4, 2), (2, 3)), (NORMAL, GO_ON), smooth=(0, 2)),
    LayerCase(
        "ROIPooling",
        "roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.5 }",
        ((2, 3, 5, 6), (2, 5)),
        (NORMAL, [0, 1, 2, 8, 9, 1, 0, 0, 3, 5]),
    ),
    LayerCase("ReLU"),
    LayerCase("ReLU", "relu_param { negative_slope: 0.2 }", name="leaky"),
    LayerCase("ReLU6"),
    LayerCase("Reduction", "reduction_param { operation: SUMSQ axis: 1 coeff: 2 }"),
    LayerCase("Reduction", "reduction_param { operation: ASUM axis: 2 }", name="absolute"),
    LayerCase("Reorg", "", ((2, 8, 4, 6),)),
    LayerCase("Reorg", "reorg_param { reverse: true }", ((2, 8, 3, 2),), name="reverse"),
    LayerCase("ReorgYolo", "reorg_param { stride: 3 }", ((1, 9, 3, 6),)),
    LayerCase("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 2 } }"),
    LayerCase("SPP", "spp_param { pyramid_height: 2 }"),
    LayerCase("SPP", "spp_param { pyramid_height: 3 pool: AVE }", ((2, 3, 9, 11),), name="average"),
    LayerCase("Scale", "scale_param { bias_term: true }"),
    LayerCase("Scale", "scale_param { axis: 1 }", ((2, 3, 4), (3, 4)), smooth=(0, 1), name="two"),
    LayerCase("SELU"),
    LayerCase("SeLU"),
    LayerCase("SeLu"),
    LayerCase("ShuffleChannel", "shuffle_channel_param { group: 2 }", ((2, 6, 3, 2),)),
    LayerCase("Sigmoid"),
    LayerCase("SigmoidCrossEntropyLoss", "", ((3, 4), (3, 4)), (NORMAL, [1, 0, 0, 1] * 3)),
    LayerCase("Silence", "", tops=0, smooth=()),
    LayerCase("Slice", "slice_param { axis: 1 slice_point: 1 }", tops=2),
    LayerCase("Softmax", "softmax_param { axis: 2 }"),
    LayerCase("SoftmaxWithLoss", "loss_param { ignore_label: 1 }", ((3, 4), (3,)), (NORMAL, LABELS), tops=1),
    LayerCase("SpatialDropout"),
    LayerCase("Split", tops=3),
    LayerCase("Swish", "swish_param { beta: 1.5 }"),
    LayerCase("TanH"),
    LayerCase("Threshold", smooth=()),
    LayerCase("Tile", "tile_param { axis: 1 tiles: 3 }"),
    LayerCase(
        "Upsample", "upsample_param { scale: 2 pad_out_h: true }", ((1, 2, 2, 2),) * 2, (NORMAL, [0, 3, 8, 11] * 2)
    ),
    LayerCase("Upsample", "upsample_param { scale_h: 2 scale_w: 3 }", ((1, 2, 2, 3),), name="repeated"),
]  # fmt: skip
