"""Whole runs: against NumPy over all photos, stopped and gone on with, refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from deepvis.core.types import Fit
from deepvis.jobs.progress import Progress
from deepvis.models.zoo import open_model
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef
from deepvis.scan.scan_error import ScanError
from deepvis.statistics import measuring
from deepvis.statistics.measuring import run_statistics
from deepvis.statistics.preparing import StatisticsOrder
from deepvis.statistics.result_file import check_drawn
from deepvis.statistics.running_sums import load_sums
from deepvis.statistics.statistics_error import StatisticsError
from deepvis.statistics.statistics_plan import StatisticsFolder
from tests.statistics.conftest import COUNT, DEAD

MODULES = Path(__file__).with_name("modules.py")


def order(ref: NetworkRef, photos: Path, output: Path, **more) -> StatisticsOrder:
    return StatisticsOrder(ref, str(photos), output, **{"gradient_photos": 12, **more})


def module(name: str) -> NetworkRef:
    return NetworkRef(network=f"{MODULES}:{name}", options=(("input_size", (24, 24)),))


@pytest.fixture(scope="module")
def result(ref, photos, tmp_path_factory) -> dict:
    """Of the small network on all photos."""
    return run_statistics(order(ref, photos, tmp_path_factory.mktemp("whole")))[0]


@pytest.fixture(scope="module")
def blobs(ref, photos) -> dict[str, np.ndarray]:
    """Layer -> its values on all photos that can be read, from one plain forward pass."""
    model = open_model(ref)
    pictures = []
    for path in sorted(photos.glob("[0-9][0-9][0-9].png")):
        pictures.append(model.preprocessor.to_input(cv2.imread(str(path))[:, :, ::-1].copy(), Fit.CROP))
    tape = GraphNet(model.graph).forward({model.data_blob: np.stack(pictures)})
    return {name: tape.blobs[name].double().numpy() for name in tape.blobs}


class Stopping(Progress):
    """Interrupts the run after so many calls of ``advance``."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left, self.begun = after, list[tuple[int, int]]()

    def begin(self, total: int, done: int = 0, title: str = "") -> None:
        self.begun.append((done, total))

    def advance(self, count: int, skipped: int | None = None) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_every_number_is_that_of_all_values_at_once(result, blobs) -> None:
    assert {"relu1", "mixed/output", "fc"} <= set(result["layers"])
    for name, each in result["layers"].items():
        values = blobs[name].reshape(COUNT, each["units"], -1)
        by_unit = values.transpose(1, 0, 2).reshape(each["units"], -1)
        np.testing.assert_allclose(each["mean"], by_unit.mean(1), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(each["std"], by_unit.std(1), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(each["maximum"], by_unit.max(1), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(each["active"], (values.max(2) > 0).mean(0), atol=1e-6)
        rectified = bool((values >= 0).all())
        assert each["rectified"] == rectified
        assert each["dead"] == ((by_unit.max(1) <= 0) & rectified).tolist()
        assert each["photos"] == COUNT
    assert result["images"]["used"] == COUNT
    assert [each["path"].rsplit("/", 1)[1] for each in result["images"]["skipped"]] == ["020_none.png"]


def test_planted_dead_units_are_found(result) -> None:
    relu = result["layers"]["relu1"]
    assert [unit for unit, dead in enumerate(relu["dead"]) if dead] == list(DEAD)
    assert relu["dead_units"] == 2 and not any(result["layers"]["fc"]["dead"])
    kinds = [row["kind"] for row in result["s1"]["filters"]]
    assert all(kinds[unit] == "blank" for unit in DEAD)


def test_correlations_are_those_of_all_places(result, blobs) -> None:
    values = blobs["relu1"].transpose(1, 0, 2, 3).reshape(6, -1)
    alive = [unit for unit in range(6) if unit not in DEAD]
    found = np.corrcoef(values[alive])
    pairs = np.abs(found[np.triu_indices(len(alive), 1)])
    correlation = result["layers"]["relu1"]["correlation"]
    assert correlation["mean_absolute"] == pytest.approx(pairs.mean(), abs=1e-5)
    assert abs(correlation["pairs"][0]["correlation"]) == pytest.approx(pairs.max(), abs=1e-5)
    assert len(correlation["pairs"]) == 5


def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(ref, photos, tmp_path, monkeypatch) -> None:
    whole = order(ref, photos, tmp_path / "whole")
    assert run_statistics(whole)[1] is True
    parts = order(ref, photos, tmp_path / "parts", threads=1)
    monkeypatch.setattr(measuring, "SECONDS", 0.0)
    begun = []
    for after in (1, 3, 9):
        stopping = Stopping(after)
        try:
            run_statistics(parts, stopping)
        except KeyboardInterrupt:
            assert StatisticsFolder(parts.output).running.exists()
        begun += stopping.begun
    assert begun == [(0, 38), (16, 38), (0, 12), (8, 12)], "photos, then those of the gradient"
    files = [StatisticsFolder(each.output) for each in (whole, parts)]
    assert files[0].result.read_bytes() == files[1].result.read_bytes()
    assert {path.name for path in files[1].root.iterdir()} == {path.name for path in files[0].root.iterdir()}
    assert not files[1].running.exists() and not files[1].images.exists()


def test_a_finished_run_is_done_and_what_is_missing_is_drawn(ref, photos, tmp_path) -> None:
    mine = order(ref, photos, tmp_path)
    result, is_new = run_statistics(mine)
    assert is_new
    folder, progress = StatisticsFolder(tmp_path), Stopping(1)
    before = folder.result.stat().st_mtime_ns
    assert run_statistics(mine, progress) == (json.loads(folder.result.read_bytes()), False)
    assert progress.begun == [] and folder.result.stat().st_mtime_ns == before
    assert check_drawn(result, folder) and (folder.root / "means.png").exists()
    assert not check_drawn(result, folder)
    assert run_statistics(order(ref, photos, tmp_path, overwrite=True))[1] is True


def test_the_number_of_threads_changes_no_bit(ref, photos, tmp_path) -> None:
    for threads in (1, 5):
        run_statistics(order(ref, photos, tmp_path / str(threads), threads=threads))
    one, five = (StatisticsFolder(tmp_path / name).result.read_bytes() for name in ("1", "5"))
    assert one == five


def test_what_was_begun_otherwise_is_refused_and_left(ref, photos, tmp_path) -> None:
    copied = tmp_path / "photos"
    shutil.copytree(photos, copied)
    run_statistics(order(ref, copied, tmp_path / "out"))
    before = StatisticsFolder(tmp_path / "out").result.read_bytes()
    for other, said in (
        (order(ref, copied, tmp_path / "out", fit=Fit.STRETCH), "--fit crop"),
        (order(ref, copied, tmp_path / "out", gradient_photos=3), "--gradient-photos 12"),
        (order(ref, copied, tmp_path / "out", layers=("fc",)), "with other layers"),
        (order(replace(ref, mean=(1.0, 2.0, 3.0)), copied, tmp_path / "out"), "another network"),
    ):
        with pytest.raises(StatisticsError, match=said):
            run_statistics(other)
    Image.new("RGB", (20, 20)).save(copied / "003.png")
    with pytest.raises(StatisticsError, match="before they were changed"):
        run_statistics(order(ref, copied, tmp_path / "out"))
    (copied / "004.png").unlink()
    with pytest.raises(StatisticsError, match=r"other photos \(38, now 37\)"):
        run_statistics(order(ref, copied, tmp_path / "out"))
    assert StatisticsFolder(tmp_path / "out").result.read_bytes() == before


@pytest.mark.parametrize("name", ["index.html", "means.png", "gradient.png", "statistics.json"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_others_have_put_there_is_in_the_way(ref, photos, tmp_path, name, overwrite) -> None:
    folder = StatisticsFolder(tmp_path)
    folder.root.mkdir()
    for each in (name, "images.txt", "notes.txt"):
        (folder.root / each).write_text("mine")
    with pytest.raises(StatisticsError, match=f"{name} is there already and was not made by this program"):
        run_statistics(order(ref, photos, tmp_path, overwrite=overwrite))
    assert {path.name: path.read_text() for path in folder.root.iterdir()} == dict.fromkeys(
        (name, "images.txt", "notes.txt"), "mine"
    )


def test_sums_that_are_corrupt_are_begun_anew(ref, photos, tmp_path, result) -> None:
    folder = StatisticsFolder(tmp_path)
    folder.root.mkdir()
    folder.running.write_bytes(b"no sums")
    found, _ = run_statistics(order(ref, photos, tmp_path))
    assert found["layers"] == result["layers"]


def test_interrupted_sums_hold_whole_batches(ref, photos, tmp_path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_statistics(order(ref, photos, tmp_path, threads=1), Stopping(2))
    sums, plan = load_sums(StatisticsFolder(tmp_path).running)
    assert sums.images == 32 and plan["images"] == 38
    assert all(each.photos == 31 for each in sums.units), "one of them is no picture"


def test_no_photos_leave_nothing_behind(ref, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScanError, match="holds no pictures"):
        run_statistics(order(ref, tmp_path / "empty", tmp_path / "out"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.jpg").write_bytes(b"nothing")
    with pytest.raises(StatisticsError, match="none of the 1 images"):
        run_statistics(order(ref, tmp_path / "bad", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_network_without_convolutions_gets_the_rest(photos, tmp_path) -> None:
    found, _ = run_statistics(order(module("dense"), photos, tmp_path))
    assert found["layers"] and found["s1"]["holds"] is None and "filters" not in found["s1"]
    assert "no convolution" in found["s1"]["conclusion"]
    assert found["s1"]["spectra"]["photos"]["count"] == 12
    folder = StatisticsFolder(tmp_path)
    check_drawn(found, folder)
    assert "no convolution" in folder.page.read_text() and not (folder.root / "conv1.png").exists()


def test_modules_of_ones_own(photos, tmp_path) -> None:
    found, _ = run_statistics(order(module("branches"), photos, tmp_path))
    s1 = found["s1"]
    assert s1["activation"] in found["layers"], "what rectifies the first convolution is measured though not listed"
    assert s1["spectra"]["gradient"]["centroid"] > 0
    assert all(row["gradient"] is not None and row["weight"] > 0 for row in s1["filters"])


def test_photos_that_give_no_finite_numbers_are_skipped(tmp_path) -> None:
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(0)
    for n in range(6):
        pixels = rng.integers(0, 100, (24, 24, 3), np.uint8) if n != 3 else np.full((24, 24, 3), 255, np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{n}.png")
    options = (("input_size", (24, 24)), ("input_scale", 1.0))
    ref = NetworkRef(network=f"{MODULES}:infinite", mean=(0.0, 0.0, 0.0), options=options)
    found, _ = run_statistics(order(ref, tmp_path / "photos", tmp_path / "out"))
    assert found["images"]["used"] == 5 and "not finite" in found["images"]["skipped"][0]["reason"]
    assert all(np.isfinite(each["mean"]).all() and each["photos"] == 5 for each in found["layers"].values())


def test_the_gradient_is_autograds(ref, photos, tmp_path) -> None:
    """Of one photo: the power that arrives at each filter, by plain autograd through the same weights."""
    alone = tmp_path / "photos"
    alone.mkdir()
    shutil.copy(photos / "001.png", alone)
    found, _ = run_statistics(order(ref, alone, tmp_path / "out", layers=("mixed/a",), gradient_photos=1))
    model = open_model(ref)
    picture = model.preprocessor.to_input(cv2.imread(str(alone / "001.png"))[:, :, ::-1].copy(), Fit.CROP)
    weights = {node.name: [torch.as_tensor(w) for w in node.weights] for node in model.graph.nodes if node.weights}
    x = torch.nn.functional.conv2d(torch.as_tensor(picture)[None], *weights["conv1"]).requires_grad_()
    pooled = torch.nn.functional.max_pool2d(torch.relu(x), 2)
    before = torch.nn.functional.conv2d(pooled, *weights["mixed/a"])
    shares = []
    for unit in range(4):
        after = torch.relu(before[0, unit]).detach().flatten()
        place = 3 * 7 + 3 if after.max() == after.min() else int(after.argmax())
        (grad,) = torch.autograd.grad(before[0, unit].flatten()[place], x, retain_graph=True)
        energy = (grad[0] ** 2).mean((1, 2))
        shares.append((energy / energy.sum()).numpy())
    expected = np.sqrt(np.mean(shares, axis=0) * 6)
    np.testing.assert_allclose([row["gradient"] for row in found["s1"]["filters"]], expected, rtol=1e-4, atol=1e-6)


def test_the_file_is_json_without_nan(ref, photos, tmp_path) -> None:
    run_statistics(order(ref, photos, tmp_path))
    text = StatisticsFolder(tmp_path).result.read_text()
    assert "NaN" not in text and "Infinity" not in text
    content = json.loads(text)
    assert content["version"] == 1 and content["network"] == open_model(ref).identity
