"""What in a .pt2 archive would run code when torch reads it; found without running any.

Source: torch 2.13, load_pt2 in torch/export/pt2_archive/_package.py and torch/_export/serde/serialize.py. Tensors are
plain bytes that a JSON table describes. Read by pickle are: those of the table with "use_pickle"; custom and opaque
objects (custom_obj_*, opaque_obj_*); the weights and constants of older archives and the sample inputs (*.pt, with
weights_only first, then without). Compiled code (data/aotinductor) is loaded. And sizes that depend on the batch are
texts ("expr_str") that sympy evaluates as Python.
"""

from __future__ import annotations

import ast
import io
import pickle
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import torch

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.json_file import parsed_json

_OBJECTS = ("custom_obj_", "opaque_obj_")
_COMPILED = (".so", ".o", ".cubin", ".pyd", ".dll", ".cpp")
_COMPLAINTS = (pickle.UnpicklingError, AssertionError, OSError, ImportError, *CONTENT_ERRORS)
# what a size is written with: sympy's numbers and arithmetic, and torch's own
_NAMES = (
    "Symbol Integer Float Rational Add Mul Pow Mod Max Min Abs floor ceiling Piecewise ExprCondPair Tuple And Or Not",
    "Eq Ne Lt Le Gt Ge Equality Unequality StrictLessThan StrictGreaterThan LessThan GreaterThan",
    "FloorDiv CleanDiv CeilDiv ModularIndexing Where PythonMod CeilToInt FloorToInt TruncToInt TruncToFloat RoundToInt",
    "RoundDecimal ToFloat IntTrueDiv FloatTrueDiv PowByNatural FloatPow Identity LShift RShift",
    "true false oo int_oo zoo nan",
)
_ARITHMETIC = frozenset(name for line in _NAMES for name in line.split())
_PARTS = (
    *(ast.Expression, ast.Call, ast.keyword, ast.Name, ast.Load, ast.Constant, ast.Tuple),
    *(ast.UnaryOp, ast.USub, ast.UAdd, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
)
MOST_EXPRESSION = 10_000  # characters of a size


def dangers(archive: zipfile.ZipFile) -> Iterator[str]:
    """What is or holds more than tensors, plain values and sizes, in words."""
    names = archive.namelist()
    if len(set(names)) != len(names):
        yield "two entries of one name"
    for name in names:
        path = f"/{name}"
        if any(f"/{prefix}" in path for prefix in _OBJECTS):
            yield f"the pickled object {name!r}"
        elif "/aotinductor/" in path or path.endswith(_COMPILED):
            yield f"the compiled code {name!r}"
        elif path.endswith(".json"):
            yield from _in_json(archive, name)
        elif path.endswith((".pt", ".pth", ".pkl", ".pickle")) and not holds_tensors(archive.read(name)):
            yield f"the entry {name!r}, a pickle of more than tensors"


def _in_json(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    """In a table of weights the files that are pickled, in a program the sizes."""
    try:
        content = parsed_json(archive.read(name))
    except ValueError:
        yield f"the entry {name!r}, which is no JSON"
        return
    for key, value in _pairs(content):
        if key == "expr_str" and not is_arithmetic(value):
            yield f"the size {str(value)[:60]!r}, which is more than arithmetic"
        elif key == "__enum__":
            yield f"the value {str(value)[:60]!r} of another module's"
        elif key == "path_name" and str(value).startswith(_OBJECTS):
            yield f"the pickled object {str(value)!r}"
        elif key == "" and value.get("use_pickle") and not _are_tensors(archive, str(value.get("path_name"))):
            yield f"the pickle {str(value.get('path_name'))!r}, which holds more than tensors"


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """(key, value) of all tables at any depth; the tables themselves with an empty key. JSON in a text too."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            yield "", each
            yield from each.items()
            todo += each.values()
        elif isinstance(each, list):
            todo += each
        elif isinstance(each, str) and "__enum__" in each:
            yield "__enum__", each


def is_arithmetic(text: Any) -> bool:
    """Is it a size: numbers, symbols and arithmetic, with nothing that calls anything else?"""
    if not isinstance(text, str) or len(text) > MOST_EXPRESSION or "__" in text:
        return False
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(node, _PARTS) and _is_harmless(node) for node in ast.walk(tree))


def _is_harmless(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        is_symbol = isinstance(node.func, ast.Name) and node.func.id == "Symbol"
        texts = [each for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return isinstance(node.func, ast.Name) and node.func.id in _ARITHMETIC and (is_symbol or not texts)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.fullmatch(r"\w{1,64}", node.value) is not None
    if isinstance(node, ast.Name):
        return node.id in _ARITHMETIC or re.fullmatch(r"[suz][a-z]*\d+", node.id) is not None
    return True


def _are_tensors(archive: zipfile.ZipFile, path: str) -> bool:
    """Do all entries of that file's name hold tensors alone?"""
    base = path.rpartition("/")[2]
    entries = [name for name in archive.namelist() if name.rpartition("/")[2] == base]
    return bool(entries) and all(holds_tensors(archive.read(name)) for name in entries)


def holds_tensors(content: bytes) -> bool:
    """Can a pickle be read without running anything?"""
    if not content:
        return True
    try:
        torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except _COMPLAINTS:
        return False
    return True
