"""Networks that cannot be opened whole are opened as far as they go, and what is missing is said."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net, graph_of
from deepvis.formats.caffe.unknown import UnsupportedLayers
from deepvis.formats.caffe.weights import write_weights
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.unavailable import Unavailable
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.units import layers_of
from deepvis.scan.network import ScanNetwork
from deepvis.scan.scan_error import ScanError
from tests.helpers.nets import conv, data, layer, noise, relu

IMAGE = data(1, 3, 8, 8)
CONV = conv("c", "data", "num_output: 4 kernel_size: 3")
FULL = layer("InnerProduct", "fc", "c", "inner_product_param { num_output: 5 weight_filler { type: 'xavier' } }")
PYTHON = "python_param { module: 'rpn.proposal' layer: 'ProposalLayer' }"


def opened(folder: Path, text: str, *, weights: bool = False, **said: object) -> Model:
    """As the window opens it; weights: from a file, made for the network as it is declared; else made up."""
    (folder / "net.prototxt").write_text(text)
    if not weights:
        return load_model(prototxt=folder / "net.prototxt", overrides={"fill": True, **said})
    write_weights(folder / "net.caffemodel", fill_net(load_net(text, on_missing="fill")))
    return load_model(prototxt=folder / "net.prototxt", weights=folder / "net.caffemodel", overrides=said)


# --- unknown layers ----------------------------------------------------------------------------


def test_what_depends_on_an_unknown_layer_is_out_and_the_rest_runs() -> None:
    text = IMAGE + CONV + layer("Warp", "w", "c") + relu("w") + layer("Concat", "both", "c w") + FULL
    spec = load_net(text, on_missing="fill")
    graph = graph_of(spec)
    assert [node.name for node in graph.nodes] == ["c", "fc"] and graph.refusal is None
    assert graph.unavailable["w"] == Unavailable("its type Warp is unknown", "Warp", Kind.OTHER, after="c")
    assert graph.unavailable["both"].why == "needs layer 'w' of unknown type Warp"
    assert graph.unavailable["both"].after == "w"
    assert graph.notes == ("layer 'w' of unknown type Warp is not shown, nor what needs it: 'relu_w', 'both'",)
    assert caffe_net(spec).forward({"data": noise(1, 3, 8, 8)}).blobs["fc"].shape == (1, 5)
    with pytest.raises(ModelError, match="'both' cannot be had here: needs layer 'w'"):
        graph.last("both")


def test_the_weights_of_what_is_out_are_not_missed() -> None:
    text = IMAGE + CONV + layer("Warp", "w", "c") + conv("d", "w", "num_output: 2 kernel_size: 1")
    weights = {"c": [noise(4, 3, 3, 3), noise(4)]}
    assert [each.name for each in load_net(text, weights).layers] == ["c"]


def test_a_blob_that_an_unknown_layer_overwrites_is_shown_as_before() -> None:
    graph = graph_of(load_net(IMAGE + CONV + layer("Warp", "w", "c", tops="c") + FULL, on_missing="fill"))
    assert [node.name for node in graph.nodes] == ["c"] and set(graph.unavailable) == {"fc"}


def test_a_python_layer_is_named_by_its_class() -> None:
    graph = graph_of(load_net(IMAGE + CONV + layer("Python", "p", "c", PYTHON), on_missing="fill"))
    assert "Python rpn.proposal.ProposalLayer" in graph.unavailable["p"].why


def test_where_nothing_is_left_the_network_is_refused() -> None:
    graph = graph_of(load_net(IMAGE + layer("Flatten", "f", "data") + layer("Warp", "w", "f"), on_missing="fill"))
    assert isinstance(graph.refusal, UnsupportedLayers) and not graph.unavailable


# --- losses and data ---------------------------------------------------------------------------


def two_heads(*weights: float) -> str:
    text = IMAGE + data(1, name="label")
    for name, weight in zip("ab", weights, strict=True):
        text += conv(name, "data", "num_output: 4 kernel_size: 3")
        text += layer("SoftmaxWithLoss", f"{name}/loss", f"{name} label", f"loss_weight: {weight}")
    return text


@pytest.mark.parametrize(("weights", "probs"), [((1, 1), ["a/loss_prob", "prob"]), ((1, 0.3), ["prob", "b/loss_prob"])])
def test_every_loss_leaves_an_output_of_its_own(weights: tuple[float, float], probs: list[str]) -> None:
    spec = load_net(two_heads(*weights), on_missing="fill")
    assert [each.name for each in spec.layers if each.type == "Softmax"] == probs
    assert list(spec.inputs) == ["data"]


def test_two_losses_of_one_blob_leave_one_output() -> None:
    text = IMAGE + data(1, name="label") + CONV
    text += layer("SoftmaxWithLoss", "one", "c label") + layer("SoftmaxWithLoss", "two", "c label")
    assert [each.name for each in load_net(text, on_missing="fill").layers] == ["c", "prob"]


@pytest.mark.parametrize("kind", ["ImageSegData", "Python", "SomebodysOwnData"])
@pytest.mark.parametrize("rule", ["", "include { phase: TRAIN }"])
def test_any_layer_that_brings_data_becomes_an_input(kind: str, rule: str) -> None:
    params = f"{rule} {PYTHON if kind == 'Python' else ''}"
    text = layer(kind, "d", "", params, tops="data label") + CONV + layer("SoftmaxWithLoss", "loss", "c label")
    spec = load_net(text, on_missing="fill", picture_size=(8, 9))
    assert spec.inputs == {"data": (1, 3, 8, 9)} and not spec.unavailable


def test_labels_of_their_own_data_layer_that_only_training_has() -> None:
    rule = "include { phase: TRAIN }"
    text = layer("HDF5Data", "d", "", rule, tops="data") + layer("HDF5Data", "more", "", rule, tops="mask")
    text += CONV + layer("Concat", "both", "c mask")
    spec = load_net(text, on_missing="fill", input_shapes={"data": (1, 3, 8, 8), "mask": (1, 2, 6, 6)})
    assert list(spec.inputs) == ["data", "mask"]


@pytest.mark.parametrize(
    ("values", "size", "shape"),
    [(784, None, (1, 28, 28)), (3072, None, (3, 32, 32)), (2352, (28, 28), (3, 28, 28)), (600, (20, 10), (3, 20, 10))],
)
def test_fully_connected_weights_tell_the_picture(tmp_path, values: int, size: tuple | None, shape: tuple) -> None:
    text = layer("Data", "d", "", tops="data") + layer("Flatten", "flat", "data")
    text += layer("InnerProduct", "code", "flat", "inner_product_param { num_output: 5 }")
    (tmp_path / "net.prototxt").write_text(text)
    write_weights(tmp_path / "net.caffemodel", {"code": [noise(5, values), noise(5)]})
    model = load_model(
        prototxt=tmp_path / "net.prototxt", weights=tmp_path / "net.caffemodel", overrides={"input_size": size}
    )
    assert model.preprocessor.input_shape == shape and GraphNet(model.graph).shapes["code"] == (1, 5)


@pytest.mark.parametrize("params", ["", "slice_param { slice_dim: 1 slice_point: 1 }"])
def test_the_channels_of_a_pair_are_those_of_both(tmp_path, params: str) -> None:
    text = layer("Data", "d", "", tops="pair label") + layer("Slice", "s", "pair", params, tops="one other")
    text += conv("c", "one", "num_output: 4 kernel_size: 3")
    (tmp_path / "net.prototxt").write_text(text)
    write_weights(tmp_path / "net.caffemodel", {"c": [noise(4, 1, 3, 3), noise(4)]})
    model = load_model(
        prototxt=tmp_path / "net.prototxt", weights=tmp_path / "net.caffemodel", overrides={"input_size": (8, 8)}
    )
    assert model.preprocessor.input_shape == (2, 8, 8) and list(model.structure.inputs) == ["pair"]


def test_a_second_picture_is_as_large_as_the_first() -> None:
    text = layer("Python", "d", "", PYTHON, tops="data depth hha label") + layer("Concat", "both", "data depth")
    text += conv("c", "both", "num_output: 2 kernel_size: 3") + conv("h", "hha", "num_output: 2 kernel_size: 3")
    spec = load_net(text, on_missing="fill", picture_size=(8, 9))
    assert spec.inputs == {"data": (1, 3, 8, 9), "depth": (1, 1, 8, 9), "hha": (1, 3, 8, 9)}
    assert caffe_net(spec).shapes["c"] == (1, 2, 6, 7)


def test_dummy_data_is_the_input_of_a_network_without_another(tmp_path) -> None:
    text = layer("DummyData", "d", "", "dummy_data_param { shape { dim: 10 dim: 3 dim: 8 dim: 8 } }", tops="data")
    assert opened(tmp_path, text + CONV).structure.inputs == {"data": (1, 3, 8, 8)}


# --- batch and size ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tail", "batch"),
    [
        (layer("Reshape", "r", "c", "reshape_param { shape { dim: 2 dim: 2 dim: -1 } }"), 4),
        (layer("Slice", "s", "c", "slice_param { axis: 0 }", tops="one two"), 4),
        (layer("Reshape", "r", "c", "reshape_param { shape { dim: 0 dim: -1 } }"), None),
        (layer("Reshape", "r", "c", "reshape_param { axis: 1 shape { dim: 2 dim: -1 } }"), None),
        (layer("Slice", "s", "c", tops="one two"), None),
    ],
)
def test_a_batch_that_layers_fix_is_kept(tmp_path, tail: str, batch: int | None) -> None:
    model = opened(tmp_path, data(4, 3, 8, 8) + CONV + tail)
    assert model.structure.batch == batch and model.structure.inputs == {"data": (1, 3, 8, 8)}
    assert any("4 pictures at a time" in note for note in model.notes) == (batch is not None)


def test_weights_are_filled_for_the_whole_batch() -> None:
    from dataclasses import replace

    text = data(1, 3, 8, 8) + CONV + layer("Reshape", "r", "c", "reshape_param { shape { dim: 2 dim: -1 } }")
    text += layer("InnerProduct", "fc", "r", "inner_product_param { num_output: 5 weight_filler { type: 'xavier' } }")
    spec = fill_net(replace(load_net(text, on_missing="fill"), batch=4))
    assert spec.layers[-1].blobs[0].shape == (5, 4 * 4 * 6 * 6 // 2)


def test_inputs_of_a_pair_go_with_the_batch_of_the_picture(tmp_path) -> None:
    model = opened(tmp_path, data(4, 3, 8, 8) + data(4, 3, 8, 8, name="other") + layer("Eltwise", "e", "data other"))
    assert set(model.structure.inputs.values()) == {(1, 3, 8, 8)}


def test_one_by_one_holds_the_place_of_a_size_where_windows_slide(tmp_path) -> None:
    model = opened(tmp_path, data(1, 3, 1, 1) + CONV)
    assert model.structure.inputs["data"] == (1, 3, 224, 224) and any("--input-size" in note for note in model.notes)
    full = layer("InnerProduct", "fc", "data", "inner_product_param { num_output: 5 }")
    assert opened(tmp_path, data(1, 3, 1, 1) + full).structure.inputs["data"] == (1, 3, 1, 1)


@pytest.mark.parametrize(
    "text", ['input: "data" ' + CONV, layer("HDF5Data", "d", "", tops="data") + CONV, data(1, 3, 0, 0) + CONV]
)
def test_whoever_asks_for_a_shape_names_the_option(tmp_path, text: str) -> None:
    with pytest.raises(ModelError, match="--input-size"):
        opened(tmp_path, text)
    if "dim: 0" not in text:
        assert opened(tmp_path, text, input_size=(8, 9)).structure.inputs["data"] == (1, 3, 8, 9)


def test_another_size_is_taken_as_far_as_the_weights_fit(tmp_path) -> None:
    text = IMAGE + CONV + FULL + layer("Softmax", "prob", "fc")
    graph = opened(tmp_path, text, weights=True, input_size=(12, 10)).graph
    assert GraphNet(graph).shapes == {"data": (1, 3, 12, 10), "c": (1, 4, 10, 8)}
    assert set(graph.unavailable) == {"fc", "prob"}
    assert all("does not fit pictures of 12 x 10" in each.why for each in graph.unavailable.values())
    assert "fc" in GraphNet(opened(tmp_path, text, weights=True).graph).shapes
    assert "fc" in GraphNet(opened(tmp_path, text, input_size=(12, 10)).graph).shapes


def test_regions_are_the_whole_picture(tmp_path) -> None:
    params = "roi_pooling_param { pooled_h: 2 pooled_w: 2 }"
    text = IMAGE + data(2, 5, name="rois") + layer("ROIPooling", "r", "data rois", params)
    model = opened(tmp_path, text)
    np.testing.assert_array_equal(model.other_inputs()["rois"], [[0, 0, 0, 7, 7]] * 2)
    assert "the input 'rois' takes regions: it is given the whole picture" in model.notes


def test_a_scan_leaves_out_what_has_no_row_for_each_picture(tmp_path, caplog) -> None:
    prior = "prior_box_param { min_size: 3 }"
    text = IMAGE + CONV + layer("PriorBox", "p", "c data", prior) + layer("PriorBox", "q", "c data", prior)
    network = ScanNetwork(opened(tmp_path, text + layer("Concat", "both", "p q", "concat_param { axis: 2 }")))
    assert [each.name for each in network.layers] == ["c"] and "p, q, both left out: boxes" in caplog.text


def test_a_scan_and_the_api_say_why_a_layer_has_no_values(tmp_path, caplog) -> None:
    model = opened(tmp_path, IMAGE + CONV + layer("Warp", "w", "c") + layer("ReLU", "r", "w"))
    assert [each.name for each in ScanNetwork(model).layers] == ["c"]
    assert "w left out: its type Warp is unknown" in caplog.text
    assert "r left out: needs layer 'w' of unknown type Warp" in caplog.text
    with pytest.raises(ScanError, match="has no values of r: needs layer 'w' of unknown type Warp"):
        ScanNetwork(model, ["r"])
    args = argparse.Namespace(push_layer=["c,r"])
    with pytest.raises(OptimizeError, match="has no values of r: needs layer 'w'"):
        layers_of(args, model, GraphNet(model.graph).shapes)


# --- files that are something else -------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'net: "train_val.prototxt"\nbase_lr: 0.01\n', r"'net', a field of a solver's file.*'train_val.prototxt'"),
        (b"test_iter: 100\n", "a field of a solver's file"),
        (("name: 'x'\n" + IMAGE).encode("utf-16"), "UTF-16.*save it as UTF-8"),
        (("name: 'x'\n" + IMAGE).encode("utf-16-le"), "UTF-16"),
        (b"\n <!DOCTYPE html><html></html>", "a web page"),
    ],
)
def test_other_files_are_named_for_what_they_are(tmp_path, content: bytes, found: str) -> None:
    (tmp_path / "net.prototxt").write_bytes(content)
    with pytest.raises(ModelError, match=found):
        load_net(tmp_path / "net.prototxt")


def test_no_weights_and_a_renamed_layer_name_the_option(tmp_path) -> None:
    (tmp_path / "net.prototxt").write_text(IMAGE + CONV)
    with pytest.raises(ModelError, match=r"--weights FILE.*--fill"):
        load_model(prototxt=tmp_path / "net.prototxt").graph  # noqa: B018
    with pytest.raises(ModelError, match=r"'c'.*--fill"):
        load_net(IMAGE + CONV, {"another": [noise(1)]})


# --- detectors ---------------------------------------------------------------------------------

POOL = "roi_pooling_param { pooled_h: 2 pooled_w: 2 spatial_scale: 1 }"


@pytest.mark.parametrize("kind", ["Python", "Proposal"])
def test_the_whole_picture_takes_the_place_of_proposals(tmp_path, kind: str) -> None:
    info = data(1, 3, name="im_info")
    text = IMAGE + info + CONV + conv("scores", "c", "num_output: 2 kernel_size: 1")
    text += layer(kind, "proposal", "scores im_info", PYTHON if kind == "Python" else "", tops="rois more")
    text += layer("ROIPooling", "pool", "c rois", POOL) + FULL.replace('bottom: "c"', 'bottom: "pool"')
    text += layer("Power", "after", "more")
    model = opened(tmp_path, text)
    np.testing.assert_array_equal(model.other_inputs()["rois"], [[0, 0, 0, 7, 7]])
    assert model.data_blob == "data" and set(model.graph.unavailable) == {"more", "after"}
    words = "Python rpn.proposal.ProposalLayer" if kind == "Python" else "Proposal"
    assert (
        f"layer 'proposal' of unknown type {words} chooses regions: its place is taken by the input 'rois'"
        in model.notes
    )
    assert "the input 'rois' takes regions: it is given the whole picture" in model.notes
    assert not any("zeros" in note for note in model.notes)
    assert GraphNet(model.graph).shapes["fc"] == (1, 5)


def test_boxes_put_together_are_no_layer_to_look_at(tmp_path) -> None:
    prior = "prior_box_param { min_size: 3 }"
    text = IMAGE + CONV + conv("d", "c", "num_output: 4 kernel_size: 3")
    text += layer("PriorBox", "pc", "c data", prior) + layer("PriorBox", "pd", "d data", prior)
    text += layer("Concat", "mbox_priorbox", "pc pd", "concat_param { axis: 2 }") + layer("Concat", "maps", "d d")
    assert opened(tmp_path, text).layer_names == ("c", "d", "maps")


def test_what_makes_labels_ready_for_a_loss_goes_with_them() -> None:
    """DeepLab's training files shrink the labels, whose size nothing tells; a second picture's own layers stay."""
    text = layer("ImageSegData", "d", "", tops="data label") + CONV
    text += layer("Interp", "shrink", "label", "interp_param { shrink_factor: 8 }")
    text += layer("Reduction", "mean", "shrink", "reduction_param { axis: 3 }")
    text += layer("SoftmaxWithLoss", "loss", "c shrink") + layer("EuclideanLoss", "other", "c mean")
    spec = load_net(text, on_missing="fill", picture_size=(8, 9))
    assert [each.name for each in spec.layers] == ["c", "prob"] and list(spec.inputs) == ["data"]
    pair = IMAGE + data(1, 3, 8, 8, name="second") + CONV + conv("s", "second", "num_output: 4 kernel_size: 3")
    spec = load_net(pair + layer("EuclideanLoss", "loss", "c s"), on_missing="fill")
    assert list(spec.inputs) == ["data", "second"] and [each.name for each in spec.layers] == ["c", "s"]


def test_a_field_that_a_fork_repeats_where_it_is_harmless() -> None:
    """MobileNet-YOLO's resize_param: one for each way to train."""
    more = "transform_param { resize_param { height: 8 width: 9 } resize_param { height: 4 width: 4 prob: 0.1 } }"
    spec = load_net(layer("AnnotatedData", "d", "", more, tops="data label") + CONV, on_missing="fill")
    assert spec.inputs == {"data": (1, 3, 8, 9)}
    assert any("resize_param is there again and was skipped" in note.replace("'", "") for note in spec.notes)


