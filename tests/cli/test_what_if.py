"""``deepvis what-if``: the classes against the network run beside it, several units, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepvis.cli.main import main
from deepvis.core.interventions import clamped, scaled, switched_off
from deepvis.core.types import NetRequest, Unit
from deepvis.live.backend import open_backend
from deepvis.models.zoo import load_model
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb


@pytest.fixture
def photo(photos: Path) -> Path:
    return sorted(path for path in photos.rglob("*") if path.suffix in (".jpg", ".png"))[0]


def asked(capsys: pytest.CaptureFixture[str], photo: Path, *words: str) -> str:
    assert main(["what-if", "--image", str(photo), "--device", "cpu", *words]) == 0
    return capsys.readouterr().out


def test_classes_and_units_before_and_after(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--off", "conv5:7", "conv5:8", "--scale", "conv4:3=2", "--clamp", "fc6:7=1.5", "--layer", "fc7", "--json")
    facts: dict[str, Any] = json.loads(asked(capsys, photo, *words, "--top", "6"))
    backend = open_backend("engine", load_model("caffenet-mini"), "cpu")
    done = (switched_off(Unit("conv5", 7)), switched_off(Unit("conv5", 8)), scaled(Unit("conv4", 3), 2),
            clamped(Unit("fc6", 7), 1.5))  # fmt: skip
    snapshot = backend.run(NetRequest(new_frame(load_rgb(photo)), interventions=done))
    assert snapshot.before is not None
    before, after = snapshot.before["prob"].ravel(), snapshot.activations["prob"].ravel()
    assert len(facts["classes"]) == 6
    for each in facts["classes"]:
        assert each["before"] == pytest.approx(float(before[each["unit"]]))
        assert each["after"] == pytest.approx(float(after[each["unit"]]))
        assert each["label"] == backend.info.labels[each["unit"]]
    assert facts["classes"][0]["unit"] == int(after.argmax())
    change = (snapshot.activations["fc7"] - snapshot.before["fc7"]).ravel()
    order = np.argsort(-np.abs(change), kind="stable")
    assert [each["unit"] for each in facts["units"]] == order[:6].tolist()
    assert facts["units"][0]["change"] == pytest.approx(float(change[order[0]]), rel=1e-5)
    assert facts["units_changed"] == np.count_nonzero(change)
    assert facts["interventions"][2] == {"layer": "conv4", "unit": 3, "kind": "scale", "number": 2.0}


def test_for_people_and_an_option_given_twice(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = asked(capsys, photo, "--off", "conv5:7", "--off", "conv5:8", "--layer", "pool5")
    assert "what if: conv5:7 off, conv5:8 off" in out and "units of pool5 change" in out and "before" in out


def test_where_no_unit_changes_one_line_says_why(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = asked(capsys, photo, "--scale", "conv5:7=2", "--layer", "conv1")
    assert out.splitlines()[-1] == (
        "0 of 64 units of conv1 change: it comes before conv5; name a later layer, --layer LAYER"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "found no unit to change, expected some of --off, --scale, --clamp"),
        (("--off", "conv55:1"), "has no layer 'conv55'; did you mean 'conv5'"),
        (("--off", "conv5:4000"), "layer conv5 has the units 0 to"),
        (("--off", "conv5"), "a layer and the number of a unit, LAYER:N"),
        (("--scale", "conv5:3"), "LAYER:N=X"),
        (("--clamp", "conv5:3=nan"), "LAYER:N=X"),
        (("--clamp", "conv5:3=1e39"), "LAYER:N=X"),
        (("--off", "prob:3"), "nothing follows prob, so nothing would change"),
        (("--off", "conv5:3", "--scale", "conv5:3=2"), "found conv5:3 more than once"),
        (("--off", "conv5:3", "--layer", "nowhere"), "has no layer 'nowhere'"),
    ],
)
def test_what_is_refused(
    photo: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    assert main(["what-if", "--image", str(photo), "--device", "cpu", *words]) == 2
    assert sentence in capsys.readouterr().err
