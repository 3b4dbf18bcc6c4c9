"""The command, end to end: pages from what the other commands make, resuming, what is missing, nonsense."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.main import main
from deepvis.cli.subcommand import find
from deepvis.core.unit_files import unit_image_paths, user_folder
from deepvis.models.network_options import network_of
from deepvis.models.zoo import open_model
from tests.formats.conformance import CASES

Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def pictures(tiny: list[str], photos: Path, own_pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What optimize-layer, optimize and scan leave of a small network: conv2 whole, of fc3 two units."""
    folder = tmp_path_factory.mktemp("pictures")
    climb = ["--max-iter", "2", "--device", "cpu", "--output", str(folder)]
    presets = ["--presets", "1+", "3+"]
    assert main(["optimize-layer", *tiny, "--push-layer", "conv2", *presets, *climb]) == 0
    assert main(["optimize-layer", *tiny, "--push-layer", "fc3", "--units", "2", "5", *presets, *climb]) == 0
    assert main(["optimize", *tiny, "--push-layer", "fc3", "--push-channel", "5", "--preset", "3+", *climb]) == 0
    scan = ["--images", str(photos), "--layers", "conv2", "fc3", "--device", "cpu", "--crop", "--output", str(folder)]
    assert main(["scan", *tiny, *scan]) == 0
    return folder


