"""YAML is read in bounded work and memory: aliases, nesting and numbers are counted before a value is made."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from deepvis.schema.yaml_file import MOST_BYTES, read_yaml, yaml_of

USUAL = """
version: 1
base: &base {lr: 1e8, on: true, at: 2001-01-01}
other: {<<: *base, lr: 3.5}
names: [a, 'b', "c", ~, 0x1f, .5, -7]
text: |
  two
  lines
"""
LAUGHS = "a0: &a0 [x, x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


def test_as_safe_load_reads_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(USUAL)
    assert read_yaml(tmp_path / "a.yaml") == yaml.safe_load(USUAL) == yaml_of(USUAL.encode())
    assert yaml_of("") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LAUGHS, "more than 200000 values"),
        (
            LAUGHS.replace("[*", "{<<: [*").replace("]\n", "]}\n").replace("[x, x, x]}", "{x: 1}"),
            "more than 200000 values",
        ),
        ("a: " + "[" * 100, "nested too deeply"),
        ("a: 1" + ":59" * 1000, "has 3001 characters"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: !!timestamp x", "has no attribute"),
        ("a: 2001-99-99", "month must be"),
        ("a: \0", "."),
        (b"a: \xff", "codec"),
    ],
)
def test_what_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        yaml_of(text)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


def test_a_number_and_the_same_in_quotes_are_two_keys() -> None:
    assert yaml_of("{1: a, '1': b}") == {1: "a", "1": "b"}
    with pytest.raises(ValueError, match="the key '1' is written twice"):
        yaml_of("{'1': a, \"1\": b}")


def test_a_large_file_is_not_read_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"- 1\n" * (MOST_BYTES // 4 + 1))
    with pytest.raises(ValueError, match="expected 1048576 at most"):
        read_yaml(tmp_path / "a.yaml")
