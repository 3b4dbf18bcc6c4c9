"""statistics.json: read where it is named or lies among the pictures; anything else is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deepvis.gallery.gallery_error import GalleryError
from deepvis.gallery.statistics_file import find_statistics, read_statistics_file

NETWORK = "0123456789ab"
LISTS = {"units": 3, "mean": [1.5, None, 3], "maximum": [2, 4.5, 1], "dead": [False, True, False], "std": [0.5]}


def written(folder: Path, content: Any) -> Path:
    path = folder / "statistics.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("layers", [{"conv1": LISTS}, [{"name": "conv1", **LISTS}], {"conv1": {"units": LISTS}}])
def test_what_it_says_of_a_unit(tmp_path: Path, layers: Any) -> None:
    found = read_statistics_file(written(tmp_path, {"version": 1, "network": NETWORK, "layers": layers}), NETWORK)
    assert found.has("conv1") and not found.has("conv2") and found.unit("conv2", 0) is None
    first, second, third = (found.unit("conv1", channel) for channel in range(3))
    assert first is not None and dict(first.values) == {"mean": 1.5, "std": 0.5, "maximum": 2.0} and first.dead is False
    assert second is not None and dict(second.values) == {"maximum": 4.5} and second.dead is True
    assert third is not None and third.values["mean"] == 3.0
    assert found.unit("conv1", 3) is None


def test_no_file_says_nothing() -> None:
    found = read_statistics_file(None, NETWORK)
    assert found.path is None and not found.has("conv1") and found.unit("conv1", 0) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "holds no statistics of layers"),
        ("[]", "holds no statistics"),
        ({"version": 1}, "no 'layers'"),
        ({"layers": {"conv1": 3}}, "layer 'conv1' is no table"),
        ({"layers": {}, "network": "another"}, "another network (it names 'another', expected '0123456789ab')"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, content: Any, words: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(GalleryError) as refused:
        read_statistics_file(path, NETWORK)
    assert words in str(refused.value) and str(path) in str(refused.value)


def test_where_it_is_looked_for(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    (second / "statistics").mkdir(parents=True)
    assert find_statistics(None, [first, second]) is None
    beside = written(second / "statistics", {})
    assert find_statistics(None, [first, second]) == beside
    first.mkdir()
    nearer = written(first, {})
    assert find_statistics(None, [first, second]) == nearer
    assert find_statistics(beside, [first]) == beside
    with pytest.raises(GalleryError, match="found no such file"):
        find_statistics(tmp_path / "gone.json", [first])
