"""Settings files: the table, its document, the overrides, the original's names."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepvis.cli.chosen_settings import settings_of
from deepvis.cli.window import parser
from deepvis.core import commands
from deepvis.core.commands import table as command_table
from deepvis.schema.row_options import option_of
from deepvis.settings import table as config
from deepvis.settings.loading import load
from deepvis.settings.original import RENAMED, WITHOUT_EFFECT
from deepvis.settings.printing import document
from deepvis.settings.table import ConfigError, Settings

ORIGINAL = """
import os
from os.path import join
caffevis_caffe_root      = '/path/to/caffe'
caffevis_deploy_prototxt = '%DVT_ROOT%/models/bvlc-googlenet/bvlc-googlenet-deploy.prototxt'
caffevis_network_weights = '%DVT_ROOT%/models/bvlc-googlenet/bvlc-googlenet.caffemodel'
caffevis_data_mean       = (104, 117, 123)   # per-channel mean
caffevis_labels          = '%DVT_ROOT%/models/bvlc-googlenet/ilsvrc_2012_labels.txt'
caffevis_jpgvis_layers   = []
caffevis_prob_layer      = 'prob'
caffevis_label_layers    = ('loss3/classifier', 'prob')
def caffevis_layer_pretty_name_fn(name):
    return name.replace('conv','c').replace('pool','p')
