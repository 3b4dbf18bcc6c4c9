"""ctrl+s, ctrl+e and the palette: pictures drawn anew and numbers, with their facts, in files of their own."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.main import main
from deepvis.core.candidates import candidates
from deepvis.core.saving import CopyText, NumbersOf, SaveNumbers, SavePane, SaveUnit
from deepvis.core.state import AppState, Palette, ViewState, Zoom
from deepvis.core.typed import press
from deepvis.window.new_files import new_file, reserved
from deepvis.window.png_text import png_of
from deepvis.window.pointer import pointed
from deepvis.window.saver import subject_under
from deepvis.window.ui.enlarged import UNIT as UNIT_CARD
from deepvis.window.ui.enlarged import drawn_anew, factor_for, place_of
from deepvis.window.ui.events import Mouse
from deepvis.window.ui.scene import Status
from tests.window.ui.scenes import DECONV, INFO, PLAIN, UNIT, make_scene


def run(*arguments: object) -> int:
    return main(["--headless", *map(str, arguments)])


def saved(folder: Path, suffix: str) -> list[Path]:
    return sorted(folder.glob(f"deepvis-*{suffix}"))


# ------------------------------------------------------------------- pictures


@pytest.mark.parametrize("subject", ["input", "layers", "aux", "back", "jpgvis", "control", "status", UNIT_CARD])
def test_a_pane_is_drawn_anew_and_not_enlarged(subject: str) -> None:
    scene = make_scene(DECONV)
    rect = place_of(scene, subject)
    large = drawn_anew(scene, subject, 4)
    assert large.shape[1] == 4 * rect.width and large.shape[0] > 4 * rect.height
    small = drawn_anew(scene, subject, 1)
    enlarged = np.repeat(np.repeat(small, 4, axis=0), 4, axis=1)[: 4 * rect.height]
    assert not np.array_equal(large[: 4 * rect.height], enlarged)  # letters have edges of their own


def test_at_its_own_size_it_is_what_the_window_shows() -> None:
    from deepvis.window.ui.compose import Composer

    scene = make_scene(DECONV)
    window, rect = Composer()(scene), scene.layout["layers"]
    assert np.array_equal(drawn_anew(scene, "layers", 1)[: rect.height], window[rect.slices])


def test_the_scale_bar_has_the_colours_from_end_to_end() -> None:
    scene = make_scene(UNIT)
    large = drawn_anew(scene, "layers", 2)
    foot = large[2 * scene.layout["layers"].height :]
    grays = [int(row.max()) - int(row.min()) for row in foot[:, foot.shape[1] // 4 : foot.shape[1] * 3 // 4]]
    assert max(grays) > 100
    assert drawn_anew(make_scene(PLAIN), UNIT_CARD, 2).shape[0] > drawn_anew(scene, UNIT_CARD, 2).shape[0]  # has none


def test_a_picture_that_would_be_too_large_is_drawn_smaller() -> None:
    scene = make_scene(UNIT)
    assert factor_for(scene.layout["layers"], 4) == 4
    assert factor_for(type(scene.layout["layers"])(0, 0, 5000, 5000), 4) == 1
    assert factor_for(type(scene.layout["layers"])(0, 0, 2000, 3000), 4) == 2


def test_what_is_saved_is_under_the_mouse_else_zoomed_into_else_the_unit() -> None:
    scene = make_scene(UNIT)
    back = scene.layout["back"]
    assert subject_under(scene, (back.row + 5, back.col + 5)) == "back"
    assert subject_under(scene, None) == UNIT_CARD
    assert subject_under(make_scene(ViewState(2, 7, zoom=Zoom.UNIT)), None) == "layers"


def test_facts_are_in_the_png_and_its_pixels_are_untouched(tmp_path: Path) -> None:
    bgr = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    path = tmp_path / "x.png"
    path.write_bytes(png_of(bgr, {"Model": "größer", "Photo": "/a/b.jpg"}))
    with Image.open(path) as image:
        assert image.text == {"Model": "größer", "Photo": "/a/b.jpg"}  # type: ignore[attr-defined]
        assert np.array_equal(np.asarray(image)[..., ::-1], bgr)
    with pytest.raises(ValueError, match="expected 1 to 79"):
        png_of(bgr, {"": "x"})


def test_no_file_is_overwritten_and_a_failure_leaves_none(tmp_path: Path) -> None:
    assert [reserved(tmp_path, "a", ".png").name for _ in range(3)] == ["a.png", "a-2.png", "a-3.png"]
    with new_file(tmp_path, "a", ".png") as (path, file):
        file.write(b"x")
    assert path.name == "a-4.png" and path.read_bytes() == b"x"
    with pytest.raises(ValueError), new_file(tmp_path, "b", ".png"):
        raise ValueError
    assert not list(tmp_path.glob("b*"))


def test_keys_save_pictures_with_the_facts_of_the_network(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    keys = 'o down right b ctrl+s / "save pane back" enter / "save unit as png" enter'
    assert run(*tiny, "--images", photos, "--pictures", tmp_path, "--keys", keys) == 0
    pictures = saved(tmp_path, ".png")
    assert [sum(f"-{name}-" in path.name for path in pictures) for name in ("back", "unit")] == [1, 2]
    with Image.open(next(path for path in pictures if "-back-" in path.name)) as image:
        facts = image.text  # type: ignore[attr-defined]
    assert facts["Model"] == "tiny" and len(facts["Network"]) == 12
    assert (facts["Layer"], facts["Unit"], facts["Back mode"]) == ("pool1", "1", "gradient, raw")
    assert facts["Photo"] == str(photos / "photo0.png") and facts["Software"].startswith("deepvis ")


def test_a_folder_that_cannot_be_written_is_one_sentence(
    tiny: list[str], photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    arguments = [*tiny, "--images", photos, "--pictures", tmp_path / "file"]
    assert run(*arguments, "--keys", "ctrl+s") == 2
    error = capsys.readouterr().err
    assert "could not be saved" in error and str(tmp_path / "file") in error and error.count("\n") == 1


def test_a_click_on_the_sentence_copies_the_path() -> None:
    scene = make_scene(status=Status(hint="saved /a/b.png", path="/a/b.png"))
    status = scene.layout["status"]
    _, effects = pointed(scene.state, Mouse("press", status.row + 4, status.col + 40), scene)
    assert [effect.text for effect in effects if isinstance(effect, CopyText)] == ["/a/b.png"]
    bare = make_scene()
    assert pointed(bare.state, Mouse("press", status.row + 4, status.col + 40), bare)[0].view.help


# -------------------------------------------------------------------- numbers


def test_all_numbers_are_in_an_npz_by_their_names(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    assert run(*tiny, "--images", photos, "--pictures", tmp_path, "--keys", "o down right b ctrl+e") == 0
    with np.load(saved(tmp_path, ".npz")[0], allow_pickle=False) as found:
        assert found["activations"].shape == found["diffs"].shape == (12, 5, 7)
        assert (int(found["version"]), int(found["unit"])) == (1, 1)
        assert found["classes"].shape == (10,) and abs(float(found["classes"].sum()) - 1) < 1e-5
        assert found["labels"][3] == "class 3"
        assert found["projection"].shape == (3, 24, 32) and found["input"].shape == (24, 32, 3)
        assert json.loads(str(found["facts"]))["Layer"] == "pool1"


def test_csv_of_a_unit_a_layer_and_the_classes(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    words = ("this unit as csv", "this layer as csv", "class probabilities as csv")
    keys = "o down right b ctrl+e " + " ".join(f'/ "{each}" enter' for each in words)
    assert run(*tiny, "--images", photos, "--pictures", tmp_path, "--keys", keys) == 0
    with np.load(saved(tmp_path, ".npz")[0]) as found:
        maps, diffs, classes = (found[name] for name in ("activations", "diffs", "classes"))

    def rows(of: str) -> list[dict[str, str]]:
        path = next(path for path in saved(tmp_path, ".csv") if f"-{of}-" in path.name)
        lines = path.read_text(encoding="utf-8").splitlines()
        assert f"# Photo: {photos / 'photo0.png'}" in lines
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))

    unit, layer, best = rows("unit"), rows("layer"), rows("classes")
    assert len(unit) == 35 and {row["unit"] for row in unit} == {"1"}
    assert np.array_equal(np.array([row["activation"] for row in unit], np.float32), maps[1].ravel())
    assert np.array_equal(np.array([row["diff"] for row in layer], np.float32), diffs.ravel())
    assert [(layer[37][name]) for name in ("unit", "row", "col")] == ["1", "0", "2"]
    assert int(best[0]["class"]) == int(classes.argmax()) and float(best[0]["probability"]) == float(classes.max())


def test_the_palette_offers_what_can_be_saved() -> None:
    def effect_of(text: str) -> object:
        state = AppState(INFO, typing=Palette(ViewState(), text))
        assert candidates(state)[0].kind.value == "save"
        return press(state, "enter")[1][0]

    assert effect_of("save pane back as png") == SavePane(1, "back")
    assert effect_of("save unit as png") == SaveUnit(1)
    assert effect_of("save the numbers of this unit as csv") == SaveNumbers(1, NumbersOf.UNIT, "csv")


def test_what_has_no_numbers_says_so() -> None:
    from dataclasses import replace

    from deepvis.window.saved_numbers import problem_of
    from tests.window.ui.scenes import missing_scene

    assert "has not seen a picture" in problem_of(make_scene(passed=False), NumbersOf.LAYER)
    assert "unknown type Warp" in problem_of(missing_scene(ViewState(6)), NumbersOf.LAYER)
    scene = make_scene()
    no_classes = replace(scene, state=replace(scene.state, info=replace(INFO, prob_layer="")))
    assert "no layer of class probabilities" in problem_of(no_classes, NumbersOf.CLASSES)
