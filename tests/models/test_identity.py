"""The word that tells networks of one name apart."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec import NetworkSpec, with_weights
from deepvis.formats.caffe.spec_graph import graph_of
from deepvis.formats.caffe.weights import write_weights
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network import identity as module
from deepvis.network.identity import SAMPLED, identity
from tests.helpers.work import allocated_by

NET = """
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 701 } }
"""
_NOISE = np.random.default_rng(0)
WEIGHTS = {
    "conv": [_NOISE.normal(0, 1, (4, 3, 3, 3)).astype(np.float32), np.zeros(4, np.float32)],
    "fc": [_NOISE.normal(0, 1, (701, 36)).astype(np.float32), np.zeros(701, np.float32)],
}


def identity_of(network: Model | NetworkSpec) -> str:
    return network.identity if isinstance(network, Model) else identity(graph_of(network))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    net, weights = tmp_path / "deploy.prototxt", tmp_path / "w.caffemodel"
    net.write_text(NET)
    write_weights(weights, WEIGHTS)
    return net, weights


def own(files: tuple[Path, Path], **more) -> Model:
    net, weights = files
    return load_model(prototxt=net, weights=weights, **more)


def test_twelve_digits_that_do_not_depend_on_names_of_files(files, tmp_path: Path) -> None:
    word = identity_of(own(files))
    assert len(word) == 12 and int(word, 16) >= 0
    moved = tmp_path / "other" / "net.prototxt", tmp_path / "other" / "x.caffemodel"
    moved[0].parent.mkdir()
    for old, new in zip(files, moved, strict=True):
        shutil.copy(old, new)
    assert identity_of(own(moved)) == word


def test_it_is_what_it_was(files) -> None:
    """Pictures kept under it must be found again by a later version, on another machine."""
    assert identity_of(load_net(NET, WEIGHTS)) == "9329f07e5001"
    assert identity_of(own(files, mean=(1, 2, 3))) == "2575340d940f"


@pytest.mark.parametrize("place", [0, 1, 12345, 701 * 36 - 1])
def test_any_changed_weight_counts(place: int) -> None:
    spec = load_net(NET, WEIGHTS)
    changed = WEIGHTS["fc"][0].copy()
    assert changed.size > SAMPLED
    changed.flat[place] = np.nextafter(changed.flat[place], np.float32(9))
    assert identity_of(with_weights(spec, {"fc": [changed, WEIGHTS["fc"][1]]})) != identity_of(spec)


def test_an_odd_blob_counts_to_its_last_value() -> None:
    spec = load_net(NET, WEIGHTS)
    bias = np.zeros(701, np.float32)
    bias[-1] = 1
    assert identity_of(with_weights(spec, {"fc": [WEIGHTS["fc"][0], bias]})) != identity_of(spec)


@pytest.mark.parametrize(
    ("old", "new"),
    [("stride: 2", "stride: 2 pool: AVE"), ('name: "pool"', 'name: "pool1"'), ('"InnerProduct"', '"InnerProduct" #')],
)
def test_what_the_layers_do_counts(old: str, new: str) -> None:
    changes = "#" not in new
    text = NET.replace(old, new + "\n" if not changes else new)
    assert (identity_of(load_net(text, WEIGHTS)) != identity_of(load_net(NET, WEIGHTS))) is changes


@pytest.mark.parametrize("text", [NET.replace("xavier", "gaussian"), NET.replace("input_dim: 1", "input_dim: 10")])
def test_fillers_and_the_batch_do_not_count(text: str) -> None:
    assert identity_of(load_net(text, WEIGHTS)) == identity_of(load_net(NET, WEIGHTS))


def test_how_pictures_reach_the_network_counts(files) -> None:
    ways = (
        {},
        {"mean": (1, 2, 3)},
        {"overrides": {"channel_order": "RGB"}},
        {"overrides": {"input_scale": 1.0}},
        {"overrides": {"fill": True}},  # nothing is left to fill: the same network
    )
    words = [identity_of(own(files, **way)) for way in ways]
    assert len(set(words)) == 4 and words[4] == words[0]
    assert identity_of(own(files, mean=(0, 0, 0))) == words[0]  # no mean is a mean of 0


def test_large_blobs_are_hashed_in_part_and_never_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """CaffeNet's fc6 is 151 MB; a start must not wait for it: hashing all of it takes ten times as long as its sum."""
    hashed: list[int] = []

    class Counting:
        def __init__(self) -> None:
            self.real = hashlib.sha256()

        def update(self, piece: bytes) -> None:
            hashed.append(len(piece))
            self.real.update(piece)

        def hexdigest(self) -> str:
            return self.real.hexdigest()

    blob = np.ones((4096, 9216), np.float32)
    large = with_weights(load_net(NET, WEIGHTS), {"fc": [blob]})
    monkeypatch.setattr(module, "hashlib", SimpleNamespace(sha256=Counting))
    graph_of(large)  # made once, and kept
    assert allocated_by(lambda: identity_of(large)) < blob.nbytes / 100
    assert SAMPLED * 4 <= sum(hashed) < 3 * SAMPLED * 4  # two blobs' samples and the layers' parameters
