"""Every Python file and every folder that docstrings, comments and docs name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "deepvis"
SOURCES = [*sorted(PACKAGE.rglob("*.py")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"]
PLACES = [
    ROOT,
    PACKAGE,
    *(path for folder in (PACKAGE, ROOT / "tests", ROOT / "scripts") for path in folder.rglob("*") if path.is_dir()),
    *(ROOT / name for name in ("tests", "scripts", "benchmarks")),
]
ELSEWHERE = re.compile(
    r"python/caffe/|maxes/|rpn/|torch/|find_maxes/|settings_local|proposal_target|op_resize|bindings"
)  # Caffe, torch, the toolbox of 2015
NAMED = re.compile(r"(?<![\w./<%{}~-])((?:[a-z_][\w-]*/)*[a-z_]\w*\.py)\b(?!:\w|[\"'}])")
FOLDER = re.compile(r"`((?:deepvis|tests|benchmarks|scripts|docs|models)/[a-z_/\d]+)`")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_named_file_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    names = {*NAMED.findall(text), *FOLDER.findall(text)}
    ours = {name for name in names if not ELSEWHERE.match(name)}
    assert {name for name in ours if not any((place / name).exists() for place in PLACES)} == set()