caffevis_filter_layers = lambda name: '_split_' in name
_control_height = 125
window_panes = (
    ('input',            (  0,    0,  300,   300)),
    ('caffevis_aux',     (300,    0,  300,   300)),
    ('caffevis_back',    (600,    0,  300,   300)),
    ('caffevis_status',  (900,    0,   30,  1500)),
    ('caffevis_control', (  0,  300,   _control_height, 1200)),
    ('caffevis_layers',  ( _control_height,  300,  900 - _control_height, 1200)),
)
caffevis_layers_aspect_ratio = float(window_panes[-1][1][3])/window_panes[-1][1][2]
caffevis_control_line_spacing = 10
caffevis_mode_gpu = False
global_scale = 1.5
"""


def written(folder: Path, text: str, name: str = "settings_local.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_settings_py_is_the_printed_table(root: Path) -> None:
    assert (root / "settings.py").read_text() == document()
    assert load([root / "settings.py"]) == Settings()


def test_a_settings_file_of_the_original_runs(tmp_path: Path) -> None:
    settings = load([written(tmp_path, ORIGINAL)])
    assert settings.prototxt == f"{tmp_path}/models/bvlc-googlenet/bvlc-googlenet-deploy.prototxt"
    assert settings.mean == (104.0, 117.0, 123.0)
    assert settings.label_layers == ("loss3/classifier", "prob")
    assert (settings.device, settings.scale, settings.prob_layer) == ("cpu", 1.5, "prob")
    assert settings.short_name is not None
    assert settings.short_name("conv1") == "c1"
    assert settings.layer_filter is not None
    assert settings.layer_filter("data_split_0")
    assert settings.panes is not None
    assert settings.panes["control"] == (0, 300, 125, 1200)
    assert settings.panes["jpgvis"] is None


def test_later_files_override_earlier_ones(tmp_path: Path) -> None:
    first = written(tmp_path, "scale = 2\ndebug = 1\n", "settings.py")
    second = written(tmp_path, "scale = 0.5\npanes = {'caffevis_jpgvis': None}\n")
    settings = load([first, second])
    assert (settings.scale, settings.debug, settings.panes) == (0.5, 1, {"jpgvis": None})


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load([written(tmp_path, "images = 'photos'\nvideo = 'rtsp://camera/1'\nmean = (1, 2.5)\n")])
    assert (settings.images, settings.video, settings.mean) == (
        f"{tmp_path}/photos",
        "rtsp://camera/1",
        (1.0, 2.5),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("caffevis_deploy_protxt = 'x'", "did you mean 'caffevis_deploy_prototxt'?"),
        ("scal = 2", "did you mean 'scale'?"),
        ("zzz = 2", "begins with _, as _zzz"),
        (
            "def caffevis_layer_prety_name_fn(name): return name",
            "did you mean 'caffevis_layer_pretty_name_fn'?",
        ),
        ("scale = 'big'", "scale is 'big': expected a number above 0"),
        ("global_scale = -1", "global_scale, now: scale is -1: expected a number above 0"),
        ("debug = True", "debug is True: expected a whole number"),
        ("channel_order = 'rgb'", "expected one of BGR, RGB"),
        ("panes = {'layer': (0, 0, 1, 1)}", "did you mean 'layers'?"),
        ("panes = {'layers': (0, 0, 1)}", "[row, column, height, width]"),
        ("input_size = 224", "two whole numbers"),
        ("scale = float('inf')", "scale is inf: expected a number above 0, 20 at most, as in scale = 1.0"),
        ("scale = 10 ** 5000", "scale is a value of type int: expected a number above 0"),
        ("mean = [[1, 2], [3]]", "expected a file (.npy, .binaryproto) or one number per channel"),
        ("import numpy\nmean = numpy.zeros((3, 224, 224))", "one number per channel"),
        ("colormap = 'grey'", "did you mean 'gray'?"),
        ("channel_order = 'rgb'", "did you mean 'RGB'?"),
        ("window_size = (10, 10)", "two whole numbers of 150 to 16384"),
        ("short_name = 'c1'", "short_name is 'c1': expected a function of a layer's name"),
        ("label_layers = 'prob'", "expected a list of names"),
        ("key_bindings = {'quite': '8'}", "did you mean 'quit'?"),
        ("panes = {'layers': None, 5: None}", "panes is {'layers': None, 5: None}: expected pane names"),
        ("caffevis_jpg_cache_size = 'x'", "caffevis_jpg_cache_size, now: unit_image_cache is 'x': expected a whole"),
        ("layers_list = 5", "layers_list, now: layer_filter is 5: expected a function"),
        ("x = 1\n1 / 0", "line 2 could not be run: ZeroDivisionError: division by zero"),
        ("raise ValueError('a\\nb')", "could not be run: ValueError: a b"),
        ("import sys\nsys.exit(3)", "line 2 could not be run: SystemExit: 3"),
        ("a = " + "[" * 500 + "]" * 500, "too many nested parentheses"),
        ("scale = 1\0", "null bytes"),
        ("print 'hello'", "line 1"),
        ("import nowhere", "No module named 'nowhere'"),
        ("mean = [1.0]\nmean - 3 [120.0]", "line 2 could not be run: TypeError"),  # of which Python warns as well
    ],
)
@pytest.mark.filterwarnings("error::SyntaxWarning")
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load([written(tmp_path, text)])
    assert words in str(caught.value)
    assert "settings_local.py" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_whose_class_cannot_show_it_is_said_too(tmp_path: Path) -> None:
    text = "class _Odd:\n    def __repr__(self): raise KeyError\nscale = _Odd()\n"
    with pytest.raises(ConfigError, match=r"scale is <_Odd instance .*expected a number above 0"):
        load([written(tmp_path, text)])


def test_a_row_is_a_setting_and_an_option() -> None:
    """Whatever can be said in words has an option, with the row's help."""
    options = {action.dest: action for action in parser()._actions}
    for name, row in config.TABLE.items():
        assert (name in options) == (option_of(config.SETTINGS, name) is not None), name
        if name in options and "said" not in row.metadata:
            assert row.metadata["help"][1:] in (options[name].help or "").replace("%%", "%")
    words = ["--font-scale", "2", "--look", "2015", "--no-unit-images", "--unit-images", "d", "--size", "200x300"]
    settings = settings_of(parser().parse_args(words))
    assert (settings.font_scale, settings.look, settings.unit_images) == (2.0, "2015", False)
    assert (settings.unit_image_dir, settings.window_size) == ("d", (300, 200))
    words = [
        "--std",
        "1,2,3",
        "--mean",
        "104,117",
        "--input",
        "a=b.npy",
        "--input",
        "c=d.npy",
        "--label-layers",
        "x",
        "y",
    ]
    settings = settings_of(parser().parse_args(words))
    assert (settings.std, settings.mean) == ((1.0, 2.0, 3.0), (104.0, 117.0))
    assert (settings.inputs, settings.label_layers) == (("a=b.npy", "c=d.npy"), ("x", "y"))


