"""Imports run one way between the rooms; torch and cv2 stay where they belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "deepvis"

# room -> the rooms it may import from, itself apart (docs/architecture.md, "Rooms")
ROOMS: dict[str, set[str]] = {
    "core": set(),
    "schema": {"core"},
    "pages": {"core"},
    # network, attribution: the tables of back modes and methods; models: a network's rows
    "settings": {"core", "network", "models", "attribution", "schema"},
    "sources": {"core"},
    "network": {"core"},
    "formats": {"core", "network"},
    "models": {"core", "network", "formats", "schema"},
    "caffe": {"core", "network", "formats"},
    "attribution": {"core", "network", "models"},
    "changes": {"core"},
    "jobs": {"core"},
    "optimize": {"core", "network", "models", "pages", "schema", "sources", "jobs"},
    "scan": {"core", "network", "models", "pages", "sources", "jobs"},
    "statistics": {"core", "network", "models", "pages", "jobs", "scan"},
    "live": {"core", "network", "formats", "models", "sources", "optimize", "scan", "attribution", "jobs", "changes"},
    "gallery": {"core", "network", "models", "pages", "jobs", "optimize", "scan", "live", "sources"},
    "window": {"core", "schema", "settings", "sources", "live", "models", "network", "scan"},
    "serve": {"core", "window", "sources", "pages"},
    "cli": {
        *("serve",),
        *("core", "jobs", "schema", "settings", "models", "live", "window", "network", "sources", "optimize", "scan"),
        *("attribution", "gallery", "statistics"),
    },
    "api": {
        "core",
        "serve",
        "attribution",
        "jobs",
        "settings",
        "models",
        "live",
        "window",
        "network",
        "formats",
        "sources",
        "optimize",
        "scan",
    },
}
TORCH = {"network", "formats", "optimize", "scan", "statistics", "attribution", "caffe", "api"}
CV2 = {"window", "sources", "scan", "changes", "serve"}
ALSO_TORCH = {"live/backends/engine.py"}
# plain arithmetic
ALSO_CV2 = {
    "models/preprocess.py",
    "core/coding.py",
    "core/back_pictures.py",
    "core/colours.py",
    "core/attribution_pictures.py",
}
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The full names of all modules that a file imports, late imports too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = ("deepvis", *path.relative_to(PACKAGE).parts[:-1])
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
            names.update({base, *(f"{base}.{alias.name}" for alias in node.names)})
    return names


def rooms_in(names: set[str]) -> set[str]:
    parts = [name.split(".") for name in names]
    return {p[1] for p in parts if p[0] == "deepvis" and len(p) > 1 and p[1] in ROOMS}


def test_no_room_may_import_what_it_does_not_need() -> None:
    for room, allowed in ROOMS.items():
        used = {each for path in (PACKAGE / room).rglob("*.py") for each in rooms_in(imported(path))}
        assert allowed <= used, f"{room} imports nothing from {allowed - used}: take that out of ROOMS"


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    names = imported(PACKAGE / module)
    room = module.split("/")[0] if "/" in module else "root"
    assert room in ROOMS or module in ("__init__.py", "__main__.py"), f"{module} is in no room of the plan"
    parts = [name.split(".") for name in names]
    rooms = rooms_in(names)
    allowed = ROOMS.get(room, {"cli", "api", "network"}) | {room}
    assert rooms <= allowed, f"{module} may not import from {rooms - allowed}"
    if room not in CV2 and module not in ALSO_CV2:
        assert not any(p[0] == "cv2" for p in parts), f"{module} may not import cv2"
    if room not in TORCH and module not in ALSO_TORCH:
        assert not any(p[0] == "torch" for p in parts), f"{module} may not import torch"


@pytest.mark.parametrize("module", [name for name in MODULES if name.count("/") > 1 and name.startswith("formats/")])
def test_no_format_imports_another(module: str) -> None:
    own = module.split("/")[1]
    parts = [name.split(".") for name in imported(PACKAGE / module)]
    others = {path.parent.name for path in (PACKAGE / "formats").glob("*/__init__.py")} - {own}
    found = {p[2] for p in parts if p[:2] == ["deepvis", "formats"] and len(p) > 2} & others
    assert not found, f"{module} may not import from formats/{found}"