def test_a_label_map_is_named() -> None:
    with pytest.raises(ModelError, match="'item', a field of a label map, expected a network"):
        load_net('item { name: "none" label: 0 display_name: "background" }')


def test_a_layer_of_another_phase_or_stage_makes_what_nothing_else_does() -> None:
    """LRCN's training files reshape by phase and stage."""
    text = layer("Data", "d", "", 'include { phase: TRAIN stage: "own" }', tops="data cm") + CONV
    for rule in ("include { phase: TRAIN }", 'include { phase: TEST stage: "on-test" }'):
        text += layer("Flatten", "flat", "c", rule) + layer(
            "Reshape", "two", "cm", f"reshape_param {{ shape {{ }} }} {rule}"
        )
    text += layer("InnerProduct", "fc", "flat", "inner_product_param { num_output: 3 }") + layer("Power", "p", "two")
    spec = load_net(text, on_missing="fill", picture_size=(8, 8))
    assert [each.name for each in spec.layers] == ["c", "flat", "fc", "two", "p"]
    assert any("'flat' (Flatten) of another phase or stage was taken" in note for note in spec.notes)


def test_a_loss_of_training_alone_leaves_its_probabilities() -> None:
    """Network in Network's has no loss in its TEST phase."""
    text = (
        IMAGE + data(1, name="label") + CONV + layer("SoftmaxWithLoss", "loss", "c label", "include { phase: TRAIN }")
    )
    assert [each.name for each in load_net(text, on_missing="fill").layers] == ["c", "prob"]
    there = text + layer("Softmax", "own", "c")
    assert [each.name for each in load_net(there, on_missing="fill").layers] == ["c", "own"]