def test_defaults_are_not_checked() -> None:
    """What a start with no settings of one's own checks is nothing: pydantic is loaded with the first value."""
    code = (
        "import sys; from deepvis.cli.chosen_settings import settings_of; from deepvis.cli.window import parser; "
        "settings_of(parser().parse_args([])); "
        "import deepvis.window.app, deepvis.scan.report; print({'pydantic_core', 'jinja2'} & sys.modules.keys() or '')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_names_without_effect_are_accepted_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert load([written(tmp_path, "caffevis_pause_after_keys = .1")]) == Settings()
    assert "caffevis_pause_after_keys has no effect any more" in caplog.text


def test_no_name_means_two_things() -> None:
    assert not set(RENAMED) & set(WITHOUT_EFFECT)
    assert not set(config.TABLE) & (set(RENAMED) | set(WITHOUT_EFFECT))
    assert all(own in config.TABLE for own, _ in RENAMED.values())


def test_every_setting_has_a_sentence_of_help() -> None:
    for row in config.TABLE.values():
        assert row.metadata["help"]
        assert str(config.SETTINGS.type_of(row.name))


def test_a_network_of_the_command_line_leaves_that_of_the_files_and_keeps_the_window(tmp_path: Path) -> None:
    mine = written(tmp_path, "prototxt = 'a'\nweights = 'b'\nlabels = 'c'\nscale = 0.5\npanes = {'jpgvis': None}\n")
    settings = settings_of(parser().parse_args(["--settings", str(mine), "--model", "squeezenet"]))
    assert (settings.model, settings.prototxt, settings.weights, settings.labels) == ("squeezenet", None, None, None)
    assert (settings.scale, settings.panes) == (0.5, {"jpgvis": None})


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("caffevis_mode_gpu = False", "cpu"),
        ("caffevis_gpu_id = 1; caffevis_mode_gpu = False", "cpu"),
        ("caffevis_mode_gpu = False; caffevis_gpu_id = 1", "cpu"),
        ("caffevis_mode_gpu = True; caffevis_gpu_id = 1", "cuda:1"),
        ("caffevis_gpu_id = 2", "cuda:2"),
        ("caffevis_mode_gpu = True; caffevis_gpu_id = 0", "auto"),
        ("caffevis_gpu_id = None", "auto"),
    ],
)
def test_the_original_chooses_the_device_by_two_names(tmp_path: Path, text: str, device: str) -> None:
    assert load([written(tmp_path, text + "\n")]).device == device


