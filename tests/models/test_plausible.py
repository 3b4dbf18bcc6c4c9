"""What was assumed of a network's input is said, and doubted where the answers make it doubtful."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepvis.core.types import NetRequest
from deepvis.live.backends.engine import GraphBackend
from deepvis.live.scale_doubt import ScaleDoubt
from deepvis.models.model import Model
from deepvis.models.plausible import is_all_or_nothing
from deepvis.models.preprocess import Preprocessor
from deepvis.models.zoo import load_model
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb


def test_the_input_in_words() -> None:
    assert Preprocessor((3, 117, 117), np.array((104, 117, 123.0))).words == (
        "input 3 x 117 x 117, BGR, 0..255, mean 104 117 123"
    )
    image = np.full((1, 30, 30), 33.2, np.float32)
    assert (
        Preprocessor((1, 28, 28), image, scale=1.0).words
        == "input 1 x 28 x 28, gray, 0..1, mean image, on average 33.2"
    )
    assert Preprocessor((3, 8, 8), None, "RGB").words == "input 3 x 8 x 8, RGB, 0..255, no mean"


def test_what_nobody_named_is_said_to_be_assumed(tiny: list[str]) -> None:
    files = {"prototxt": tiny[tiny.index("--prototxt") + 1], "weights": tiny[tiny.index("--weights") + 1]}
    assert load_model(**files).assumed == ("mean", "order", "scale")
    named = load_model(**files, mean=(1, 2, 3), overrides={"channel_order": "BGR", "input_scale": 255})
    assert named.assumed == () and named.input_words == named.preprocessor.words


@pytest.mark.parametrize(
    "probabilities, expected",
    [
        ([0.9, 0.1], False),
        ([1 - 1e-9, 1e-9], False),
        ([1.0, 1e-30], True),
        ([1.0, 0.0, 0.0], True),
        ([1.0, 1.0], False),  # sigmoids: no distribution
        ([1.0], False),
        ([float("nan"), 1.0], False),
    ],
)
def test_all_or_nothing(probabilities: list[float], expected: bool) -> None:
    assert is_all_or_nothing(np.array(probabilities, np.float32)[:, None, None]) is expected


def warned(model: Model, photos: list[Path]) -> str:
    backend, doubt = GraphBackend(model), ScaleDoubt(model)
    said = [doubt(backend.run(NetRequest(new_frame(load_rgb(photo))))) for photo in photos]
    backend.close()
    return next(filter(None, said), "")


CASES = {  # files -> the scale that is right, by its folder's documentation
    "lenet-v1/lenet.prototxt lenet-v1/lenet_iter_10000.caffemodel": 255 / 256,
    "mtcnn/det1.prototxt mtcnn/det1.caffemodel": 255 / 128,
    "cifar10-v1/cifar10_full.prototxt cifar10-v1/cifar10_full_iter_70000.caffemodel": 255.0,
    "cifar10-v1/cifar10_quick.prototxt cifar10-v1/cifar10_quick_iter_5000.caffemodel": 255.0,
    "squeezenet/deploy.prototxt squeezenet/squeezenet_v1.1.caffemodel": 255.0,
}


@pytest.mark.shared
@pytest.mark.parametrize("files", CASES)
def test_real_networks_are_doubted_where_the_guess_is_wrong(files: str, shared: Path) -> None:
    photos = [shared / "photos" / "cat.jpg", *sorted((shared / "photos" / "imagenet-probe").rglob("*.jp*g"))[:3]]
    prototxt, weights = (shared / "models" / file for file in files.split())
    guessed = load_model(prototxt=prototxt, weights=weights)
    is_wrong = CASES[files] != 255
    assert bool(warned(guessed, photos)) is is_wrong
    named = load_model(prototxt=prototxt, weights=weights, overrides={"input_scale": CASES[files]})
    assert warned(named, photos) == ""
    if is_wrong:
        assert "0..1 and not 0..255; try --input-scale 1 (assumed: input" in warned(guessed, photos)
