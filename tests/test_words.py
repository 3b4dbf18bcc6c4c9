"""Names that a newcomer can guess: one name for one thing, and the field's words in place of riddles."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "deepvis"
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]
PYCAFFE = {"Net", "NetSpec", "Top", "Function"}  # pycaffe's own names, in deepvis/caffe
ONE_PER_FORMAT = {"opener.py"}  # what every file format has
RIDDLES = re.compile(r"(?<![a-z])(specimens?|maxes|brave|ears|company|give_up)(?![a-z])")
RIDDLES_IN_NAMES = {"told", "kept", "known", "wanted"}  # of files, classes, functions: fine in sentences
KEPT = re.compile(
    r"find_maxes|\bmaxes\.npz|maxes/network|\"--brave\"|\"maxes\""
)  # files and options of 2015 and of 0.1.0


def is_one_per_operator(path: Path) -> bool:
    """Layers and operators: one file each in every format, of the operator's name."""
    return path.parent.name in ("ops", "layers")


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name not in PYCAFFE:
                places[node.name].append(str(path.relative_to(PACKAGE)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_three_files_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        if not is_one_per_operator(path) and path.name not in ONE_PER_FORMAT:
            places[path.name].append(str(path.relative_to(PACKAGE)))
    assert {name: where for name, where in places.items() if len(where) > 2} == {}


def test_riddles_are_gone() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if RIDDLES.search(KEPT.sub("", line))
    ]
    assert found == []


def test_names_have_no_riddles() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        and node.name != "parse_known_args"  # of argparse
        and RIDDLES_IN_NAMES & set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", node.name).lower()))
    ]
    assert found == []