def test_dummies_keep_the_batch_that_a_reshape_fixes(tmp_path) -> None:
    text = layer("DummyData", "d", "", "dummy_data_param { shape { dim: [4, 3, 8, 8] } }", tops="data")
    text += CONV + layer("Reshape", "two", "c", "reshape_param { shape { dim: [2, 2, -1] } }")
    model = opened(tmp_path, text)
    assert model.structure.batch == 4 and GraphNet(model.graph).shapes["c"] == (1, 4, 6, 6)


def test_a_softmax_along_another_axis_names_no_classes(tmp_path) -> None:
    """SSD's mbox_conf_softmax: over the scores of each box, whose boxes are no classes."""
    text = IMAGE + CONV + layer("Flatten", "rows", "c", "flatten_param { axis: 2 }")
    text += layer("Softmax", "of_boxes", "rows", "softmax_param { axis: 2 }")
    assert opened(tmp_path, text).prob_layer == ""
    assert opened(tmp_path, text + layer("Softmax", "of_classes", "c")).prob_layer == "of_classes"


def test_made_up_weights_let_something_through(tmp_path) -> None:
    """Files for use name no fillers, and Caffe begins at 0: nothing would be seen of a network opened with --fill."""
    text, below = IMAGE, "data"
    for number in range(12):
        text += layer("Convolution", f"c{number}", below, "convolution_param { num_output: 8 kernel_size: 3 pad: 1 }")
        text += layer("BatchNorm", f"n{number}", f"c{number}", tops=f"c{number}") + layer(
            "Scale", f"s{number}", f"c{number}"
        )
        below = f"s{number}"
    text += layer("InnerProduct", "fc", below, "inner_product_param { num_output: 5 }")
    found = GraphNet(opened(tmp_path, text).graph).forward({"data": noise(1, 3, 8, 8)}).blobs
    deepest = np.abs(found["s11"].numpy())
    assert 1e-3 < deepest.max() < 1e3 and np.ptp(found["fc"].numpy()) > 0
    plain = caffe_net(load_net(text, on_missing="fill")).forward({"data": noise(1, 3, 8, 8)}).blobs
    assert not plain["fc"].numpy().any()


