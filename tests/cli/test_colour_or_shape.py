"""``deepvis colour-or-shape``: numbers against the network run beside it, the photos it takes, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import pytest

from deepvis.cli.main import main
from deepvis.core.picture_changes import PICTURE_CHANGES
from deepvis.core.types import NetRequest
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


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main(["colour-or-shape", "--device", "cpu", "--json", *map(str, words)]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["colour-or-shape", "--device", "cpu", *map(str, words)]) == 2
    return capsys.readouterr().err


def value_of(backend: Backend, photo: Path, layer: str, channel: int, change: str = "") -> float:
    seen = backend.run(NetRequest(new_frame(load_rgb(photo)))).input_rgb
    rgb = PICTURE_CHANGES[change].apply(seen) if change else seen.copy()
    return float(backend.run(NetRequest(new_frame(rgb))).activations[layer][channel].max())


def test_a_units_values_for_a_photo(backend: Backend, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = asked(capsys, "--image", photo, "--unit", "conv3:5")
    assert (facts["layer"], facts["unit"], facts["photos"]) == ("conv3", 5, [str(photo)])
    assert [each["change"] for each in facts["pictures"]] == ["unchanged", *PICTURE_CHANGES]
    base = value_of(backend, photo, "conv3", 5)
    for each in facts["pictures"]:
        value = value_of(backend, photo, "conv3", 5, each["change"].replace("unchanged", ""))
        assert each["value"] == pytest.approx(value, rel=1e-4, abs=1e-5)
        assert each["percent"] == (None if base == 0 else pytest.approx(100 * (value - base) / base, abs=0.1))
        assert each["rank"] == int(each["rank"])


def test_the_most_probable_class_in_a_table_and_a_sheet(
    backend: Backend, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheets" / "sheet.png"
    assert main(["colour-or-shape", "--image", str(photo), "--device", "cpu", "--output", str(sheet)]) == 0
    lines = capsys.readouterr().out.splitlines()
    probs = backend.run(NetRequest(new_frame(load_rgb(photo)))).activations["prob"].ravel()
    best = int(probs.argmax())
    assert lines[0] == f"caffenet-mini, prob:{best} {backend.info.labels[best]}"
    assert lines[1].endswith("; probability")
    assert lines[3].split() == ["Unchanged", f"{probs[best]:.4g}", "1"]
    assert all(PICTURE_CHANGES[name].title in line for name, line in zip(PICTURE_CHANGES, lines[4:], strict=False))
    picture = cv2.imread(str(sheet))
    assert picture.shape == (930, 900, 3) and len(set(map(tuple, picture[::7, ::7].reshape(-1, 3)))) > 200


def test_the_mean_over_the_photos_of_a_class(
    backend: Backend, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "photos"
    for name in ("pizza/a", "pizza/b", "sunflower/c"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, folder / f"{name}{photo.suffix}")
    (folder / "pizza" / "broken.jpg").write_bytes(b"no photo")
    assert main(["colour-or-shape", "--device", "cpu", "--json", "--images", str(folder), "--class", "pizza"]) == 0
    out, err = capsys.readouterr()
    facts = json.loads(out)
    assert [Path(each).stem for each in facts["photos"]] == ["a", "b"] and "by their names" in facts["chosen"]
    assert "broken.jpg" in err
    place = backend.info.labels.index("pizza")
    assert facts["pictures"][1]["value"] == pytest.approx(value_of(backend, photo, "prob", place, "gray"), rel=1e-3)
    assert len(facts["each_photo"]) == 2 and set(facts["each_photo"][0]["values"]) == {"unchanged", *PICTURE_CHANGES}


def test_the_photos_with_the_largest_values_of_a_unit(
    backend: Backend, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = asked(capsys, "--images", photos, "--unit", "conv2:7", "--top", 2)
    paths = sorted(path for path in photos.rglob("*") if path.suffix in (".jpg", ".png"))
    values = {str(path): value_of(backend, path, "conv2", 7) for path in paths}
    best = sorted(values.values(), reverse=True)[:2]
    assert [values[path] for path in facts["photos"]] == pytest.approx(best)
    assert facts["pictures"][0]["value"] == pytest.approx(sum(best) / 2, rel=1e-4)


def test_what_is_refused_in_one_sentence(
    photo: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--class NAME or --unit LAYER:N" in refused(capsys, "--images", photos)
    assert "no layer 'conv9'" in refused(capsys, "--image", photo, "--unit", "conv9:1")
    assert "expected a number of 0 to" in refused(capsys, "--image", photo, "--unit", "conv1:999")
    assert "expected a number of 0 to" in refused(capsys, "--image", photo, "--class", "9999")
    assert "no such class" in refused(capsys, "--image", photo, "--class", "pizzza")
    assert "does not exist" in refused(capsys, "--image", tmp_path / "none.jpg")
    assert "no such folder" in refused(capsys, "--images", tmp_path / "none", "--unit", "conv1:1")
    assert "found no photo" in refused(capsys, "--images", tmp_path, "--unit", "conv1:1")
    assert "SHEET.png" in refused(capsys, "--image", photo, "--output", "sheet.gif")
    assert "--image" in refused(capsys)
