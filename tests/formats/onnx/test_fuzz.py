"""A fixed hundred mutated files; scripts/fuzz_onnx.py runs as many as wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.onnx import fuzzing


@pytest.fixture(autouse=True, scope="module")
def loaded_before(tmp_path_factory: pytest.TempPathFactory) -> None:
    fuzzing.load_before(tmp_path_factory.mktemp("seeds"))


def test_the_seeds_load(tmp_path: Path) -> None:
    assert [fuzzing.load(case, tmp_path) for case in fuzzing.seeds()] == ["", ""]


def test_mutated_files_give_a_network_or_one_sentence(tmp_path: Path) -> None:
    said = [fuzzing.load(case, tmp_path) for case in fuzzing.cases(120)]
    assert 0.3 < sum(map(bool, said)) / len(said) < 1.0
    assert len(set(said)) > 40  # sentences that tell faults apart


@pytest.mark.slow
def test_many_mutated_files(tmp_path: Path) -> None:
    for case in fuzzing.cases(5_000, seed=1):
        fuzzing.load(case, tmp_path)
