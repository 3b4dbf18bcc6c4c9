"""Lists of networks whose values have names with slashes, as TensorFlow's files have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from deepvis.models import listing
from deepvis.models.slash_paths import slash_paths, stage_of
from deepvis.models.tree import tree
from deepvis.models.zoo import load_model

RESNET = (
    *("resnet50_0.5/conv1_bn/batchnorm/mul_1", "resnet50_0.5/conv1_relu/Relu"),
    *("resnet50_0.5/conv2_block1_out/Relu", "resnet50_0.5/conv2_block2_out/Relu", "resnet50_0.5/conv3_block1_out/Relu"),
    *("resnet50_0.5/dense/MatMul", "resnet50_0.5/dense/Relu", "Identity"),
)


def test_a_path_has_scopes_block_and_layer() -> None:
    assert slash_paths(RESNET, RESNET) == {
        RESNET[0]: ("conv1_bn",), RESNET[1]: ("conv1_relu",), RESNET[2]: ("conv2_block1", "out"),
        RESNET[3]: ("conv2_block2", "out"), RESNET[4]: ("conv3_block1", "out"), RESNET[5]: ("dense/MatMul",),
        RESNET[6]: ("dense/Relu",),
    }  # fmt: skip
    inner = ("Net/Net/Mixed_3b/Branch_0/Conv2d_0a_1x1/Relu", "Net/Net/Conv2d_1a/BatchNorm/FusedBatchNormV3")
    assert list(slash_paths(inner, inner).values()) == [("Mixed_3b", "Branch_0", "Conv2d_0a_1x1"), ("Conv2d_1a",)]
    of_unlisted = slash_paths((*RESNET, "resnet50_0.5/conv1_relu/Neg"), RESNET)
    assert of_unlisted["resnet50_0.5/conv1_relu/Neg"] == ("conv1_relu/Neg",)
    assert stage_of("conv2_block1") == "conv2" and stage_of("block_1") == stage_of("conv1_bn") == ""


def test_groups_are_stages_or_blocks_and_short_names_have_no_operator() -> None:
    assert listing.groups(RESNET) == (0, 0, 1, 1, 2, 3, 3, 3)
    assert list(listing.short_names(RESNET).values()) == [
        *("conv1_bn", "conv1_relu", "conv2_block1.out", "conv2_block2.out", "conv3_block1.out"),
        *("dense/MatMul", "dense/Relu", "Identity"),
    ]
    vgg = ("vgg/block1_conv1/Relu", "vgg/block1_pool/MaxPool", "vgg/block2_conv1/Relu", "vgg/fc/Relu")
    assert listing.groups(vgg) == (0, 0, 1, 2)
    assert list(listing.short_names(vgg).values()) == ["block1.conv1", "block1.pool", "block2.conv1", "fc"]


def test_blocks_of_keras_open(tmp_path: Path) -> None:
    entries = {each.name: each for each in tree(load_model(prototxt=keras_blocks(tmp_path / "net.onnx")).graph)}
    last, inside = entries["net_0.5/conv2_block1_out/Relu"], entries["net_0.5/conv2_block1_1_conv/Conv"]
    assert last.folds == ("conv2_block1",) and last.group == "conv2" and not last.inside
    assert inside.inside == ("conv2_block1",) and inside.short == "1_conv"
    assert entries["net_0.5/conv1/Relu"].short == "conv1" and not entries["net_0.5/conv1/Relu"].folds


def keras_blocks(file: Path) -> Path:
    """A picture of (N, H, W, C), a layer, six blocks of two convolutions, each with a sum and a rectifier."""
    rng = np.random.default_rng(0)
    held = {"first": rng.normal(size=(4, 3, 3, 3)), "w": rng.normal(size=(4, 4, 3, 3))}
    node = helper.make_node
    nodes = [
        node("Transpose", ["data"], ["turned"], perm=[0, 3, 1, 2]),
        node("Conv", ["turned", "first"], ["conv"], pads=[1, 1, 1, 1]),
        node("Relu", ["conv"], ["net_0.5/conv1/Relu"]),
    ]
    below = "net_0.5/conv1/Relu"
    for stage, block in ((2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3)):
        name = f"net_0.5/conv{stage}_block{block}"
        nodes += [
            node("Conv", [below, "w"], [f"{name}_1_conv/Conv"], pads=[1, 1, 1, 1]),
            node("Conv", [f"{name}_1_conv/Conv", "w"], [f"{name}_2_conv/Conv"], pads=[1, 1, 1, 1]),
            node("Add", [f"{name}_2_conv/Conv", below], [f"{name}_add/Add"]),
            node("Relu", [f"{name}_add/Add"], [f"{name}_out/Relu"]),
        ]
        below = f"{name}_out/Relu"
    nodes.append(node("Transpose", [below], ["last"], perm=[0, 2, 3, 1]))
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "net", [value("data", TensorProto.FLOAT, ["N", 12, 16, 3])], [value("last", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in held.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)
    return file
