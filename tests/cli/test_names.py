"""deepvis names: export and import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepvis.cli.main import main
from deepvis.core.names_file import change_names, names_path, read_names
from deepvis.core.types import Unit
from deepvis.core.unit_names import NOTHING_SAID, UnitNote

SEVEN = Unit("conv2/3x3", 7)


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DEEPVIS_DATA", str(tmp_path / "data"))
    change_names(names_path("net", "0123"), {SEVEN: (NOTHING_SAID, UnitNote("my dog", True, "yes"))}, "net", "0123")
    return tmp_path / "data"


def test_names_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["names"]) == 0
    assert capsys.readouterr().out == "net 0123  conv2/3x3 7  ★ my dog: yes\n"


def test_export_and_import_on_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "names.json"
    assert main(["names", "--export", str(file)]) == 0
    assert main(["names", "--export", str(file)]) == 2  # never over a file
    monkeypatch.setenv("DEEPVIS_DATA", str(tmp_path / "other"))
    change_names(names_path("net", "0123"), {Unit("a", 1): (NOTHING_SAID, UnitNote("here"))}, "net", "0123")
    assert main(["names", "--import", str(file)]) == 0
    said = read_names(names_path("net", "0123"))
    assert said.of(SEVEN) == UnitNote("my dog", True, "yes") and said.of(Unit("a", 1)).name == "here"


def test_what_is_said_here_stays_unless_it_may_be_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    assert main(["names", "--export", str(file)]) == 0
    path = names_path("net", "0123")
    change_names(path, {SEVEN: (UnitNote("my dog", True, "yes"), UnitNote("cat", True, "yes"))}, "net", "0123")
    assert main(["names", "--import", str(file)]) == 0
    assert read_names(path).of(SEVEN).name == "cat"
    assert main(["names", "--import", str(file), "--overwrite"]) == 0
    assert read_names(path).of(SEVEN).name == "my dog"


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"version": 1, "networks": [{"version": 1, "units": [1]}]})])
def test_what_is_no_export_changes_nothing(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text(content)
    assert main(["names", "--import", str(tmp_path / "x.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
