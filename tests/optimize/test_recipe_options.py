"""From the command line's words to values."""

from __future__ import annotations

import pytest

from deepvis.cli.shared_options import optimizer_of
from deepvis.cli.subcommand import find
from deepvis.core.user_error import UserError
from deepvis.models.network_options import network_of
from deepvis.network.model_error import ModelError
from deepvis.optimize import recipe_options
from deepvis.optimize.objective import CENTRE, WHOLE
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import TABLE_1, keep_preset
from deepvis.optimize.regularizers import SETTINGS

# options of optimize_image.py of the toolbox of 2015
NETWORK = ["caffe-root", "deploy-proto", "net-weights", "mean", "channel-swap-to-rgb", "data-size"]
UNIT = ["start-at", "rand-seed", "push-layer", "push-channel", "push-spatial", "push-dir"]
HOW = ["decay", "blur-radius", "blur-every", "small-val-percentile", "small-norm-percentile", "px-benefit-percentile"]
REST = ["px-abs-benefit-percentile", "lr-policy", "lr-params", "max-iter"]
OUTPUT = ["output-prefix", "output-template", "brave", "skipbig"]


def whole_parser():
    return find("optimize").parser()


def recipe(*words):
    return recipe_options.recipe_of(whole_parser().parse_args(words))


@pytest.mark.parametrize("option", [*NETWORK, *UNIT, *HOW, *REST, *OUTPUT])
def test_every_option_of_the_original_is_there(option):
    assert f"--{option}" in whole_parser()._option_string_actions


def test_every_regularizer_setting_is_an_option():
    known = whole_parser()._option_string_actions
    assert all(f"--{name.replace('_', '-')}" in known for name in SETTINGS)


@pytest.mark.parametrize(
    "text, found",
    [
        ('{"lr": 1}', {"lr": 1}),
        ("{'max_lr': 1e8, 'desired_prog': 2}", {"max_lr": "1e8", "desired_prog": 2}),
        ("{lr: 100}", {"lr": 100}),
        ("lr=100", {"lr": 100}),
        ("dict(lr=100)", {"lr": 100}),
    ],
)
def test_tables(text, found):
    assert recipe_options.table("--lr-params", text) == found


@pytest.mark.parametrize("text", ["3", "[1]", "{", "__import__('os').abort()", "!!python/name:os.abort"])
def test_no_tables(text):
    with pytest.raises(OptimizeError, match="--lr-params"):
        recipe_options.table("--lr-params", text)


def test_places():
    assert recipe_options.place_of(None) == recipe_options.place_of("None") == CENTRE
    assert recipe_options.place_of("whole") == WHOLE
    assert recipe_options.place_of("(6,6)") == recipe_options.place_of("6, 6") == (6, 6)
    with pytest.raises(OptimizeError, match="--push-spatial"):
        recipe_options.place_of("6")


def test_the_preset_gives_way_to_options():
    made = recipe("--preset", "3", "--decay", "0.01", "--max-iter", "7", "--lr-params", "{lr: 1e2}")
    assert (made.strengths["decay"], made.max_iter, made.strengths["blur_radius"]) == (0.01, 7, 1.0)
    assert recipe("--preset", "4") == TABLE_1["4"]


def test_a_named_preset(tmp_path):
    file = keep_preset("soft", TABLE_1["2"], tmp_path / "p.yaml")
    assert recipe("--preset", "soft", "--presets-file", str(file)) == TABLE_1["2"]


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--preset", "5"], r"no preset is named '5'; there are: 1, 2, 3, 4, 1\+, .* robust, .* accentuate"),
        (["--decay", "x"], "--decay is 'x'; expected a number"),
        (["--small-norm-percentile", "-3"], "small_norm_percentile is -3; expected a number from 0 to 100"),
        (["--blur-radius", "0.1", "--blur-every", "1"], "too small to blur"),
        (["--lr-policy", "steep"], "no lr-policy is named 'steep'"),
        (["--lr-policy", "progress"], "lacks max_lr, desired_prog"),
        (["--max-iter", "many"], "'many' is not a whole number of 1 or more"),
        (["--presett", "1"], "unrecognized arguments: --presett"),
    ],
)
def test_one_sentence_for_what_is_wrong(words, sentence):
    with pytest.raises(UserError, match=sentence):
        recipe(*words)


def test_networks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [
        "--deploy-proto",
        "a.prototxt",
        "--net-weights",
        "b.caffemodel",
        "--mean",
        "(104, 117, 123)",
        "--device",
        "cpu",
    ]
    words += ["--channel-swap-to-rgb", "(0,1,2)", "--data-size", "(227,200)", "--caffe-root", "/x"]
    args = whole_parser().parse_args(words)
    network = network_of(vars(args))
    assert network.network == str(tmp_path / "a.prototxt") and network.mean == (104, 117, 123)
    assert dict(network.options) == {"channel_order": "RGB", "input_size": (227, 200)}
    assert args.device == "cpu" and hash(network)


def test_a_device_that_is_not_there():
    with pytest.raises(ModelError, match="the device 'cuda:77' is not there; there are: cpu"):
        optimizer_of(whole_parser().parse_args(["--device", "cuda:77"]))
