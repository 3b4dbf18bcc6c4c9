"""The readers of what users write and of what the window has kept for them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

from deepvis.cli.subcommands.names import take_in
from deepvis.core.first_hints import FIRST_HINTS
from deepvis.core.names_file import content_of, read_names
from deepvis.core.state import AppState
from deepvis.core.types import Unit
from deepvis.core.unit_names import UnitNames, UnitNote
from deepvis.optimize.presets import BUILT_IN, VERSION, _tables, preset
from deepvis.settings.loading import load
from deepvis.settings.table import Settings
from deepvis.window.gestures import read_replay
from deepvis.window.layouts import size_in_settings
from deepvis.window.session import NetworkShown, read_session, restored, session_text
from deepvis.window.session_settings import settings_with
from deepvis.window.shown_hints import read_done
from tests.faults import structured
from tests.faults.input_reader import Files, reader

SETTINGS = b"""model = "caffenet-mini"
device = "cpu"
window_size = (900, 1400)
scale = 1.0
images = "photos"
mean = [104, 117, 123]
input_size = [227, 227]
unit_image_layers = ["conv1", "fc8"]
remap = {"prob": "fc8"}
panes = {"input": (0, 0, 300, 300), "aux": None}
short_name = lambda name: name[:5]
_mine = 5
"""
ORIGINAL = b"""caffevis_deploy_prototxt = '%DVT_ROOT%/models/x/deploy.prototxt'
caffevis_network_weights = '%DVT_ROOT%/models/x/w.caffemodel'
caffevis_data_mean = (104, 117, 123)
input_updater_capture_device = 0
window_panes = (('input', (0, 0, 300, 300)), ('caffevis_aux', (300, 0, 300, 300)))
global_scale = 1.0
base_dir = 1
"""


def _settings(folder: Path) -> Sequence[Files]:
    return [{"settings_local.py": text} for text in (SETTINGS, ORIGINAL)]


@reader("settings", _settings, structured.SETTINGS)
def settings_file(file: Path) -> None:
    size_in_settings(load([file]))


def _names() -> UnitNames:
    note = UnitNote("dog head", True, "with snouts, too")
    return UnitNames(((Unit("conv2", 2), note), (Unit("prob", 1), UnitNote("", True, ""))))


@cache
def _state() -> AppState:
    from tests.window.ui.scenes import INFO

    return AppState(INFO)


def _sessions(folder: Path) -> Sequence[Files]:
    state = _state()
    content = session_text([NetworkShown(state, "0123456789ab", {"model": "tiny", "camera": 0})], None, 0.0)
    return [{"cats.yaml": content.replace(b"names: []", _YAML_NAMES)}]


_YAML_NAMES = b"names:\n- {layer: conv2, unit: 2, name: my dog, starred: true, note: 'of a pet'}"


@reader("session", _sessions, structured.YAML)
def session_file(file: Path) -> None:
    session = read_session(file)
    settings_with(Settings(), session, {})
    restored(_state(), session)


def _presets(folder: Path) -> Sequence[Files]:
    import yaml

    content = {"version": VERSION, "presets": {f"my-{name}": recipe.active for name, recipe in BUILT_IN.items()}}
    return [{"presets.yaml": yaml.safe_dump(content, sort_keys=False).encode()}]


@reader("presets.yaml", _presets, structured.YAML)
def presets_of_user(file: Path) -> None:
    preset("lucid", file)
    for name in _tables(file):
        preset(name, file)


def _replays(folder: Path) -> Sequence[Files]:
    from deepvis.schema.plain_values import plain
    from deepvis.window.gestures import start_of

    start = {"version": 1, "deepvis": "0", "start": plain(start_of(_state(), (620, 1000)))}
    names = json.dumps(content_of(_names(), "tiny", ""))
    gestures = [
        {"kind": "key", "text": "ctrl+s", "after": 0.5}, {"kind": "paste", "text": "ä", "after": 1},
        {"kind": "move", "row": 3, "col": 4}, {"kind": "press", "row": 3, "col": 4}, {"kind": "wheel", "steps": -2},
        {"kind": "size", "row": 500, "col": 600}, {"kind": "names", "text": names},
    ]  # fmt: skip
    return [{"keys.jsonl": b"\n".join(json.dumps(each).encode() for each in (start, *gestures)) + b"\n"}]


@reader("replay", _replays, structured.JSON_LINES)
def recorded_keys(file: Path) -> None:
    replay = read_replay(file)
    for gesture in replay.gestures:
        gesture.event()


def _name_files(folder: Path) -> Sequence[Files]:
    own = content_of(_names(), "tiny", "0123456789ab")
    return [{"names.json": json.dumps(own, indent=1).encode()}]


@reader("names", _name_files, structured.JSON)
def unit_names(file: Path) -> None:
    content_of(read_names(file), "tiny", "")


def _exports(folder: Path) -> Sequence[Files]:
    own = content_of(_names(), "tiny", "0123456789ab")
    return [{"export.json": json.dumps({"version": 1, "networks": [own, own]}, indent=1).encode()}]


@reader("names-import", _exports, structured.JSON)
def imported_names(file: Path) -> None:
    """``deepvis names --import``, into the folder that DEEPVIS_DATA names."""
    with redirect_stdout(io.StringIO()):
        take_in(file, overwrite=False)


def _hints(folder: Path) -> Sequence[Files]:
    done = [hint.name for hint in FIRST_HINTS][:3]
    return [{"first_hints.json": json.dumps({"version": 1, "done": done}).encode()}]


@reader("hints", _hints, structured.JSON)
def hints_done(file: Path) -> None:
    read_done(file)
