"""A back mode is one row: entered here, it appears by itself wherever back modes are named, chosen or run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import deepvis.caffe
from deepvis.cli.chosen_settings import settings_of
from deepvis.cli.parser import Parser
from deepvis.cli.scan_options import add_modes
from deepvis.cli.subcommand import find
from deepvis.cli.window import parser
from deepvis.core.back_modes import BACK_MODES, BackMode, add_back_mode
from deepvis.core.commands import COMMANDS, markdown
from deepvis.core.state import AppState
from deepvis.core.typed import press
from deepvis.core.types import BackRequest, NetRequest, Unit
from deepvis.live.backend import Backend, open_backend
from deepvis.live.backends.caffe import PycaffeBackend
from deepvis.live.backends.fake import FAKE_INFO
from deepvis.network.kinds import Kind
from deepvis.scan.results import montage_path
from deepvis.settings.printing import document
from deepvis.window.ui.panes import back as back_pane
from tests.helpers.networks import noise_frame, small_model

NAME, TITLE = "halved", "halved backprop"


def halve(x, y, grad):
    """Nobody's: half of the gradient at each rectifier."""
    return grad * (y > 0) / 2


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one edit."""
    monkeypatch.setattr(BACK_MODES, "_things", dict(BACK_MODES._things))
    add_back_mode(NAME, TITLE, {Kind.RELU: halve, Kind.LEAKY_RELU: halve}, "this test")


def test_key_n_comes_to_it() -> None:
    state, seen = AppState(FAKE_INFO), []
    for _ in range(5):
        state, _ = press(state, "n")
        seen.append(state.view.back_mode)
    assert seen == ["gradient", "deconv", "guided", NAME, "off"]


def test_the_help_and_the_readme_name_it() -> None:
    said = f"Back mode alone: off, gradient, deconv, guided backprop, {TITLE}"
    assert COMMANDS["cycle_back_mode"].help == said
    assert f"| `n` | {said} |" in markdown()


def test_the_panes_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from deepvis.window.ui.panes.status import back_fact
    from deepvis.window.ui.readings import back_name
    from tests.window.ui.scenes import UNIT, make_scene

    headings: list[str] = []
    draw_card = back_pane.draw_card
    monkeypatch.setattr(
        back_pane, "draw_card", lambda *rest, **more: (headings.append(rest[2]), draw_card(*rest, **more))[1]
    )
    scene = make_scene(UNIT.__class__(2, 7, back_mode=NAME))
    back_pane.draw_back(np.zeros((200, 200, 3), np.uint8), scene)
    assert headings == ["Halved (raw)"]
    assert back_fact(scene) == f"{TITLE}, raw" and back_name(scene.state.back_request).startswith(f"{TITLE} of ")


def test_the_settings_and_the_window_s_command_line_take_it(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(f"back_mode = {NAME!r}\n")
    assert settings_of(parser().parse_args(["--settings", str(file)])).back_mode == NAME
    assert f"one of auto, off, gradient, deconv, guided, {NAME}." in " ".join(document().split()).replace("# ", "")


def test_the_crops_take_it() -> None:
    p = Parser([])
    add_modes(p)
    assert f"deconv, gradient, guided, {NAME}" in p.format_help()
    assert montage_path(Path("out"), Unit("fc", 1), NAME) == Path("out/max_halved/fc/fc_0001.jpg")
    for name in ("scan", "crops"):
        assert NAME in find(name).parser().format_help()


def test_the_crops_make_its_projections(tmp_path: Path) -> None:
    from deepvis.core.types import Patch
    from deepvis.scan.crops import UnitPatches, back_tiles
    from deepvis.scan.network import ScanNetwork

    network = ScanNetwork(small_model(tmp_path))
    unit = UnitPatches(Unit("fc", 1), (Patch(1.0, "a.jpg", 0, 0),))
    tiles = back_tiles(network, unit, [noise_frame().rgb], (NAME,))
    assert tiles[NAME][0] is not None and tiles[NAME][0].std() > 0


def backends(folder: Path) -> dict[str, Backend]:
    model = small_model(folder)
    return {
        "engine": open_backend("engine", model),
        "fake": open_backend("fake", model),
        "pycaffe": PycaffeBackend(model, caffe=deepvis.caffe),
    }


@pytest.mark.parametrize("name", ["engine", "fake", "pycaffe"])
def test_a_real_pass_runs_in_it_on_every_backend(tmp_path: Path, name: str) -> None:
    """Between fc and the input every way leads through two rectifiers: a quarter is left."""
    backend = backends(tmp_path)[name]
    frame = noise_frame(0, *backend.info.input_shape[1:])
    unit = Unit("fc2" if name == "fake" else "fc", 1)
    plain, halved = (backend.run(NetRequest(frame, BackRequest(unit, mode))).input_diff for mode in ("gradient", NAME))
    assert plain is not None and halved is not None and plain.any()
    if name == "fake":
        assert not np.allclose(plain, halved)
    else:
        np.testing.assert_allclose(halved, plain / 4, rtol=1e-4, atol=1e-7)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match=f"the back mode {NAME!r} is registered twice"):
        add_back_mode(NAME, TITLE, {}, "")
    with pytest.raises(ValueError, match="the word for none"):
        add_back_mode("off", "off", {}, "")
    assert isinstance(BACK_MODES[NAME], BackMode)


@pytest.mark.parametrize("module", ["deepvis.cli.window", "deepvis.window.app", "deepvis.settings.table"])
def test_whoever_starts_has_the_table_and_no_torch(module: str) -> None:
    said = (
        f"import sys, {module}; from deepvis.core import back_modes as b; print(*b.BACK_MODES, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["gradient", "deconv", "guided", "False"]
