"""The page as the server makes it: one answer, modules whose imports run one way, and nothing else that runs."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest

from deepvis.serve.page import MODULES, import_map, page

IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"([^"]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const|let) (.+)", re.MULTILINE)
SOURCES = {path.name: path.read_text("utf-8") for path in sorted(MODULES.glob("*.js"))}
IMPORTED = {name: {file: names for names, file in IMPORT.findall(source)} for name, source in SOURCES.items()}


def exported(source: str) -> set[str]:
    """What a module exports: of a function its name, of a declaration all names."""
    lines = EXPORT.findall(source)
    return {name for line in lines for name in re.findall(r"(?:^|, )([$\w]+)(?=\(| = |$)", line.partition("//")[0])}


@pytest.mark.parametrize("name", SOURCES)
def test_what_a_module_imports_is_there_and_used(name: str) -> None:
    for file, names in IMPORTED[name].items():
        asked = {each.strip() for each in names.split(",") if each.strip()}
        assert asked <= exported(SOURCES[file]), f"{name} imports from {file}"
        body = IMPORT.sub("", SOURCES[name])
        unused = {each for each in asked if not re.search(rf"(?<![.\w]){re.escape(each)}(?!\w)", body)}
        assert not unused, f"{name} imports {unused} from {file} and does not use it"


def test_imports_run_one_way() -> None:
    left = dict(IMPORTED)
    while ready := [name for name, files in left.items() if not files.keys() & left.keys()]:
        for name in ready:
            del left[name]
    assert not left, f"these import each other: {sorted(left)}"


def test_the_import_map_holds_each_module_as_it_is() -> None:
    text = import_map()
    assert "</" not in text and "<!" not in text  # would end the element, or its script
    addresses = json.loads(text)["imports"]
    assert addresses.keys() == SOURCES.keys()
    for name, address in addresses.items():
        kind, _, content = address.partition(",")
        assert kind == "data:text/javascript;charset=utf-8"
        assert not set(content) & set("#\n\r\t") and content.isascii()  # browsers leave these out, or end there
        assert unquote(content) == f"{SOURCES[name]}//# sourceURL={name}"


def test_only_what_stands_in_the_page_runs() -> None:
    (text, policy), (_, other) = page(), page()
    nonce = re.findall(r"script-src 'nonce-([^']+)';", policy)[0]
    assert policy != other and "unsafe" not in policy and "default-src 'none'" in policy
    for attributes in re.findall(r"<(?:script|style)\b([^>]*)>", text):
        assert f'nonce="{nonce}"' in attributes or 'type="application/json"' in attributes
    assert not re.search(r"<(?:script|link|img)[^>]*(?:src|href)=\"(?!data:,)", text)  # one answer
