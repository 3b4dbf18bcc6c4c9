"""``deepvis why``: the table against the network run beside it, classes by name, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepvis.cli.main import main
from deepvis.core.types import NetRequest, Unit
from deepvis.live.backend import Backend, open_backend
from deepvis.models.zoo import load_model
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb


@pytest.fixture(scope="module")
def backend() -> Backend:
    return open_backend("engine", load_model("caffenet-mini"), "cpu")


@pytest.fixture
def photo(photos: Path) -> Path:
    return sorted(path for path in photos.rglob("*") if path.suffix in (".jpg", ".png"))[0]


def asked(capsys: pytest.CaptureFixture[str], photo: Path, *words: str) -> dict[str, Any]:
    assert main(["why", "--image", str(photo), "--device", "cpu", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], photo: Path, *words: str) -> str:
    assert main(["why", "--image", str(photo), "--device", "cpu", *words]) == 2
    return capsys.readouterr().err


def test_the_table_is_what_the_network_gives(backend: Backend, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = asked(capsys, photo, "--class", "pizza", "--layer", "conv5", "--top", "7")
    unit = Unit("prob", backend.info.labels.index("pizza"))
    assert facts["chain"] == [{"layer": "prob", "unit": unit.channel, "label": "pizza"}] and facts["is_score"]
    snapshot = backend.run(NetRequest(new_frame(load_rgb(photo)), why=(unit,)))
    sums = snapshot.contributions.of("conv5")
    order = np.argsort(-sums, kind="stable")
    assert [each["unit"] for each in facts["units"]] == order[:7].tolist()
    assert [each["unit"] for each in facts["most_against"]] == order[::-1][:7].tolist()
    assert facts["value"] == pytest.approx(float(snapshot.activations["fc8"][unit.channel, 0, 0]), rel=1e-4)
    assert facts["total"] == pytest.approx(sums.sum(), rel=1e-4) == pytest.approx(facts["for"] + facts["against"])
    best = facts["units"][0]
    assert best["rank"] == 1 and best["share"] == pytest.approx(
        best["contribution"] / (facts["for"] - facts["against"])
    )
    assert best["largest_activation"] == pytest.approx(float(snapshot.activations["conv5"][order[0]].max()), rel=1e-4)


def test_through_a_unit_and_of_a_unit(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    above = asked(capsys, photo, "--unit", "fc7:5", "--layer", "fc6")
    assert above["chain"] == [{"layer": "fc7", "unit": 5, "label": ""}] and not above["is_score"]
    unit = above["units"][0]["unit"]
    through = asked(capsys, photo, "--unit", "fc7:5", "--through", f"fc6:{unit}", "--layer", "conv5")
    assert [each["unit"] for each in through["chain"]] == [5, unit]
    assert main(["why", "--image", str(photo), "--layer", "conv5", "--top", "3", "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("contribution of the units of conv5 to prob:") and "total" in lines[2]
    assert [line.split()[0] for line in lines[4:]] == ["1", "2", "3", "...", "158", "159", "160"]


def test_what_cannot_be_asked_is_one_sentence(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'pizza'" in refused(capsys, photo, "--class", "piza", "--layer", "conv5")
    assert "expected one" in refused(capsys, photo, "--class", "a", "--layer", "conv5")
    assert "did you mean 'conv5'" in refused(capsys, photo, "--class", "pizza", "--layer", "konv5")
    assert "is not on the way" in refused(capsys, photo, "--unit", "conv3:1", "--layer", "fc6")
    assert "channels 0 to 159" in refused(capsys, photo, "--unit", "conv5:400", "--layer", "conv3")
    assert "--through fc6:3" in refused(capsys, photo, "--unit", "conv5:4", "--through", "fc6:3", "--layer", "conv3")
    assert "does not exist" in refused(capsys, photo.with_name("gone.jpg"), "--layer", "conv5")
    assert "LAYER:N" in refused(capsys, photo, "--unit", "conv5", "--layer", "conv3")