def test_fillers_that_the_file_names_stay(tmp_path) -> None:
    zero = (
        'convolution_param { num_output: 2 kernel_size: 1 weight_filler { type: "constant" } bias_filler { value: 3 } }'
    )
    found = GraphNet(opened(tmp_path, IMAGE + layer("Convolution", "c", "data", zero)).graph)
    assert (found.forward({"data": noise(1, 3, 8, 8)}).blobs["c"].numpy() == 3).all()


def test_regions_of_a_file_are_not_said_to_be_the_whole_picture(tmp_path) -> None:
    text = IMAGE + data(1, 5, name="rois") + layer("ROIPooling", "pool", "data rois", POOL)
    np.save(tmp_path / "rois.npy", np.array([[0, 1, 1, 4, 4]], np.float32))
    model = opened(tmp_path, text, inputs=(f"rois={tmp_path / 'rois.npy'}",))
    assert not any("rois" in note for note in model.notes)
    np.testing.assert_array_equal(model.other_inputs()["rois"], [[0, 1, 1, 4, 4]])


def test_channels_may_be_said(tmp_path) -> None:
    text = layer("Data", "d", "", tops="data") + FULL.replace('bottom: "c"', 'bottom: "data"')
    assert opened(tmp_path, text, input_size=(28, 28)).preprocessor.input_shape == (3, 28, 28)
    model = opened(tmp_path, text, input_size=(28, 28), channels=1)
    assert model.preprocessor.input_shape == (1, 28, 28) and GraphNet(model.graph).shapes["fc"] == (1, 5)
    assert any("of 1x1x28x28" in note for note in model.notes)
    assert opened(tmp_path, IMAGE + CONV, channels=2).graph.inputs["data"] == (1, 2, 8, 8)
