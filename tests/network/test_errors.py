"""Sentences stay readable, whatever a damaged file calls its layers."""

from __future__ import annotations

import time

import pytest

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.prototxt import MOST_NOTES, read_net_text
from deepvis.network.errors import MOST_CHARACTERS, ModelError, nearest


def test_long_sentences_lose_their_middle() -> None:
    said = str(ModelError("a" * 10_000 + "b" * 10_000))
    assert said.startswith("aaa") and said.endswith("bbb") and " ... " in said and len(said) < MOST_CHARACTERS + 10


def test_nearest() -> None:
    assert nearest("conv", ["pool", "conv1"]) == "did you mean 'conv1'?"
    assert nearest("x", ["pool"], "there are: pool") == "there are: pool"


def test_large_files_of_nonsense_take_no_time() -> None:
    name = "n" * 1_000_000
    start = time.perf_counter()
    with pytest.raises(ModelError, match="no layer makes in this phase"):
        load_net(f'layer {{ name: "{name}" type: "ReLU" bottom: "{name}" top: "x" }}\n')
    notes: list[str] = []
    read_net_text("layer {" + " a_param { }\n" * 50_000 + "}", notes)
    assert len(notes) == MOST_NOTES
    with pytest.raises(ModelError, match="line 1: found"):
        read_net_text("input_dim: " + "9" * 1_000_000 + "\n")
    assert read_net_text("layer { loss_weight: " + "9" * 100_000 + "}").layer[0].loss_weight[0] == float("inf")
    assert time.perf_counter() - start < 20  # a guard against quadratic time, not a measurement
