"""The command line, end to end: caffenet-mini on the sample photos, Ctrl-C, errors, the page."""

from __future__ import annotations

import io
import json
import re
import signal
import struct
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from deepvis.cli.main import main
from deepvis.sources.samples import LABELS, samples_folder
from deepvis.statistics import preparing
from deepvis.statistics.statistics_plan import StatisticsFolder
from tests.helpers.killed_process import killed_mark

COMMAND = [sys.executable, "-m", "deepvis", "statistics"]


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> Path:
    """A list of the sample photos."""
    paths = [Path(samples_folder()) / name for name in LABELS]
    there = [str(path) for path in paths if path.is_file()]
    if not there:
        pytest.skip("there are no sample photos: pip install scikit-image")
    file = tmp_path_factory.mktemp("samples") / "photos.txt"
    file.write_text("\n".join(there))
    return file


def arguments(ref) -> list[str]:
    return ["--network", ref.network, "--weights", ref.weights, "--mean", "90,100,110", "--gradient-photos", "5"]


def test_caffenet_mini_on_the_sample_photos(samples, tmp_path, capsys) -> None:
    words = ["statistics", "--images", str(samples), "--output", str(tmp_path), "--device", "cpu"]
    words += ["--gradient-photos", "6"]
    assert main(words) == 0
    said = capsys.readouterr().out
    folder = StatisticsFolder(tmp_path)
    result = json.loads(folder.result.read_text())
    count = len(samples.read_text().split("\n"))
    assert said.endswith(f"{count} photos, 0 skipped; the result is in {folder.root}\n")
    assert result["s1"]["conclusion"] in said and result["footnote_4"]["conclusion"] in said
    layers = result["layers"]
    assert list(layers)[:4] == ["conv1", "pool1", "norm1", "conv2"]
    assert all(
        len(each[name]) == each["units"]
        for each in layers.values()
        for name in ("mean", "std", "maximum", "active", "dead")
    )
    assert result["footnote_4"]["layers"] == 6, "conv2 to conv5, fc6, fc7: no pooling, normalization, softmax"
    assert layers["conv1"]["rectified"] and not layers["fc8"]["rectified"] and not any(layers["fc8"]["dead"])
    assert sum(layers["prob"]["mean"]) == pytest.approx(1, abs=1e-3)
    s1 = result["s1"]
    assert s1["readers"] == ["conv2"] and len(s1["filters"]) == 64
    assert s1["spectra"]["gradient"]["centroid"] > s1["spectra"]["photos"]["centroid"]
    assert s1["spectra"]["follows"]["gradient"] > 0.9, "the gradient's spectrum is that of conv1's filters"
    check_page(folder)
    assert main(words) == 0
    assert capsys.readouterr().out.endswith(f"already done: {folder.root}\n")


def check_page(folder: StatisticsFolder) -> None:
    """Every picture of the page is there, whole, and of a size to look at; nothing comes from elsewhere."""
    page = folder.page.read_text()
    pictures = re.findall(r'<img src="([^"]+)"', page)
    assert pictures == ["means.png", "correlation.png", "conv1.png", "filters.png", "gradient.png"]
    for name in pictures:
        content = (folder.root / name).read_bytes()
        width, height = struct.unpack(">II", content[16:24])
        assert content.startswith(b"\x89PNG") and content.endswith(b"IEND\xaeB`\x82") and width > 800 and height > 300
    assert "http" not in page and "<script" not in page


@pytest.fixture(scope="module")
def whole(ref, photos, tmp_path_factory) -> tuple[StatisticsFolder, str, str]:
    """A run that nothing interrupts, and what it said on both streams."""
    folder = tmp_path_factory.mktemp("whole")
    out, noted = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(noted):
        assert main(["statistics", *arguments(ref), "--images", str(photos), "--output", str(folder)]) == 0
    return StatisticsFolder(folder), out.getvalue(), noted.getvalue()