@pytest.mark.parametrize("more", ["", "; caffevis_gpu_id = 1"])
def test_a_switch_of_the_original_is_on_or_off(tmp_path: Path, more: str) -> None:
    said = "caffevis_mode_gpu, now: device is 'x': expected True or False"
    with pytest.raises(config.ConfigError, match=said):
        load([written(tmp_path, f'caffevis_mode_gpu = "x"{more}\n')])
    assert load([written(tmp_path, "caffevis_mode_gpu = 1\n")]).device == "auto"


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tables of commands and keys, which the test may change."""
    monkeypatch.setattr(command_table, "_BY_KEY", dict(command_table._BY_KEY))
    before = dict(commands.COMMANDS)
    yield
    commands.COMMANDS.clear()
    commands.COMMANDS.update(before)


def test_keys_can_be_bound_by_the_names_of_the_original(tmp_path: Path, tables: None) -> None:
    (tmp_path / "s.py").write_text(
        'key_bindings = {"toggle_label_predictions": "8", "stretch_mode": ["0"],\n'
        '                "reset_state": "Delete", "save_top": "2"}\n'
    )
    commands.rebind(load([tmp_path / "s.py"]).key_bindings)
    bound = {key: commands.command_of(key).name for key in ("8", "C", "0", "F", "delete", "2", "5")}
    assert bound == {
        "8": "toggle_label_predictions", "C": "toggle_label_predictions", "0": "toggle_fit", "F": "toggle_fit",
        "delete": "reset_view", "2": "save_top", "5": "go_to",
    }  # fmt: skip
    assert commands.COMMANDS["go_to"].keys == tuple("1345679")
    assert commands.shown_keys(commands.COMMANDS["toggle_fit"])[0] == "0"


def test_a_key_that_another_command_had_is_named(tables: None) -> None:
    said = commands.rebind({"toggle_fit": ("o", "8", "F")})
    assert said == ["the key o is now toggle_fit, and no more next_layer"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gamma_boost = 4", "gamma_boost is 4: expected a whole number of 0 to 3"),
        ("individual_boost = 5", "expected a whole number of 0 to 4"),
        ("overlay = 3", "expected a whole number of 0 to 2"),
        ("debug = 7", "debug is 7: expected a whole number of 0 to 2"),
        ("caffevis_boost_gamma_default_idx = 9", "expected a whole number of 0 to 3"),
    ],
)
def test_a_place_that_there_is_not(tmp_path: Path, line: str, expected: str) -> None:
    (tmp_path / "s.py").write_text(line + "\n")
    with pytest.raises(config.ConfigError, match=expected):
        load([tmp_path / "s.py"])


@pytest.mark.parametrize("value", ['{"nothing": "8"}', '{"quit": "lift"}', "5"])
def test_keys_that_cannot_be_bound_are_said(tmp_path: Path, value: str) -> None:
    (tmp_path / "s.py").write_text(f"key_bindings = {value}\n")
    with pytest.raises(ConfigError, match=r"key_bindings is .*: expected names of commands"):
        load([tmp_path / "s.py"])


FORK = """
base_folder = '%DVT_ROOT%/models/'
caffevis_deploy_prototxt = base_folder + 'net.prototxt'
caffevis_network_weights = base_folder + 'net.caffemodel'
caffevis_data_mean = base_folder + 'mean.npy'
caffevis_outputs_dir = base_folder + 'outputs'
static_files_input_mode = 'image_list'
static_files_input_file = 'list.txt'
static_files_dir = 'pictures'
layers_list = [{'name/s': 'conv1', 'format': 'normal'},
               {'name/s': ['conv2_a', 'conv2_b'], 'format': 'siamese_layer_pair'}]
caffe_net_channel_swap = (0, 1, 2)
caffe_net_raw_scale = 1.0
is_gray_model = False
max_tracker_do_maxes = True
optimize_image_decay = 0.0001
caffevis_histograms_format = 'load_from_file'
"""


def test_settings_of_the_fork_are_read_like_the_originals(tmp_path: Path) -> None:
    path = tmp_path / "settings_fork.py"
    path.write_text(FORK)
    settings = load([path])
    assert settings.prototxt == str(tmp_path / "models" / "net.prototxt")
    assert settings.unit_image_dir == str(tmp_path / "models" / "outputs")
    assert str(settings.images).endswith("list.txt")
    assert (settings.channel_order, settings.input_scale) == ("RGB", 1.0)
    assert settings.layer_filter is not None
    shown = [name for name in ("conv1", "pool1", "conv2_a", "conv2_b") if not settings.layer_filter(name)]
    assert shown == ["conv1", "conv2_b"]


@pytest.mark.parametrize(("mode", "end"), [("directory", "pictures"), ("image_list", "list.txt")])
def test_the_fork_names_a_folder_and_a_list_and_says_which(tmp_path: Path, mode: str, end: str) -> None:
    path = tmp_path / "settings_fork.py"
    path.write_text(FORK.replace("'image_list'", repr(mode)))
    assert str(load([path]).images).endswith(end)


def test_a_file_in_the_originals_names_may_have_variables_of_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "settings_fork.py"
    path.write_text(FORK + "experiment = 'third'\nfor number in range(3):\n    pass\n")
    assert load([path]).prototxt == str(tmp_path / "models" / "net.prototxt")
    assert "experiment is no setting and was passed over" in caplog.text and "number is no setting" in caplog.text
    for wrong in ("caffevis_data_maen", "layer_list", "layers_lst"):
        path.write_text(FORK + f"{wrong} = 1\n")
        with pytest.raises(ConfigError, match=f"'{wrong}' is no setting; did you mean"):
            load([path])
    path.write_text("experiment = 'third'\n")
    with pytest.raises(ConfigError, match="'experiment' is no setting"):
        load([path])
