"""How a network is named, written down and found again."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from deepvis.network.foreign import PICTURES, SENTENCES
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef, absolute, format_of, name_of

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


@pytest.mark.parametrize("suffix", sorted(SENTENCES))
def test_files_that_no_format_opens(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"net{suffix}"
    with pytest.raises(ModelError, match=rf"net\{suffix}: found no such file"):
        format_of(file)
    file.touch()
    next_step = "--images opens pictures" if suffix in PICTURES else r"give .*FILE\.py:NAME or package"
    with pytest.raises(ModelError, match=rf"net\{suffix}: found .*; {next_step}") as raised:
        format_of(str(file))
    is_weights = suffix in (".pth", ".pt", ".ckpt", ".bin", ".safetensors")
    assert (f"--weights net{suffix}" in str(raised.value)) == is_weights


def test_the_suffix_names_the_format() -> None:
    assert [format_of(name) for name in ("a.prototxt", "a.txt", "a", "a.py", "a.py:b", "a.pt2", "a.b:c", "timm:d")] == [
        *("caffe", "caffe", "caffe", "torch", "torch", "torch", "torch", "torch"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("package.module:make", ("package.module", "make")),
        ("nets:models.Small", ("nets", "models.Small")),
        ("torchvision:resnet18", ("torchvision", "resnet18")),
        ("timm:vit_tiny_patch16_224.augreg-in21k", ("timm", "vit_tiny_patch16_224.augreg-in21k")),
        ("net.py:make", None),
        ("a/net:make", None),
        ("C:\\net:make", None),
        ("deploy.prototxt", None),
    ],
)
def test_names_and_files(named: str, found: tuple[str, str] | None) -> None:
    assert name_of(named) == found
    assert (absolute(named) == named) == (found is not None)
