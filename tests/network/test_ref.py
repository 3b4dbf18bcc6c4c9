"""How a network is named, written down and found again."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from deepvis.network.errors import ModelError
from deepvis.network.ref import FOREIGN, NetworkRef, format_of

OPTIONS = (("input_size", (20, 30)), ("fill", True))
REF = NetworkRef("m", "/n/deploy.prototxt", "/n/w", (1.0, 2.0, 3.0), "/n/l.txt", OPTIONS)


def test_it_can_be_written_down_sent_and_compared() -> None:
    assert NetworkRef.from_dict(json.loads(json.dumps(REF.as_dict()))) == REF
    assert pickle.loads(pickle.dumps(REF)) == REF and hash(REF)
    assert NetworkRef.from_dict(NetworkRef().as_dict()) == NetworkRef()


def test_the_words_of_0_1_0() -> None:
    told = {
        **{"name": None, "prototxt": "/n/deploy.prototxt", "weights": "/n/w", "mean": [1.0, 2.0, 3.0], "labels": None},
        **{"channel_order": "RGB", "input_scale": None, "input_size": [20, 30], "data_blob": None, "fill": True},
    }
    options = (("channel_order", "RGB"), ("input_size", (20, 30)), ("fill", True))
    assert NetworkRef.from_dict(told) == NetworkRef(None, "/n/deploy.prototxt", "/n/w", (1.0, 2.0, 3.0), None, options)


def test_other_names_are_refused() -> None:
    with pytest.raises(TypeError):
        NetworkRef.from_dict({**REF.as_dict(), "wieghts": "/x"})


@pytest.mark.parametrize("suffix", sorted(FOREIGN))
def test_files_that_no_format_opens(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"net{suffix}"
    with pytest.raises(ModelError, match=rf"net\{suffix}: found no such file"):
        format_of(file)
    file.touch()
    with pytest.raises(ModelError, match=rf"net\{suffix}: no format opens \{suffix}.* FILE\.py:NAME") as raised:
        format_of(str(file))
    assert ("--weights" in str(raised.value)) == (suffix in (".pth", ".pt", ".ckpt"))


def test_the_suffix_names_the_format() -> None:
    assert [format_of(name) for name in ("a.prototxt", "a.txt", "a", "a.py", "a.py:b")] == [
        *("caffe", "caffe", "caffe", "torch", "torch"),
    ]  # fmt: skip
