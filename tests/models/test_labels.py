"""Class names in the encodings that files have."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.models.labels import read_labels, read_synsets
from deepvis.network.model_error import ModelError

NAMES = "Café au lait\nÄpfel, Birnen\nsmörgås\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_accents_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "labels.txt").write_bytes(NAMES.encode(encoding))
    assert read_labels(tmp_path / "labels.txt") == ("Café au lait", "Äpfel, Birnen", "smörgås")


def test_letters_of_any_script(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("n02123045 猫\n犬 🐶\nКошка\n", encoding="utf-16")
    assert read_labels(tmp_path / "labels.txt") == ("猫", "犬 🐶", "Кошка")
    assert read_synsets(tmp_path / "labels.txt") == ()


def test_binary_data_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(b"\0\1\2")
    with pytest.raises(ModelError, match="binary data"):
        read_labels(tmp_path / "labels.txt")
