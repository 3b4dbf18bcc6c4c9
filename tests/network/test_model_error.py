"""Sentences stay readable, whatever a damaged file calls its layers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.prototxt import MOST_NOTES, read_net_text
from deepvis.network.model_error import MOST_CHARACTERS, ModelError
from tests.helpers.work import calls_of


def test_long_sentences_lose_their_middle() -> None:
    said = str(ModelError("a" * 10_000 + "b" * 10_000))
    assert said.startswith("aaa") and said.endswith("bbb") and " ... " in said and len(said) < MOST_CHARACTERS + 10


def long_name(size: int) -> None:
    name = "n" * size
    with pytest.raises(ModelError, match="no layer makes in this phase"):
        load_net(f'layer {{ name: "{name}" type: "ReLU" bottom: "{name}" top: "x" }}\n')


def long_number(size: int) -> None:
    with pytest.raises(ModelError, match="line 1: found"):
        read_net_text("input_dim: " + "9" * size + "\n")


def large_float(size: int) -> None:
    assert read_net_text("layer { loss_weight: " + "9" * size + "}").layer[0].loss_weight[0] == float("inf")


@pytest.mark.parametrize("nonsense", [long_name, long_number, large_float])
def test_a_long_word_is_no_more_work_than_a_short_one(nonsense: Callable[[int], None]) -> None:
    nonsense(1000)  # whatever is worked out once
    few, many = (calls_of(lambda size=size: nonsense(size)) for size in (10_000, 1_000_000))
    assert many < few + 100 and many < 5_000


def test_many_unknown_fields_take_work_in_proportion_and_few_notes() -> None:
    def read(count: int) -> None:
        notes: list[str] = []
        read_net_text("layer {" + " a_param { }\n" * count + "}", notes)
        assert len(notes) == MOST_NOTES

    read(100)
    few, many = (calls_of(lambda count=count: read(count)) for count in (2_000, 20_000))
    assert many < 10.5 * few
