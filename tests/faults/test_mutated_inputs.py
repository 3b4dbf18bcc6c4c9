"""A few mutated files through every reader; ``benchmarks/faults/mutated_inputs.py`` tries thousands of each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.all_inputs import INPUT_READERS
from tests.faults.input_reader import mutated, outcome, sentence_fault, written

COUNT = 20
FEWER = {"pt2": 6}  # of half a second each
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", INPUT_READERS)
def test_each_is_opened_or_refused_in_a_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DEEPVIS_DATA", "DEEPVIS_CACHE"):
        monkeypatch.setenv(variable, str(tmp_path / "data"))
    each, seeds = INPUT_READERS[name], tmp_path / "seeds"
    seeds.mkdir()
    for number, files in enumerate(each.seeds(seeds)):
        found = outcome(each, written(files, tmp_path / f"seed{number}"))
        assert found.word == "opened", found.said or found.fault
    for index in range(FEWER.get(name, COUNT)):
        files, done = mutated(each, seeds, 7, index)
        found = outcome(each, written(files, tmp_path / f"case{index}"))
        assert not found.fault, f"{done}: {found.fault}"


def test_what_is_no_sentence(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    assert sentence_fault(f"{file} is no list; make it anew", file) == ""
    assert "does not name" in sentence_fault("this is no list", file)
    assert sentence_fault("this is no list", file, names=False) == ""
    assert "several lines" in sentence_fault(f"{file}\nis no list", file)
    assert "empty" in sentence_fault("  ", file)
    assert "characters" in sentence_fault(f"{file} {'a' * 3000}", file)


@pytest.mark.slow
def test_the_benchmark_goes_on_where_it_was(tmp_path: Path) -> None:
    script = ROOT / "benchmarks/faults/mutated_inputs.py"
    for count in (5, 9):
        arguments = ["--state", tmp_path, "--count", count, "--reader", "labels"]
        done = subprocess.run([sys.executable, script, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert f'"tried": {count}' in done.stdout
