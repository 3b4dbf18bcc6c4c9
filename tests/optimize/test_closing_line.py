"""How the commands that optimize end: one line on standard output, the same command again, a folder that refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.cli.main import main
from deepvis.cli.progress import last_words
from deepvis.optimize.session import Report

FC = ["--push-layer", "fc", "--push-channel"]
COMMANDS = {
    "optimize": (["optimize", *FC, "0-1"], ""),
    "optimize-layer": (["optimize-layer", *FC[:2], "--rand-seed", "0", "--presets", "3"], "/regularized_opt/fc"),
    "search": (["search", *FC, "0", "--recipes", "2"], "/index.html"),
    "figures": (["figures", "--figures", "4", "--classes", "1"], ""),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_last_line(name: str, tiny_files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, below = COMMANDS[name]
    run = [*words, *tiny_files, "--max-iter", "2", "--output"]
    assert main([*run, "/proc/foo"]) == 2
    said = capsys.readouterr()
    sentence = "the folder /proc/foo cannot be made or written to (No such file or directory); choose another --output"
    assert said.out == "" and said.err.endswith(f"deepvis {name}: {sentence}\n")
    output = tmp_path / "new" / "out"
    for words in ("the result is in", "already done:"):
        assert main([*run, str(output)]) == 0
        assert capsys.readouterr().out == f"{words} {output}{below}\n"


@pytest.mark.parametrize(
    ("report", "total", "line"),
    [
        (Report(finished=2), 2, "the result is in out\n"),
        (Report(), 0, "already done: out\n"),
        (Report(finished=1, troubles=["a batch failed"]), 2, "the result is in out\n"),
        (Report(troubles=["a batch failed"]), 2, ""),
        (Report(finished=1, troubles=["the scheduler is gone"], ended_early=True), 2, ""),
    ],
)
def test_a_result_is_named_where_there_is_one(report: Report, total: int, line: str, capsys) -> None:
    assert last_words(report, "deepvis optimize", total, "out") == (2 if report.troubles else 0)
    assert capsys.readouterr().out == line
