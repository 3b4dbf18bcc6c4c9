"""The naming of pictures by a person: the sheet, the list of names, the score."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.blind_naming import main
from deepvis.optimize.results import to_json, write_jpeg

LABELS = [f"n{number:08d} thing {number}, its other name" for number in range(30)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Three pictures and nine names."""
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    for channel in (3, 17, 20):
        for seed in (0, 1):
            stem = tmp_path / "made" / f"opt_fc8_{channel:04d}_{seed}"
            write_jpeg(Path(f"{stem}_best_Xpm.jpg"), np.full((40, 50, 3), 10 * channel, np.uint8))
            content = to_json({"version": 1, "parameters": {"push_channel": channel, "rand_seed": seed}})
            Path(f"{stem}_info.json").write_bytes(content)
    words = ["--pictures", str(tmp_path / "made"), "--labels", str(tmp_path / "labels.txt"), "--names", "9"]
    assert main(["draw", *words, "--out", str(tmp_path / "out"), "--seed", "4"]) == 0
    return tmp_path / "out"


def test_a_sheet_with_numbers_and_a_key_apart(out: Path) -> None:
    names = (out / "names.txt").read_text().splitlines()
    key = json.loads((out / "key.json").read_text())
    assert set(key) == {"01", "02", "03"} and set(key.values()) == {"thing 3", "thing 17", "thing 20"}
    assert len(set(names)) == 9 and set(key.values()) < set(names) and names == sorted(names)
    for number, name in key.items():
        grey = np.asarray(Image.open(out / f"{number}.png")).mean()
        assert abs(grey - 10 * int(name.split()[1])) < 2, "each picture is of its key's class"
    with Image.open(out / "sheet.jpg") as sheet:
        assert sheet.width == 5 * 62 + 12 and sheet.height == 82 + 12


def test_answers_are_scored(out: Path, capsys) -> None:
    key = json.loads((out / "key.json").read_text())
    other = next(name for name in (out / "names.txt").read_text().splitlines() if name not in key.values())
    (out / "answers.txt").write_text(f"01: {key['01'].upper()}\n\n02: {other}\n03:\n")
    capsys.readouterr()
    assert main(["score", "--out", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    wrong = [{"picture": "02", "named": other, "is": key["02"]}, {"picture": "03", "named": "", "is": key["03"]}]
    assert found == {"pictures": 3, "names": 9, "right": 1, "wrong": wrong}


@pytest.mark.parametrize("answer, said", [("07: thing 3", "picture '07'"), ("01: thing", "is none of the list")])
def test_answers_that_cannot_be_read_are_a_sentence(out: Path, capsys, answer: str, said: str) -> None:
    (out / "answers.txt").write_text(answer)
    assert main(["score", "--out", str(out)]) == 2
    assert said in capsys.readouterr().err


def test_answers_are_not_drawn_over(out: Path, capsys) -> None:
    made, labels = out.parent / "made", out.parent / "labels.txt"
    assert main(["draw", "--pictures", str(made), "--labels", str(labels), "--out", str(out)]) == 2
    assert "answers.txt is there already" in capsys.readouterr().err
    words = ["draw", "--pictures", str(out), "--labels", str(labels), "--out", str(out.parent / "new")]
    assert main(words) == 2 and "no results of deepvis optimize" in capsys.readouterr().err