def test_skipped_photos_are_said(whole) -> None:
    folder, out, noted = whole
    assert "skipped:" in noted and "020_none.png" in noted
    assert "37 photos, 1 skipped; the result is in" in out
    assert "020_none.png" in folder.page.read_text()


def test_ctrl_c_and_on_again(ref, photos, whole, tmp_path) -> None:
    words = [*arguments(ref), "--images", str(photos), "--workers", "1", "--output", str(tmp_path)]
    running = subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    folder = StatisticsFolder(tmp_path)
    while not folder.images.exists() and running.poll() is None:
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    noted = running.communicate(timeout=120)[1]
    assert running.returncode in (0, 130), noted
    if running.returncode and not folder.result.exists():  # not finished already
        last = noted.splitlines()[-1]
        assert "Traceback" not in noted
        if last != "deepvis: interrupted":  # it came while a library was loaded
            assert last.startswith("deepvis statistics: interrupted"), noted
            assert "run the same command again to go on" in noted
    assert main(["statistics", *words]) == 0
    assert folder.result.read_bytes() == whole[0].result.read_bytes()


def test_photos_cut_short_are_said(ref, photos, tmp_path, capsys) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for name in ("001.png", "002.png", "003.png"):
        (few / name).write_bytes((photos / name).read_bytes())
    (few / "003.png").write_bytes((few / "003.png").read_bytes()[:-400])
    assert main(["statistics", *arguments(ref), "--images", str(few), "--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "3 photos (1 of them cut short), 0 skipped; the result is in" in said.out
    assert "003.png is cut short: what there is of it was used" in said.err


def test_no_list_of_photos_is_left_behind(ref, photos, tmp_path, monkeypatch) -> None:
    """Neither by Ctrl-C while libraries load, for it is written afterwards, nor by a run that was killed."""
    folder, seen, open_network = StatisticsFolder(tmp_path), [], preparing.open_network
    folder.root.mkdir()
    left = folder.root / f"running.txt.{killed_mark()}.part"
    left.touch()

    def opened(*arguments):
        seen.extend(folder.root.iterdir())
        return open_network(*arguments)

    monkeypatch.setattr(preparing, "open_network", opened)
    assert main(["statistics", *arguments(ref), "--images", str(photos), "--output", str(tmp_path)]) == 0
    assert seen == [left] and not list(folder.root.glob("*.part")) and not folder.images.exists()


def test_errors_are_one_sentence_and_exit_code_2(ref, photos, tmp_path, capsys) -> None:
    output, images = ["--output", str(tmp_path / "out")], ["--images", str(photos)]
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    mine = ["statistics", *arguments(ref)]
    for words, said in (
        ([*mine, "--images", str(tmp_path / "nix"), *output], "nix cannot be read"),
        ([*mine, "--images", str(tmp_path / "empty"), *output], "holds no pictures"),
        ([*mine, *images, "--layers", "fcc", *output], "has no layer 'fcc'; did you mean 'fc'?"),
        ([*mine, *images, "--device", "gpu", *output], "there is no device 'gpu'"),
        ([*mine, *images, "--gradient-photos", "0", *output], "--gradient-photos: '0' is not a whole number"),
        ([*mine, *images, "--output", "/proc/foo"], "the folder /proc/foo cannot be made"),
        ([*mine, *images, "--output", str(tmp_path / "file")], "file"),
        (["statistics", "--model", "nix", *images, *output], "no model is named 'nix'"),
        (["statistics", *output], "--images"),
    ):
        assert main(words) == 2, words
        noted = capsys.readouterr().err
        assert said in noted and noted.count("\n") == 1, noted
        assert not (tmp_path / "out").exists()


def test_without_matplotlib_it_is_said_before_the_work(ref, photos, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    words = ["statistics", *arguments(ref), "--images", str(photos), "--output", str(tmp_path / "out")]
    assert main(words) == 2 and not (tmp_path / "out").exists()
    assert "pip install matplotlib" in capsys.readouterr().err
