"""``deepvis optimize-layer``: the window's layout, going on, and a cluster."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from deepvis.cli.main import main
from deepvis.core.unit_files import unit_image_paths
from deepvis.jobs.store import adopt
from deepvis.optimize import layer_images, session
from deepvis.optimize.layer_plans import blocks_of
from deepvis.optimize.layout import BACKGROUND, grid, montage, whole_layer
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import TABLE_1
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import parameters

QUICK = ["--max-iter", "3"]


@pytest.fixture
def run(tiny_files, capsys):
    def go(*words):
        code = main(["optimize-layer", *tiny_files, *words])
        return code, capsys.readouterr().err

    return go


def test_the_window_s_layout(run, tmp_path):
    code, _ = run(*QUICK, "--push-layer", "conv/a", "fc", "--output", str(tmp_path))
    assert code == 0
    for layer, units, (height, width) in (("conv/a", 4, (3, 3)), ("fc", 5, (16, 20))):
        for channel in range(units):
            picture = Image.open(unit_image_paths(tmp_path, layer, channel).montage)
            assert picture.size == (6 * (width + 2), 6 * (height + 2))
        whole = Image.open(unit_image_paths(tmp_path, layer).whole_layer)
        side = 2 if units == 4 else 3
        assert whole.size == (side * width, side * height)
        folder = unit_image_paths(tmp_path, layer).whole_layer.parent
        how = json.loads((folder / "how.json").read_text())
        assert (how["size"], how["seeds"]) == ([height, width], list(range(9)))
        assert [how["blocks"][b]["preset"] for b in "1234"] == ["1", "2", "3", "4"]
        assert len(list(folder.iterdir())) == units + 2  # no pieces left


def test_a_layer_that_is_done_stays(run, tmp_path):
    words = [*QUICK, "--push-layer", "fc", "--presets", "3", "--rand-seed", "0", "--output", str(tmp_path)]
    assert run(*words)[0] == 0
    path = unit_image_paths(tmp_path, "fc", 2).montage
    before = path.stat().st_mtime_ns
    assert run(*words)[0] == 0 and path.stat().st_mtime_ns == before
    code, said = run(*words, "--max-iter", "4")
    assert code == 2 and "were made in another way" in said and path.stat().st_mtime_ns == before
    assert run(*words, "--max-iter", "4", "--overwrite")[0] == 0 and path.stat().st_mtime_ns != before


def test_channels_in_two_runs_make_a_whole_layer(run, tmp_path):
    words = [*QUICK, "--push-layer", "fc", "--presets", "3", "--rand-seed", "0-1", "--output", str(tmp_path)]
    assert run(*words, "--push-channel", "0-2")[0] == 0
    whole = unit_image_paths(tmp_path, "fc").whole_layer
    assert not whole.exists() and unit_image_paths(tmp_path, "fc", 2).montage.exists()
    code, said = run(*words, "--push-channel", "0-2", "--max-iter", "5")
    assert code == 2 and "were made in another way" in said
    assert run(*words, "--push-channel", "3-4")[0] == 0
    assert whole.exists() and not (whole.parent / "pieces").exists()


ONE = ["--presets", "3", "--rand-seed", "0"]


def test_another_run_may_finish_the_layer_meanwhile(run, tmp_path, monkeypatch):
    """It clears the pieces away just as they are to be read."""
    words = [*QUICK, "--push-layer", "fc", *ONE, "--output"]
    assert run(*words, str(tmp_path / "theirs"))[0] == 0
    theirs = unit_image_paths(tmp_path / "theirs", "fc").whole_layer.parent
    ours = unit_image_paths(tmp_path / "ours", "fc").whole_layer.parent
    read = layer_images.read_picture

    def cleared(path):
        if len(list(ours.glob("pieces/*.png"))) == 5:  # the last one is written
            shutil.rmtree(ours)
            shutil.copytree(theirs, ours)
        return read(path)

    monkeypatch.setattr(layer_images, "read_picture", cleared)
    assert run(*words, str(tmp_path / "ours"))[0] == 0
    assert {path.name: path.read_bytes() for path in ours.iterdir()} == {
        path.name: path.read_bytes() for path in theirs.iterdir()
    }


def test_other_presets_do_not_replace_those_of_an_unfinished_layer(run, tmp_path):
    words = [*QUICK, "--push-layer", "fc", "--rand-seed", "0", "--output", str(tmp_path)]
    assert run(*words, "--push-channel", "0-2")[0] == 0
    before = unit_image_paths(tmp_path, "fc", 1).montage.read_bytes()
    for other in (["--presets", "3"], ["--tile", "9"], ["--quality", "20"], ["--mean", "0,0,0"]):
        code, said = run(*words, *other)
        assert code == 2 and "were made in another way" in said
    assert unit_image_paths(tmp_path, "fc", 1).montage.read_bytes() == before
    assert run(*words)[0] == 0


def test_where_nothing_was_made_yet_another_way_is_as_good(run, tmp_path, monkeypatch):
    words = [*QUICK, "--push-layer", "fc", *ONE, "--output", str(tmp_path)]
    with monkeypatch.context() as patched:
        patched.setattr(session, "results", lambda *args, **more: (_ for _ in ()).throw(KeyboardInterrupt))
        assert run(*words)[0] == 130
    assert (unit_image_paths(tmp_path, "fc").how).exists()
    assert run(*words, "--tile", "7")[0] == 0


def test_a_layer_is_finished_once_every_picture_of_it_is_there(run, tmp_path):
    words = [*QUICK, "--push-layer", "fc", "--rand-seed", "0", "--output", str(tmp_path)]
    assert run(*words, "--push-channel", "0-1")[0] == 0
    folder = unit_image_paths(tmp_path, "fc").whole_layer.parent
    next((folder / "pieces").glob("*.png")).unlink()
    unit_image_paths(tmp_path, "fc", 0).montage.unlink()
    assert run(*words, "--push-channel", "2-4")[0] == 0
    assert not unit_image_paths(tmp_path, "fc").whole_layer.exists() and (folder / "pieces").exists()
    assert "fc is complete in" in run(*words)[1]
    assert unit_image_paths(tmp_path, "fc", 0).montage.exists() and not (folder / "pieces").exists()


def test_a_montage_that_is_gone_is_made_again_alone(run, tmp_path):
    words = [*QUICK, "--push-layer", "fc", *ONE, "--output", str(tmp_path)]
    assert run(*words)[0] == 0
    montages = [unit_image_paths(tmp_path, "fc", channel).montage for channel in range(5)]
    before = [path.read_bytes() for path in montages]
    times = [path.stat().st_mtime_ns for path in montages]
    montages[3].unlink()
    assert run(*words)[0] == 0
    assert [path.read_bytes() for path in montages] == before
    assert [path.stat().st_mtime_ns == time for path, time in zip(montages, times, strict=True)] == [1, 1, 1, 0, 1]
    assert not (montages[0].parent / "pieces").exists()


def test_climbs_that_have_ended_leave_no_file(run, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "SAVE_SECONDS", 0.0)
    words = [*QUICK, "--push-layer", "fc", *ONE, "--output", str(tmp_path), "--push-channel", "0-2"]
    assert run(*words)[0] == 0
    pieces = unit_image_paths(tmp_path, "fc").whole_layer.parent / "pieces"
    assert [path.suffix for path in pieces.iterdir()] == [".png"] * 3


def test_montages_that_nobody_explains_are_in_the_way(run, tmp_path):
    theirs = unit_image_paths(tmp_path, "fc", 0).montage
    theirs.parent.mkdir(parents=True)
    Image.new("RGB", (5, 5)).save(theirs)
    words = [*QUICK, "--push-layer", "fc", *ONE, "--output", str(tmp_path)]
    code, said = run(*words)
    assert code == 2 and "nothing says how it was made" in said and Image.open(theirs).size == (5, 5)
    assert run(*words, "--overwrite")[0] == 0 and Image.open(theirs).size != (5, 5)


def test_what_others_put_among_the_pieces_stays(run, tmp_path):
    pieces = unit_image_paths(tmp_path, "fc").whole_layer.parent / "pieces"
    pieces.mkdir(parents=True)
    (pieces / "notes.txt").write_text("mine")
    words = [*QUICK, "--push-layer", "fc", *ONE, "--output", str(tmp_path)]
    assert run(*words)[0] == 0 and [path.name for path in pieces.iterdir()] == ["notes.txt"]
    assert run(*words, "--max-iter", "3", "--overwrite")[0] == 0
    assert [path.read_text() for path in pieces.iterdir()] == ["mine"]


def test_tiles_may_be_smaller_than_the_field(run, tmp_path):
    words = [*QUICK, "--push-layer", "fc", "--presets", "3", "--rand-seed", "0", "--output", str(tmp_path)]
    assert run(*words, "--tile", "10")[0] == 0
    assert Image.open(unit_image_paths(tmp_path, "fc").whole_layer).size == (30, 24)


def test_files_may_be_smaller_than_usual(run, tmp_path):
    words = [*QUICK, "--push-layer", "fc", "--presets", "3", "--rand-seed", "0"]
    sizes = []
    for quality in ("90", "30"):
        assert run(*words, "--quality", quality, "--output", str(tmp_path / quality))[0] == 0
        sizes.append(unit_image_paths(tmp_path / quality, "fc", 2).montage.stat().st_size)
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--push-layer", "fx"], "has no layer 'fx'"),
        (["--push-layer", "fc", "--rand-seed", "0-9"], "room for 9"),
        (["--push-layer", "fc", "--presets", "7"], "no preset is named '7'"),
        (["--push-layer", "fc", "--push-channel", "9"], "no channel 9"),
        (["--push-layer", "fc", "--workers", "-1"], "--workers: '-1' is not a whole number"),
    ],
)
def test_one_sentence(run, tmp_path, words, sentence):
    code, said = run(*QUICK, *words, "--output", str(tmp_path))
    assert code == 2 and sentence in said


def test_where_presets_stand():
    own = Recipe()
    assert list(blocks_of({"3": TABLE_1["3"]})) == [2]
    assert list(blocks_of(dict(TABLE_1))) == [0, 1, 2, 3]
    assert {b: name for b, (name, _) in blocks_of({"soft": own, "1": TABLE_1["1"]}).items()} == {0: "1", 2: "soft"}
    assert {b: name for b, (name, _) in blocks_of({n: own for n in "dcba"}).items()} == dict(enumerate("dcba"))
    assert list(blocks_of({"4+": own, "2+": own})) == [1, 3]
    with pytest.raises(OptimizeError, match="room for 4"):
        blocks_of({n: own for n in "abcde"})


def flat(value, size=(4, 6)):
    return np.full((*size, 3), value, np.uint8)


def test_a_montage_is_four_equal_blocks_of_nine():
    picture = montage([[], [], [flat(200)] * 9, []], (4, 6))
    assert picture.shape == (36, 48, 3)
    shown = picture[18:, :24]
    assert (shown[1:5, 1:7] == 200).all() and (shown[7:11, 9:15] == 200).all()
    assert (picture[:18] == BACKGROUND).all() and (picture[18:, 24:] == BACKGROUND).all()


def test_a_whole_layer_is_a_square_of_cells():
    picture = whole_layer([flat(n) for n in range(5)], (4, 6))
    assert picture.shape == (12, 18, 3)
    assert picture[0, 17, 0] == 2 and picture[4, 0, 0] == 3 and (picture[8:] == BACKGROUND).all()
    assert max(whole_layer([flat(1, (60, 60))] * 4000, (60, 60)).shape) <= 3200


def test_pictures_of_another_size_are_fitted_to_their_cell():
    assert (grid([flat(90, (9, 9))], 1, 1, (4, 6))[1:5, 1:7] == 90).all()


def test_the_field_alone_is_enough(run, tmp_path):
    words = ["--push-layer", "conv/a", "--presets", "3+", "--rand-seed", "0", "--output", str(tmp_path)]
    assert run("--max-iter", "30", "--field-only", *words)[0] == 0
    how = json.loads((unit_image_paths(tmp_path, "conv/a").whole_layer.parent / "how.json").read_text())
    assert how["field_only"] and how["place"] == [0, 0] and how["field"] == [0, 0, 3, 3]
    assert min(how["units"]) > 0


def test_the_model_s_own_presets(tmp_path):
    words = ["--push-layer", "fc8", "--push-channel", "3", "--rand-seed", "0", *QUICK, "--output", str(tmp_path)]
    assert main(["optimize-layer", *words]) == 0
    how = json.loads((unit_image_paths(tmp_path, "fc8").whole_layer.parent / "how.json").read_text())
    assert [how["blocks"][block]["preset"] for block in "1234"] == ["1+", "2+", "3+", "4+"]


def named_by_0_1_0(plan):
    """Give pieces the names and texts that 0.1.0 gave them: what tells the job stood inside."""
    earlier = plan.earlier()
    for job, path in plan.jobs().items():
        if path.exists():
            with Image.open(path) as image:
                recorded = PngImagePlugin.PngInfo()
                text = {**json.loads(image.text["deepvis"]), **plan.origin.as_dict(), "parameters": parameters(job)}
                recorded.add_text("deepvis", json.dumps(text))
                image.save(earlier[job], "PNG", pnginfo=recorded)
            path.unlink()


def test_an_unfinished_layer_of_0_1_0_goes_on(run, tmp_path, monkeypatch):
    words = [*QUICK, "--push-layer", "fc", *ONE, "--output"]
    assert run(*words, str(tmp_path / "whole"))[0] == 0
    assert run(*words, str(tmp_path / "old"), "--push-channel", "0-3")[0] == 0
    folder = unit_image_paths(tmp_path / "old", "fc").whole_layer.parent
    plans = []
    monkeypatch.setattr(layer_images, "adopt", lambda earlier, path: plans.append(earlier) or adopt(earlier, path))
    real = layer_images.jobs_left
    with monkeypatch.context() as patched:  # the plan, as the command makes it
        patched.setattr(layer_images, "jobs_left", lambda plan: named_by_0_1_0(plan) or real(plan))
        assert run(*words, str(tmp_path / "old"))[0] == 0
    assert sorted(path.name for path in plans) == [f"fc_000{n}_p3_s0.png" for n in range(4)]
    for path in sorted(folder.iterdir()):
        assert (
            path.read_bytes()
            == (unit_image_paths(tmp_path / "whole", "fc").whole_layer.parent / path.name).read_bytes()
        )
