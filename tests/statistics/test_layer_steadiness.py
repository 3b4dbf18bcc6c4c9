"""The changes of layers over a video: collected, and as files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.core.steadiness import relative_change
from deepvis.sources.video_frames import frames_of, with_noise
from deepvis.statistics.layer_steadiness import LayerChanges, document, draw, table
from tests.helpers.pictures import save_video


def test_each_pair_of_neighbours_and_no_pair_across_two_runs() -> None:
    random = np.random.default_rng(0)
    frames = [{"a": random.normal(size=5), "b": np.ones(3)} for _ in range(4)]
    found = LayerChanges().take(enumerate(frames))  # type: ignore[arg-type]
    assert found.seconds == [1, 2, 3] and found.changes["b"] == [0, 0, 0]
    assert found.changes["a"][1] == relative_change(frames[1]["a"], frames[2]["a"])
    found.take(enumerate(frames[:2]))  # type: ignore[arg-type]
    assert len(found.seconds) == 4
    fact = found.facts()[0]
    assert fact["layer"] == "a" and fact["mean"] == pytest.approx(np.mean(found.changes["a"]))


def test_files(tmp_path: Path) -> None:
    found = LayerChanges([0.04, 0.08], {"conv1": [0.5, 0.25], "prob": [0.0, float("nan")]})
    facts = json.loads(json.dumps(document(found, {"model": "toy"})))
    assert facts["pairs"] == 2 and facts["changes"] == {"conv1": [0.5, 0.25], "prob": [0.0, None]}
    rows = list(csv.reader(table(found).splitlines()))
    assert rows == [["seconds", "conv1", "prob"], ["0.0400", "0.5", "0"], ["0.0800", "0.25", "nan"]]
    pytest.importorskip("matplotlib")
    draw(found, "toy", tmp_path / "plot.png")
    assert cv2.imread(str(tmp_path / "plot.png")).std() > 5


def test_frames_of_a_video_and_their_noise(tmp_path: Path) -> None:
    path = save_video(tmp_path / "three.avi", [40, 120, 200], fps=10)
    frames = list(frames_of(str(path)))
    assert [seconds for seconds, _ in frames] == [0, 0.1, 0.2]
    assert [float(rgb.mean()) for _, rgb in frames] == pytest.approx([40, 120, 200], abs=2)
    gray = np.full((200, 200, 3), 128, np.uint8)
    noisy = with_noise(gray, 2.0, np.random.default_rng(0))
    assert noisy.dtype == np.uint8 and abs(float((noisy - 128.0).std()) - 2.02) < 0.05
    assert with_noise(gray + 127, 5.0, np.random.default_rng(0)).max() == 255
