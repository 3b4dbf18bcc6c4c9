"""JSON that is wrong is a ValueError of one line; reasons and sentences are one line, whatever a file holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.core.content_errors import reason
from deepvis.core.json_file import finite, parsed_json, read_json, read_table
from deepvis.core.user_error import UserError
from tests.helpers.work import allocated_by


def test_what_is_no_json(tmp_path: Path) -> None:
    for name, content, words in (
        ("deep", b"[" * 100_000, "nested too deeply"),
        ("many", b"[" + b"{}," * (1 << 20) + b"{}]", "more values"),
        ("bytes", b'{"a": "\xff"}', "codec"),
        ("text", b"no", "Expecting value"),
    ):
        (tmp_path / name).write_bytes(content)

        def read(file: Path = tmp_path / name, words: str = words) -> None:
            with pytest.raises(ValueError, match=words):
                read_json(file)

        assert allocated_by(read) < 64 << 20
    (tmp_path / "list").write_text("[1]")
    assert read_json(tmp_path / "list") == [1] == parsed_json("[1]")
    with pytest.raises(ValueError, match="no table"):
        read_table(tmp_path / "list")


def test_numbers_are_finite_or_none() -> None:
    assert finite(3) == 3.0 and finite(0.5) == 0.5
    assert {finite(value) for value in (True, "3", None, float("nan"), float("inf"), 10**400, [1])} == {None}


def test_reasons() -> None:
    assert reason(KeyError("version")) == "it has no 'version'"
    assert reason(RecursionError("maximum recursion depth exceeded")) == "it is nested too deeply"
    assert reason(MemoryError()) == "it declares more than fits into memory"
    assert reason(ValueError()) == "ValueError"
    assert reason(ValueError("a\nb")) == "a b" and len(reason(ValueError("x" * 10_000))) <= 200


def test_where_an_error_was_raised_is_logged_for_those_who_ask(caplog: pytest.LogCaptureFixture) -> None:
    """A mistake of ours is told as a damaged file's, too."""
    caplog.set_level("DEBUG", "deepvis.core.content_errors")
    try:
        print(None.name)  # type: ignore[attr-defined]
    except AttributeError as error:
        assert reason(error) == "'NoneType' object has no attribute 'name'"
    assert "None.name" in caplog.text and "Traceback" in caplog.text


def test_a_sentence_is_one_line_whatever_it_quotes() -> None:
    assert str(UserError("the layer 'a\nb\x1b[31m' is unknown")) == "the layer 'a b\\x1b[31m' is unknown"
    long = str(UserError(f"begin {'x' * 10_000} end"))
    assert len(long) < 2000 and long.startswith("begin") and long.endswith("end")
