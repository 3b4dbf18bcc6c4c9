"""From files to a network: rules, data and loss layers, shared and missing weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec import NetworkSpec, with_weights
from deepvis.network.model_error import ModelError

DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 8, 8] } } }\n'
FC = 'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 } }\n'
CONV = """layer { name: "c" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 2 kernel_size: 1 } }
"""


def power(name: str, rules: str = "", bottom: str = "data", top: str = "") -> str:
    return f'layer {{ name: "{name}" type: "Power" bottom: "{bottom}" top: "{top or name}" {rules} }}\n'


def names(spec: NetworkSpec) -> list[str]:
    return [layer.name for layer in spec.layers]


# --- rules -------------------------------------------------------------------------------------

RULES = DATA + "".join(
    power(name, rule)
    for name, rule in {
        "always": "",
        "test": "include { phase: TEST }",
        "train": "include { phase: TRAIN }",
        "not_test": "exclude { phase: TEST }",
        "high": "include { min_level: 2 }",
        "low": "include { max_level: 1 }",
        "staged": 'include { stage: "a" stage: "b" }',
        "unstaged": 'include { not_stage: "a" }',
        "either": 'include { stage: "a" } include { phase: TRAIN }',
        "neither": 'exclude { stage: "a" } exclude { min_level: 2 }',
    }.items()
)


@pytest.mark.parametrize(
    ("state", "left_out"),
    [
        ({}, "train not_test high staged either"),
        ({"phase": "TRAIN"}, "test high staged"),
        ({"level": 2}, "train not_test low staged either neither"),
        ({"stages": ["a"]}, "train not_test high staged unstaged neither"),
        ({"stages": ["a", "b"]}, "train not_test high unstaged neither"),
    ],
)
def test_rules(state: dict, left_out: str) -> None:
    everything = ["always", "test", "train", "not_test", "high", "low", "staged", "unstaged", "either", "neither"]
    assert names(load_net(RULES, **state)) == [name for name in everything if name not in left_out.split()]


def test_the_files_own_state_counts() -> None:
    assert "staged" in names(load_net('state { stage: "a" stage: "b" level: 3 }' + RULES))
    assert "high" in names(load_net("state { level: 3 }\n" + RULES))
    assert "high" not in names(load_net("state { level: 3 }\n" + RULES, level=0))  # as Caffe's Net(..., level=0)


@pytest.mark.parametrize("text", ["\n", "# nothing\n", 'name: "a"\n'])
def test_a_file_without_layers_is_said(text: str) -> None:
    with pytest.raises(ModelError, match="found no layers, expected a network"):
        load_net(text)


def test_an_input_named_twice_is_said() -> None:
    with pytest.raises(ModelError, match=r"'input' .*a top twice"):
        load_net('input: "a" input: "a"\ninput_shape { dim: 2 } input_shape { dim: 2 }')


def test_both_kinds_of_rules_are_an_error() -> None:
    with pytest.raises(ModelError, match="layer 'p': found include and exclude rules"):
        load_net(DATA + power("p", "include { } exclude { }"))
    with pytest.raises(ModelError, match="phase 'DEPLOY': expected 'TEST' or 'TRAIN'"):
        load_net(DATA, phase="DEPLOY")


def test_phase_is_set_in_every_layer() -> None:
    assert load_net(DATA + power("p"), phase="TRAIN").layers[0].message.phase == 0
    assert load_net(DATA + power("p")).layers[0].message.phase == 1


# --- inputs ------------------------------------------------------------------------------------


def test_inputs() -> None:
    text = 'layer { name: "i" type: "Input" top: "a" top: "b" input_param { shape { dim: 2 } } }\n' + power(
        "p", bottom="a"
    )
    assert load_net(text).inputs == {"a": (2,), "b": (2,)}
    assert load_net(text, input_shapes={"b": (4, 5)}).inputs == {"a": (2,), "b": (4, 5)}
    assert load_net('layer { type: "Input" top: "x" }\n').inputs == {"x": ()}
    with pytest.raises(ModelError, match="found a shape for 'c', expected one of the inputs 'a', 'b'"):
        load_net(text, input_shapes={"c": (1,)})


DATA_LAYERS = {
    "Data": ("data_param { batch_size: 64 } transform_param { crop_size: 8 }", (1, 3, 8, 8)),
    "ImageData": ("image_data_param { new_height: 6 new_width: 8 is_color: false }", (1, 1, 6, 8)),
    "WindowData": ("window_data_param { crop_size: 8 }", (1, 3, 8, 8)),
    "AnnotatedData": ("transform_param { resize_param { height: 6 width: 9 prob: 1 } }", (1, 3, 6, 9)),
    "DenseImageData": ("dense_image_data_param { crop_height: 4 crop_width: 5 }", (1, 3, 4, 5)),
    "MemoryData": ("memory_data_param { batch_size: 5 channels: 2 height: 4 width: 6 }", (1, 2, 4, 6)),
}


@pytest.mark.parametrize("kind", DATA_LAYERS)
def test_data_layers_become_inputs(kind: str) -> None:
    param, shape = DATA_LAYERS[kind]
    spec = load_net(f'layer {{ name: "d" type: "{kind}" top: "data" top: "label" {param} }}\n' + power("p"))
    assert spec.inputs == {"data": shape} and names(spec) == ["p"]  # nothing reads the label
    assert spec.notes[-1].startswith(
        f"layer 'd' ({kind}) was replaced by the input 'data' of {'x'.join(map(str, shape))}"
    )


def test_the_first_convolution_tells_the_channels() -> None:
    text = 'layer { name: "d" type: "Data" top: "data" transform_param { crop_size: 8 } }\n' + CONV
    weights = {"c": [np.zeros((2, 5, 1, 1), np.float32), np.zeros(2, np.float32)]}
    assert load_net(text, weights).inputs == {"data": (1, 5, 8, 8)}


def test_a_size_that_nobody_tells() -> None:
    text = 'layer { name: "d" type: "HDF5Data" top: "data" }\n' + power("p")
    with pytest.raises(
        ModelError,
        match=r"layer 'd' .HDF5Data.: found neither crop_size .* give the size of the input 'data' with --input-size",
    ):
        load_net(text)
    assert load_net(text, input_shapes={"data": (1, 3, 4, 4)}).inputs == {"data": (1, 3, 4, 4)}


def test_python_data_layers_with_a_given_shape() -> None:
    text = 'layer { name: "d" type: "Python" top: "data" python_param { module: "m" layer: "L" } }\n' + power("p")
    with pytest.raises(ModelError, match="--input-size"):
        load_net(text)
    assert names(load_net(text, keep_unknown=True)) == ["d", "p"]
    assert names(load_net(text, input_shapes={"data": (1, 3, 4, 4)})) == ["p"]
    assert load_net(text, picture_size=(4, 5)).inputs == {"data": (1, 3, 4, 5)}


def test_dummy_data_stays_a_layer_unless_it_is_asked_for_as_the_input() -> None:
    text = 'layer { name: "d" type: "DummyData" top: "data" dummy_data_param { shape { dim: 2 dim: 3 } } }\n' + power(
        "p"
    )
    assert names(load_net(text)) == ["d", "p"]
    assert load_net(text, dummies_as_inputs=True).inputs == {"data": (1, 3)}


# --- losses ------------------------------------------------------------------------------------

TRAIN_VAL = """
layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TRAIN } transform_param { crop_size: 8 } }
layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TEST } transform_param { crop_size: 8 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 } }
layer { name: "flat" type: "Flatten" bottom: "label" top: "flat" }
layer { name: "acc" type: "Accuracy" bottom: "fc" bottom: "flat" top: "acc" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "flat" top: "loss" softmax_param { axis: -1 } }
layer { name: "twice" type: "Power" bottom: "loss" top: "twice" }
layer { name: "quiet" type: "Silence" bottom: "label" }
"""


def test_training_files_become_networks() -> None:
    spec = load_net(TRAIN_VAL)
    assert spec.inputs == {"data": (1, 3, 8, 8)}
    assert [(x.name, x.type, x.bottoms) for x in spec.layers] == [
        ("fc", "InnerProduct", ("data",)),
        ("prob", "Softmax", ("fc",)),
    ]
    assert spec.layers[1].param.axis == -1
    said = " ".join(spec.notes)
    for part in (
        "'acc' (Accuracy) was left out",
        "replaced by the Softmax 'prob'",
        "'twice' (Power) was",
        "input 'label'",
    ):
        assert part in said


def test_losses_can_be_kept() -> None:
    spec = load_net(TRAIN_VAL, keep_losses=True)
    assert names(spec) == ["fc", "flat", "acc", "loss", "twice", "quiet"]
    assert list(spec.inputs) == ["data", "label"]


def test_a_network_with_its_softmax_needs_no_other() -> None:
    soft = 'layer { name: "s" type: "Softmax" bottom: "fc" top: "s" }\n'
    assert names(load_net(TRAIN_VAL.replace('layer { name: "flat"', soft + 'layer { name: "flat"'))) == ["fc", "s"]


def test_files_for_training_alone_have_an_input_too() -> None:
    text = (
        'layer { name: "d" type: "Data" top: "data" include { phase: TRAIN } transform_param { crop_size: 8 } }\n' + FC
    )
    assert load_net(text).inputs == {"data": (1, 3, 8, 8)}
    staged = DATA.replace("top", 'include { stage: "deploy" } top').replace("8, 8", "6, 6")
    assert load_net(text + staged).inputs == {"data": (1, 3, 6, 6)}
    other = 'layer { name: "t" type: "HDF5Data" top: "train" include { phase: TRAIN } }\n'
    assert load_net(other + DATA + FC).inputs == {"data": (1, 3, 8, 8)}


def test_labels_that_something_else_reads_stay() -> None:
    text = TRAIN_VAL + power("p", bottom="label")
    assert list(load_net(text).inputs) == ["data", "label"]


# --- weights -----------------------------------------------------------------------------------


def fc_weights(**more: list[np.ndarray]) -> dict[str, list[np.ndarray]]:
    return {"fc": [np.ones((2, 192), np.float32), np.ones(2, np.float32)], **more}


def test_weights_are_matched_by_name_and_others_ignored() -> None:
    spec = load_net(DATA + power("p") + FC, fc_weights(other=[np.zeros(3, np.float32)]))
    assert [len(layer.blobs) for layer in spec.layers] == [0, 2]


def test_legacy_shapes() -> None:
    weights = {"fc": [np.ones((1, 1, 2, 192), np.float32), np.ones((1, 1, 1, 2), np.float32)]}
    assert [blob.shape for blob in load_net(DATA + FC, weights).layers[0].blobs] == [(2, 192), (2,)]
    weights = {"c": [np.ones((2, 3, 1, 1), np.float32), np.ones((1, 1, 1, 2), np.float32)]}
    assert [blob.shape for blob in load_net(DATA + CONV, weights).layers[0].blobs] == [(2, 3, 1, 1), (2,)]


def test_blobs_in_the_network_file() -> None:
    blobs = "blobs { shape { dim: [2, 1] } data: [1, 2] } blobs { data: [3, 4] }"
    spec = load_net(DATA + FC.replace("bottom", blobs + " bottom", 1))
    assert [blob.tolist() for blob in spec.layers[0].blobs] == [[[1], [2]], [3, 4]]
    assert not spec.layers[0].message.blobs


def test_names_that_do_not_match_are_an_error() -> None:
    with pytest.raises(ModelError, match="holds none of the network's layers 'fc' but 'fcx', expected the same names"):
        load_net(DATA + FC, {"fcx": fc_weights()["fc"]})
    two = DATA + FC + FC.replace('"fc"', '"fc7"')
    with pytest.raises(ModelError, match=r"found no weights of the layers 'fc7', expected .* .did you mean 'fc7_'"):
        load_net(two, fc_weights(fc7_=[]))
    assert load_net(two, fc_weights(), on_missing="fill").fill
    assert load_net(two).layers[0].blobs == ()


def test_wrong_counts_are_an_error() -> None:
    with pytest.raises(
        ModelError, match=r"layer 'fc' \(InnerProduct\): found 1 weight blobs in the weights, expected 2"
    ):
        load_net(DATA + FC, {"fc": fc_weights()["fc"][:1]})


def shared_net(mode: str = "") -> str:
    named = f'param {{ name: "w" {mode} }} bottom'
    return DATA + FC.replace("bottom", named, 1) + FC.replace('"fc"', '"fc2"').replace("bottom", named, 1)


def test_shared_weights_are_one_array() -> None:
    weights = fc_weights(fc2=[np.zeros((2, 192), np.float32), np.zeros(2, np.float32)])
    first, second = load_net(shared_net(), weights).layers
    assert first.blobs[0] is second.blobs[0] and first.blobs[1] is not second.blobs[1]


def test_shared_weights_of_other_shapes() -> None:
    weights = fc_weights(fc2=[np.zeros((192, 2), np.float32), np.zeros(2, np.float32)])
    with pytest.raises(ModelError, match="layer 'fc2': shares the param 'w' with blob 0 of 192x2, expected 2x192"):
        load_net(shared_net(), weights)
    first, second = load_net(shared_net("share_mode: PERMISSIVE"), weights).layers
    assert second.blobs[0].shape == (192, 2) and np.shares_memory(first.blobs[0], second.blobs[0])


def test_shared_weights_that_the_file_holds_once() -> None:
    """As HDF5 files have it."""
    text = shared_net().replace("num_output: 2", "num_output: 2 bias_term: false")
    first, second = load_net(text, {"fc": fc_weights()["fc"][:1]}).layers
    assert first.blobs[0] is second.blobs[0]


def test_other_weights() -> None:
    spec = with_weights(load_net(DATA + FC), fc_weights())
    assert len(spec.layers[0].blobs) == 2


def test_golden_layers(root: Path) -> None:
    """The layers that Caffe built, in each case's own state."""
    folders = sorted((root / "tests" / "golden" / "layers").iterdir())
    assert len(folders) > 200
    for folder in folders:
        meta = json.loads((folder / "meta.json").read_text())
        state = meta["net_state"]
        spec = load_net(
            folder / "net.prototxt",
            folder / "weights.caffemodel",
            level=state["level"],
            stages=state["stages"],
            keep_losses=True,
        )
        built = [x["name"] for x in meta["layers_built"] if x["type"] not in ("Input", "Split")]
        assert [x.name for x in spec.layers if x.type != "Split"] == built, folder.name
        assert list(spec.inputs) == meta["inputs"]