@pytest.fixture(scope="module")
def gallery(tiny: list[str], pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("tiny") / "gallery"
    assert main(["gallery", *tiny, "--pictures", str(pictures), "--output", str(output)]) == 0
    return output


class Addresses(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        text = path.read_text()
        self.feed(text)
        self.found += re.findall(r"url\('([^']*)'\)", text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value is not None]


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*") if p.is_file()
    }


@pytest.mark.parametrize("of", ["mini", "gallery"])
def test_every_address_leads_to_a_file_of_the_folder(of: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(of)
    pages = list(folder.rglob("*.html"))
    for page in pages if of == "gallery" else [each for each in pages if each.stem in ("index", "0003", "all-units")]:
        for address in Addresses(page).found:
            if not address.startswith("data:"):
                target = (page.parent / unquote(address)).resolve()
                assert target.is_file() and target.is_relative_to(folder.resolve()), (page, address)


def test_a_unit_shows_what_there_is_of_it(gallery: Path) -> None:
    page = (gallery / "conv2" / "0003.html").read_text()
    assert "<b>1+</b>" in page and "<b>3+</b>" in page and page.count('class="block"') == 2
    assert "activation up to" in page and "2 iterations" in page
    assert "pictures/0003-top.jpg" in page and "pictures/0003-deconv.jpg" in page
    assert "over 3 photos" in page and "<svg" in page and "photo0.png at" in page
    assert "Cosine similarity of the incoming weights in conv2" in page
    assert 'class="missing"' not in page
    page = (gallery / "fc3" / "0005.html").read_text()
    assert (
        "<title>fc3 5: class 5</title>" in page
        and "deepvis optimize, preset 3+ with max iter 2, seed 0, activation" in page
    )
    assert "pictures/0005-single.jpg" in page
    page = (gallery / "fc3" / "0004.html").read_text()
    assert "preferred pictures: none yet" in page


def test_layers_that_show_another_ones_pictures_have_no_pages(gallery: Path) -> None:
    assert {path.name for path in gallery.iterdir() if path.is_dir()} == {"assets", "conv1", "conv2", "fc3"}
    text = (gallery / "index.html").read_text()
    assert "the same pictures: pool1" in text and "the same pictures: prob" in text


def test_the_command_that_is_named_makes_what_is_missing(
    tiny: list[str], pictures: Path, photos: Path, tmp_path: Path, capsys: Said
) -> None:
    """Run as they stand, until nothing is missing but the statistics of another command."""
    mine, output = tmp_path / "mine", tmp_path / "gallery"
    shutil.copytree(pictures, mine)
    (mine / "max_im" / "fc3" / "fc3_0001.jpg").unlink()
    (mine / "max_deconv" / "conv2" / "conv2_0001.jpg").unlink()
    words = ["gallery", *tiny, "--pictures", str(mine), "--layers", "conv2", "fc3", "--output", str(output)]
    capsys.readouterr()
    assert main(words) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "; missing: preferred pictures of fc3 (" in said
    commands = re.findall(r"\((\S+ (?:optimize-layer|crops|scan) [^)]*)\)", said)
    assert [shlex.split(each)[1] for each in commands] == ["optimize-layer", "crops", "crops"]
    texts = "".join(path.read_text() for path in (output / "index.html", output / "fc3" / "index.html"))
    assert all(f"<code>deepvis {shlex.split(each)[1]} " in texts for each in commands) and "run.sh" not in texts
    assert "missing for 8 of 10 units" in texts
    for command in commands:
        more = ["--max-iter", "2"] if "optimize-layer" in command else []
        assert main([*shlex.split(command)[1:], *more]) == 0, command
    capsys.readouterr()
    assert main(words) == 0
    assert "missing" not in capsys.readouterr().out
    assert "missing" not in (output / "fc3" / "0004.html").read_text()


def test_a_scan_that_is_named_makes_the_layers_that_no_scan_has(
    tiny: list[str], pictures: Path, photos: Path, tmp_path: Path, capsys: Said
) -> None:
    words = ["gallery", *tiny, "--pictures", str(pictures), "--layers", "conv1", "--output", str(tmp_path / "gallery")]
    capsys.readouterr()
    assert main(words) == 0
    command = re.findall(r"top 9 of conv1 \((\S+ scan [^)]*)\)", capsys.readouterr().out)[0]
    assert "--layers conv1 --images FOLDER --crop" in command and str(pictures) not in command
    assert find("scan").parser().parse_args(shlex.split(command)[2:])


def test_again_it_is_already_done_and_writes_nothing(
    tiny: list[str], pictures: Path, gallery: Path, capsys: Said
) -> None:
    before = state(gallery)
    assert main(["gallery", *tiny, "--pictures", str(pictures), "--output", str(gallery)]) == 0
    assert capsys.readouterr().out.startswith(f"already done: {gallery}/index.html; missing: preferred pictures of ")
    assert state(gallery) == before


def test_a_page_is_written_again_only_where_its_sources_changed(
    tiny: list[str], pictures: Path, tmp_path: Path, capsys: Said
) -> None:
    mine, output = tmp_path / "mine", tmp_path / "gallery"
    shutil.copytree(pictures, mine)
    words = ["gallery", *tiny, "--pictures", str(mine), "--output", str(output)]
    assert main(words) == 0
    before = state(output)
    montage = unit_image_paths(mine, "conv2", 3).montage
    with Image.open(montage) as image:
        image.rotate(180).save(montage)
    assert main(words) == 0
    changed = {name for name, stamp in state(output).items() if before.get(name) != stamp}
    assert changed == {"conv2/pictures/0003-montage.jpg", "conv2/true-size.jpg"}
    unit_image_paths(mine, "conv2", 4).top.unlink()
    before = state(output)
    assert main(words) == 0
    after = state(output)
    assert "conv2/pictures/0004-top.jpg" in before and "conv2/pictures/0004-top.jpg" not in after
    assert (
        before["conv2/0003.html"] == after["conv2/0003.html"] or "missing" in (output / "conv2/0003.html").read_text()
    )
    assert before["conv1/0003.html"] == after["conv1/0003.html"] and before["fc3/0003.html"] == after["fc3/0003.html"]
    assert before["conv2/0004.html"] != after["conv2/0004.html"]


def test_a_run_that_was_stopped_goes_on(own_pictures: Path, mini: Path, tmp_path: Path) -> None:
    output = tmp_path / "gallery"
    words = ["gallery", "--layers", "conv3", "conv4", "--output", str(output)]
    running = subprocess.Popen(
        [sys.executable, "-m", "deepvis", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not (output / "conv3" / "0002.html").exists() and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    said, noted = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, ""), noted
    assert re.search(r"\d+ of 512 units are done, run the same command again to go on", noted)
    done = state(output)
    assert not (output / "index.html").exists()
    assert main(words) == 0
    after = state(output)
    assert {name: stamp for name, stamp in done.items() if after[name] != stamp}.keys() <= {"gallery.json"}
    for name in ("conv4/units.jpg", "conv4/pictures/0100-montage.jpg", "conv3/units.jpg"):
        assert (output / name).read_bytes() == (mini / name).read_bytes()


def test_statistics_are_taken_from_beside_the_pictures(
    tiny: list[str], pictures: Path, tmp_path: Path, capsys: Said
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(pictures, mine)
    model = open_model(network_of(vars(find("gallery").parser().parse_args([*tiny, "--output", "x"]))))
    lists = {"mean": [float(n) for n in range(12)], "maximum": [9.0] * 12, "dead": [n == 5 for n in range(12)]}
    content = {"version": 1, "network": model.identity, "layers": {"conv1": {**lists, "active": [0.25] * 12}}}
    (mine / "statistics").mkdir()
    (mine / "statistics" / "statistics.json").write_text(json.dumps(content))
    output = tmp_path / "gallery"
    assert main(["gallery", *tiny, "--pictures", str(mine), "--output", str(output)]) == 0
    page = (output / "conv1" / "0003.html").read_text()
    assert "<dt>mean activation</dt><dd>3</dd>" in page and "<dd>25.0% of the photos</dd>" in page
    assert "dead: it fires in none" in (output / "conv1" / "0005.html").read_text()
    assert "1 dead" in (output / "index.html").read_text()
    assert 'data-mean="11"' in (output / "conv1" / "index.html").read_text()


def test_pictures_of_another_network_are_left_out_and_said(
    tiny: list[str], pictures: Path, tmp_path: Path, capsys: Said
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(pictures, mine)
    for path in mine.rglob("*.json"):
        text = path.read_text()
        path.write_text(re.sub(r'"network": "\w+"', '"network": "000000000000"', text))
    output = tmp_path / "gallery"
    assert main(["gallery", *tiny, "--pictures", str(mine), "--layers", "conv2", "--output", str(output)]) == 0
    noted = capsys.readouterr().err
    assert f"{mine}/regularized_opt/conv2 were made in another network" in noted
    assert f"{mine}/max_im/conv2 were made in another network" in noted
    assert "montage" not in (output / "conv2" / "0003.html").read_text()


def test_pictures_of_the_original_and_of_the_window(tiny: list[str], own_pictures: Path, tmp_path: Path) -> None:
    """Montages without a how.json: the blocks that are filled are shown. A live optimization is a single picture."""
    mine, output = tmp_path / "mine", tmp_path / "gallery"
    rng = np.random.default_rng(0)
    montage = np.full((60, 60, 3), 24, np.uint8)
    montage[30:, :30] = rng.integers(0, 256, (30, 30, 3))
    for channel in range(7):
        path = unit_image_paths(mine, "conv2", channel).montage
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(montage).save(path)
    live = unit_image_paths(mine, "conv2", 2).live
    live.parent.mkdir(parents=True)
    Image.fromarray(montage).save(live)
    assert main(["gallery", *tiny, "--pictures", str(mine), "--layers", "conv2", "--output", str(output)]) == 0
    page = (output / "conv2" / "0002.html").read_text()
    assert page.count('class="block"') == 1 and "row 3 of the paper" in page and "of an unnamed network" in page
    assert "optimized in the window" in page and "pictures/0002-single.png" in page


def test_pictures_saved_in_the_window_among_the_nine(tiny: list[str], own_pictures: Path, tmp_path: Path) -> None:
    """The user's folder has the unit's montage with them, and no how.json: the window writes that."""
    mine, output = tmp_path / "mine", tmp_path / "gallery"
    montage = unit_image_paths(mine, "conv2", 2).montage
    (montage.parent / "kept").mkdir(parents=True)
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8))
    picture.save(montage)
    picture.save(montage.parent / "kept" / "conv2_0002_00.png")
    assert main(["gallery", *tiny, "--pictures", str(mine), "--layers", "conv2", "--output", str(output)]) == 0
    page = (output / "conv2" / "0002.html").read_text()
    assert page.count('class="block"') == 1 and "<b>with those kept in the window</b>" in page


def test_a_file_that_is_no_picture_is_left_out_and_named(
    tiny: list[str], pictures: Path, tmp_path: Path, capsys: Said
) -> None:
    mine, output = tmp_path / "mine", tmp_path / "gallery"
    shutil.copytree(pictures, mine)
    broken = [unit_image_paths(mine, "conv2", 2).montage, unit_image_paths(mine, "conv2", 3).top]
    for path in broken:
        path.write_bytes(b"")
    (mine / "max_im" / "conv2" / "conv2_0004.json").write_text("{")
    assert main(["gallery", *tiny, "--pictures", str(mine), "--layers", "conv2", "--output", str(output)]) == 0
    noted = capsys.readouterr().err
    assert all(f"{path} cannot be read as a picture" in noted for path in broken)
    assert "conv2_0004.json is no list of patches" in noted
    assert 'class="block"' not in (output / "conv2" / "0002.html").read_text()
    assert "0004-top.jpg" in (output / "conv2" / "0004.html").read_text()


def test_filters_stand_in_for_the_first_convolutions_pictures(gallery: Path, odd: Path) -> None:
    """As in the window; elsewhere a unit without a picture has a plain tile."""
    page = (gallery / "conv1" / "index.html").read_text()
    assert "The small pictures are the layer's filters." in page and page.count('class="small none"') == 0
    with Image.open(gallery / "conv1" / "units.jpg") as drawn:
        assert np.asarray(drawn).std() > 20
    page = (gallery / "fc3" / "index.html").read_text()
    assert "filters" not in page and page.count('class="small none"') == 0  # its top 9 stand in
    assert "filters" not in next(odd.glob("a*/index.html")).read_text()


@pytest.mark.parametrize("name", CASES)
def test_any_network_that_opens_has_a_gallery(name: str, own_pictures: Path, tmp_path: Path, capsys: Said) -> None:
    """Without any picture: units, their nearest, and the commands that make the rest name the network."""
    case = CASES[name](tmp_path)
    output = tmp_path / "gallery"
    assert main(["gallery", *case.words, "--layers", "cat", "fc", "--output", str(output)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"26 units of 2 layers; the result is in {output}/index.html; missing: ")
    command = re.search(r"\((\S+ optimize-layer [^)]*)\)", said)
    assert command is not None
    parsed = find("optimize-layer").parser().parse_args(shlex.split(command[1])[2:])
    assert parsed.push_layer == ["cat", "fc"]
    assert network_of(vars(parsed)).network == case.ref.network
    assert (output / "cat" / "0015.html").read_text().count('<i class="small none">') == 8


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--model", "nothing-like-it"], "no model is named 'nothing-like-it'"),
        (["--network", "gone.onnx"], "gone.onnx: found no such file"),
        (["--layers", "conv9"], "has no layer 'conv9' for a gallery; did you mean 'conv"),
        (["--pictures", "gone"], "--pictures gone: found no such folder"),
        (["--pictures", __file__], "is a file, expected a folder"),
        (["--statistics", "gone.json"], "--statistics gone.json: found no such file"),
        (["--statistics", __file__], "holds no statistics of layers"),
    ],
)
def test_nonsense_is_one_sentence_and_leaves_nothing(
    more: list[str], words: str, own_pictures: Path, tmp_path: Path, capsys: Said
) -> None:
    assert main(["gallery", "--output", str(tmp_path / "new"), *more]) == 2
    said = capsys.readouterr()
    assert said.out == "" and words in said.err and said.err.count("\n") == 1, said.err
    assert not (tmp_path / "new").exists()


def test_an_output_that_is_none_is_refused(own_pictures: Path, tmp_path: Path, capsys: Said, root: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for output, words in (
        (file, "is a file, expected a folder"),
        (tmp_path, "holds other things and no gallery"),
        (root / "models" / "caffenet-mini", "holds other things and no gallery"),
        ("/proc/gallery", "cannot be made or written to"),
    ):
        assert main(["gallery", "--output", str(output)]) == 2
        said = capsys.readouterr()
        assert words in said.err and said.err.count("\n") == 1
    assert main(["gallery"]) == 2
    assert "--output" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and file.read_text() == "mine"


def test_names_of_files_and_classes_are_text(tiny: list[str], own_pictures: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("<script>alert(1)</script>\n</script>\n" + "".join(f"class {n}\n" for n in range(8)))
    words = [*tiny[:-1], str(labels), "--layers", "fc3", "--output", str(tmp_path / "gallery")]
    assert main(["gallery", *words]) == 0
    for page in (tmp_path / "gallery").rglob("*.html"):
        assert "<script>alert" not in page.read_text()
    assert user_folder("x").is_relative_to(own_pictures) and os.environ["DEEPVIS_CACHE"] == str(own_pictures)
