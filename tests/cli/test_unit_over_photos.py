"""``deepvis unit-over-photos``: the values against passes one by one, the sheet, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.cli.main import main
from deepvis.core.types import NetRequest
from deepvis.live.backend import open_backend
from deepvis.models.zoo import load_model
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb


def refused(capsys: pytest.CaptureFixture[str], photos: Path, output: Path, *words: str) -> str:
    asked = ["unit-over-photos", "--images", str(photos), "--output", str(output), "--device", "cpu"]
    assert main([*asked, *(words or ("--unit", "conv5:3"))]) == 2
    return capsys.readouterr().err


def test_sheet_and_values_are_what_the_network_gives(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "sheet.png"
    asked = ["unit-over-photos", "--unit", "conv5:3", "--images", str(photos), "--output", str(output)]
    assert main([*asked, "--device", "cpu", "--columns", "2", "--top", "2", "--size", "64", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    facts = json.loads((tmp_path / "sheet.json").read_text())
    assert printed == facts and facts["version"] == 1 and (facts["layer"], facts["unit"]) == ("conv5", 3)
    backend = open_backend("engine", load_model("caffenet-mini"), "cpu")
    alone = {
        str(path): backend.run(NetRequest(new_frame(load_rgb(path)))).activations["conv5"][3].max()
        for path in sorted(photos.iterdir())
    }
    best = sorted(alone, key=lambda path: -alone[path])
    assert [each["path"] for each in facts["photos"]] == best
    np.testing.assert_allclose([each["value"] for each in facts["photos"]], [alone[p] for p in best], rtol=1e-4)
    sheet = cv2.imread(str(output))
    assert sheet.shape[1] < 64 * 3  # two photos wide
    assert sheet.std() > 10
    assert "sheet.png is there already" in refused(capsys, photos, output)
    whole = output.read_bytes()
    output.unlink()  # as when it was killed before the sheet
    assert "sheet.json is there already" in refused(capsys, photos, output, "--unit", "conv5:4")
    assert main([*asked, "--device", "cpu", "--columns", "2", "--top", "2", "--size", "64"]) == 0
    assert output.read_bytes() == whole and json.loads((tmp_path / "sheet.json").read_text()) == facts


def test_what_cannot_be_done_is_said_before_the_work(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.png"
    there.write_bytes(b"")
    assert "--overwrite" in refused(capsys, photos, there)
    assert ".bmp" in refused(capsys, photos, tmp_path / "a.bmp")
    assert "make it first" in refused(capsys, photos, tmp_path / "no" / "a.png")
    assert "no such folder" in refused(capsys, tmp_path / "gone", tmp_path / "a.png")
    assert "conv5" in refused(capsys, photos, tmp_path / "a.png", "--unit", "conv55:3")
    assert "no unit 9999" in refused(capsys, photos, tmp_path / "a.png", "--unit", "conv5:9999")
    assert "LAYER:N" in refused(capsys, photos, tmp_path / "a.png", "--unit", "conv5")
