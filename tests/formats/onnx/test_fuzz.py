"""A fixed hundred mutated files; scripts/fuzz_onnx.py runs as many as wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.formats.onnx.file_graph import graph_of_file
from deepvis.formats.onnx.model_file import read_model
from deepvis.network.ref import Source
from deepvis.network.shapes import infer_shapes
from tests.formats.onnx import fuzzing


@pytest.fixture(autouse=True, scope="module")
def loaded_before(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What PyTorch loads with the first run without data is not counted."""
    file = tmp_path_factory.mktemp("seeds") / "net.onnx"
    for case in fuzzing.seeds():
        file.write_bytes(case.raw)
        graph = graph_of_file(read_model(file), Source(file)).graph
        infer_shapes(graph, graph.inputs)


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
