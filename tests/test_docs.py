"""The documents say what the program does: keys, arguments, statistics, settings."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from deepvis.cli import window as cli
from deepvis.cli.subcommand import find, names
from deepvis.core.commands import COMMANDS, markdown, shown_keys
from deepvis.core.user_error import UserError
from deepvis.settings.printing import document
from deepvis.window.stats import PassLog, Stats


def test_the_readme_lists_the_keys_as_the_code_has_them(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- keys[^>]*-->\n(.*?)\n<!-- end of keys -->", readme, re.DOTALL)
    assert block is not None, "README.md has no block of keys"
    assert block[1].strip() == markdown().strip(), "python -m deepvis.cli.keys prints another table"
    assert all(
        "`{}`".format(key.replace("|", r"\|")) in block[1] for row in COMMANDS.values() for key in shown_keys(row)
    )


def test_every_argument_is_documented(root: Path) -> None:
    """Those of settings are beside them in settings.py."""
    text = (root / "docs" / "running.md").read_text(encoding="utf-8") + (root / "settings.py").read_text("utf-8")
    for action in cli.parser()._actions:
        for option in action.option_strings:
            assert option == "-h" or option in text, f"docs/running.md does not tell of {option}"
        assert action.help, action.option_strings


def test_every_subcommand_is_in_the_table(root: Path) -> None:
    text = (root / "docs" / "running.md").read_text(encoding="utf-8")
    rows = text.partition("| subcommand | what |\n")[2].partition("\n\n")[0].splitlines()
    assert sorted(name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])) == names()


def test_every_statistic_is_documented(root: Path) -> None:
    text = (root / "docs" / "running.md").read_text(encoding="utf-8")
    for name in Stats().as_json(PassLog(), "m", "cpu"):
        assert f"`{name}`" in text, f"docs/running.md does not tell of {name}"


def test_settings_py_documents_every_setting(root: Path) -> None:
    text = (root / "settings.py").read_text(encoding="utf-8")
    assert text == document(), "python -m deepvis.settings.printing prints another text"


def test_every_row_of_a_table_has_the_cells_of_its_head(root: Path) -> None:
    for page in (root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md", *(root / "docs").glob("*.md")):
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for table in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
            rows = table.splitlines()
            for row in rows:
                cells = [len(re.findall(r"(?<!\\)\|", each)) for each in (rows[0], row)]
                assert cells[0] == cells[1] and len(rows) > 2, f"{page.name}: {row}"


@pytest.mark.parametrize(
    ("begins", "code"),
    [("- `except Exception`", r"except \(?(?:Base)?Exception\b"), ("- Locks", r"\b(?:R?Lock|Condition|Semaphore)\(")],
)
def test_the_architecture_lists_broad_catches_and_locks(begins: str, code: str, root: Path) -> None:
    lines = (root / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith(begins))
    package = root / "deepvis"
    there = [path for path in package.rglob("*.py") if re.search(code, path.read_text(encoding="utf-8"))]
    listed = [name for name in re.findall(r"`([\w/]+\.py)`", line) if "/" in name]
    assert sorted(listed) == sorted(path.relative_to(package).as_posix() for path in there)


def test_links_in_the_documents_lead_somewhere(root: Path) -> None:
    for page in [*root.glob("*.md"), *root.glob("docs/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}, which is not there"


def test_commands_in_the_documents_parse(root: Path) -> None:
    """In blocks those that begin with scripts/run.sh, in the text with deepvis too; some leave something out (...)."""
    found = 0
    for page in [*root.glob("*.md"), *root.glob("docs/*.md"), root / "models" / "caffenet-mini" / "README.md"]:
        text = page.read_text(encoding="utf-8")
        commands = re.findall(r"^(?: {4})?(scripts/run\.sh(?: [^`\n]*)?)$", text, re.MULTILINE)
        commands += re.findall(r"`((?:scripts/run\.sh|deepvis) [^`\n]*)`", text)
        for command in (part for line in commands for part in line.split(" && ")):
            words = shlex.split(command, comments=True)[1:]
            if any("..." in word or word.startswith("[") or word == "SUBCOMMAND" for word in words):
                continue
            try:
                if not words or words[0].startswith("-"):
                    cli.parser().parse_args([word for word in words if word != "--help"])
                elif (named := find(words[0])) and len(words) > 1:
                    named.parser().parse_args(words[1:])
            except UserError as error:
                raise AssertionError(f"{page.name}: {command}: {error}") from None
            found += 1
    assert found > 40
