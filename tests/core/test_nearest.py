"""A mistyped name finds the one that was meant."""

from __future__ import annotations

from deepvis.core.nearest import MOST_NAMES, most_like, nearest


def test_the_hint_names_the_nearest_name_or_says_something_else() -> None:
    assert nearest("conv", ["pool", "conv1"]) == "did you mean 'conv1'?"
    assert nearest("x", ["pool"], "there are: pool") == "there are: pool"
    assert nearest(7, ["pool"]) == ""


def test_case_counts_unless_it_is_said_not_to() -> None:
    assert nearest("NCHW", ["nchw"]) == ""
    assert nearest("Nchw", ["NCHW", "NHWC"], any_case=True) == "did you mean 'NCHW'?"


def test_cutoff_says_how_alike_names_must_be() -> None:
    assert most_like("abxx", ["abcd"], cutoff=0.5) == ["abcd"]
    assert most_like("abxx", ["abcd"], cutoff=0.8) == []
    assert most_like("conv", ["pool", "conv2", "conv10"], 2) == ["conv2", "conv10"]


def test_a_damaged_file_s_names_take_no_time() -> None:
    names = (f"layer{index}" for index in range(10 * MOST_NAMES))
    assert nearest("n" * 10**6, names) == ""
    assert next(names) == f"layer{MOST_NAMES}"
