"""Files made to do harm are refused, or shown, in little memory and little work."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.network.ref import format_of
from tests.faults.all_inputs import INPUT_READERS
from tests.faults.hostile_files import HOSTILE
from tests.faults.input_reader import InputReader, outcome, written


def reader_of(name: str) -> InputReader:
    """A row of the table; and the one that looks at what is given in place of a network."""
    if name == "network in place":
        return InputReader(name, format_of, lambda folder: [], [])
    return INPUT_READERS[name]


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_comes_of_it(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPVIS_DATA", str(tmp_path / "data"))
    reader, file, made = HOSTILE[name]
    each, place = reader_of(reader), tmp_path / "here"
    for folder in (place, tmp_path / "seeds", tmp_path / "made"):
        folder.mkdir()
    beside = dict((each.seeds(tmp_path / "seeds") or [{}])[0])
    path = written({file: made(tmp_path / "made"), **{n: c for n, c in beside.items() if n != file}}, place)
    found = outcome(each, path)
    assert not found.fault, found.fault
    if each.name not in ("montage", "hints", "how.json", "tar"):  # readers that leave out what they cannot read
        assert found.said or "jpeg" in name
