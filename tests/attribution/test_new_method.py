"""An attribution method is one file: entered, it appears by itself in key, help, palette, panes and passes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from deepvis.core.attributions import ATTRIBUTIONS, AttributionStep, UnitFunction, attribution
from deepvis.core.candidates import CandidateKind, candidates
from deepvis.core.commands import COMMANDS, markdown
from deepvis.core.effects import Say
from deepvis.core.state import OVERLAYS, AppState
from deepvis.core.typed import press
from deepvis.core.types import AttributionRequest, Unit
from deepvis.live.backends.fake import FAKE_INFO

OURS = ["grad_cam", "layer_cam", "input_x_gradient", "integrated_gradients", "smooth_grad", "occlusion", "lrp"]


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one edit."""
    monkeypatch.setattr(ATTRIBUTIONS, "_things", dict(ATTRIBUTIONS._things))

    @attribution("nobodys", "Nobody's", formula="x", words="the picture itself", source="this test, 2026")
    def nobodys(f: UnitFunction) -> Iterator[AttributionStep]:
        """x."""
        yield AttributionStep(np.asarray(f.x[0]))


def after(*keys: str, start: AppState | None = None) -> AppState:
    state = start or AppState(FAKE_INFO)
    for key in keys:
        state, _ = press(state, key)
    return state


def test_key_help_readme_and_palette_have_it(row: None) -> None:
    state, seen = AppState(FAKE_INFO), []
    for _ in range(9):
        state = after("B", start=state)
        seen.append(state.view.attribution)
    assert seen == [*OURS, "nobodys", "off"]
    assert COMMANDS["cycle_attribution"].help.endswith("Grad-CAM to Nobody's, 8 methods (each by its name in /)")
    assert "Grad-CAM to Nobody's, 8 methods (each by its name in /) |" in markdown()
    state = after("/", *"nobodys")
    best = candidates(state)[0]
    assert (best.kind, best.title) == (CandidateKind.ATTRIBUTION, "Nobody's: the picture itself")
    chosen, effects = press(state, "enter")
    assert chosen.view.attribution == "nobodys" and chosen.typing is None
    assert [effect.sentence for effect in effects if isinstance(effect, Say)] == ["Nobody's: the picture itself"]
    assert after("backspace", start=chosen).view.attribution == "off"


def test_a_name_is_taken_once_and_is_not_the_word_for_none() -> None:
    for name, words in (("occlusion", "registered twice"), ("off", "the word for none")):
        with pytest.raises(ValueError, match=words):
            attribution(name, "", formula="", words="", source="")(lambda f: iter(()))


def test_what_it_lies_over_and_of_which_unit() -> None:
    state = after("B")
    assert OVERLAYS[state.view.overlay] == 0.7 and state.view.back_mode == "off"
    assert state.attribution_request == AttributionRequest(Unit("conv1", 0), "grad_cam")
    assert after("A", start=state).view.attribution == "off"  # past 70 % nothing lies over the input
    assert after("A", "B").view.overlay == 1  # as strong as what was there
    gone = after("esc", start=after("b", start=state))
    assert (gone.view.attribution, gone.view.back_mode) == ("off", "gradient")  # one thing at a time
    assert after("backspace", start=state).view.attribution == "off"
    assert after(*["B"] * 8, start=after("b", "A")).view.overlay == 0


def test_the_frozen_origin_is_the_class_and_the_selected_layer_gives_the_maps() -> None:
    frozen = after("end", "down", "right", "d", "up", "B")
    assert frozen.attribution_request == AttributionRequest(Unit("prob", 1), "grad_cam")
    earlier = after(*["u"] * 4, start=frozen)
    assert earlier.layer.name == "conv1"
    assert earlier.attribution_request == AttributionRequest(Unit("prob", 1), "grad_cam", "conv1")
    other = after("B", "B", start=earlier)  # a method that looks at no maps
    assert other.attribution_request == AttributionRequest(Unit("prob", 1), "input_x_gradient")


@pytest.mark.parametrize("module", ["deepvis.cli.window", "deepvis.window.app", "deepvis.cli.keys"])
def test_whoever_starts_has_the_table_and_no_torch(module: str) -> None:
    code = (
        f"import sys, {module}; from deepvis.core.attributions import ATTRIBUTIONS as table; "
        "print(*table, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [*OURS, "False"]
