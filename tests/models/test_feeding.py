"""What a picture becomes, by what is said of it: by the user, the file, the format's usual."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.models.feeding import preprocessor_of
from deepvis.network.graph import Graph
from deepvis.network.ref import Opened

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GRAPH = Graph("g", {}, [], [])
MODULE = Opened(GRAPH, lambda: GRAPH, MEAN, "RGB", 1.0, std=STD, assumed=frozenset(("scale", "order", "mean", "std")))
CAFFE = Opened(GRAPH, lambda: GRAPH)
SCALED = Opened(GRAPH, lambda: GRAPH, [0.1], input_scale=255 / 256)  # with a transform_param of its own


@pytest.mark.parametrize(
    ("opened", "mean", "said", "words"),
    [
        (MODULE, None, {}, "RGB, 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225|mean std order scale"),
        (MODULE, (0.5, 0.5, 0.5), {"std": (0.5,)}, "RGB, 0..1, mean 0.5 0.5 0.5, std 0.5 0.5 0.5|order scale"),
        (MODULE, (0, 0, 0), {"std": (1.0,)}, "RGB, 0..1, mean 0 0 0|order scale"),
        (MODULE, (0.5,), {}, "RGB, 0..1, mean 0.5, std 0.229 0.224 0.225|std order scale"),
        (MODULE, None, {"input_scale": 255.0}, "RGB, 0..255, no mean|mean std order"),
        (MODULE, (123.7, 116.3, 103.5), {"std": (58.4, 57.1, 57.4)},
         "RGB, 0..255, mean 123.7 116.3 103.5, std 58.4 57.1 57.4|order scale"),
        (MODULE, (127.5,), {"input_scale": 1.0, "std": (127.5,)}, "RGB, 0..1, mean 0.5, std 0.5 0.5 0.5|order"),
        (MODULE, (0.5,), {"std": (0.5,), "channel_order": "BGR", "input_scale": 1.0},
         "BGR, 0..1, mean 0.5, std 0.5 0.5 0.5|"),
        (CAFFE, None, {}, "BGR, 0..255, no mean|mean order scale"),
        (CAFFE, (104, 117, 123), {}, "BGR, 0..255, mean 104 117 123|order scale"),
        (CAFFE, (127.5,), {"input_scale": 2.0}, "BGR, 0..2, mean 1|order"),
        (CAFFE, (104, 117, 123), {"std": (57.0,)}, "BGR, 0..255, mean 104 117 123, std 57 57 57|order scale"),
        (SCALED, None, {}, "BGR, 0..0.9961, mean 0.1|order"),
    ],
)  # fmt: skip
def test_words(opened: Opened, mean: object, said: dict, words: str) -> None:
    found, assumed, _ = preprocessor_of((3, 8, 8), opened, mean, said.get)
    text, _, wanted = words.partition("|")
    assert found.words == f"input 3 x 8 x 8, {text}" and " ".join(assumed) == wanted


def test_a_mean_in_pixels_is_said() -> None:
    _, _, notes = preprocessor_of((3, 8, 8), MODULE, (127.5,), {"input_scale": 1.0}.get)
    assert notes == ("the mean goes beyond 0..1, so it is taken as pixels of 0 to 255",)


def test_the_formula() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    said = {"std": (2.0, 3.0, 4.0), "input_scale": 10.0, "channel_order": "BGR"}
    found, _, _ = preprocessor_of((3, 8, 8), MODULE, (1.0, 2.0, 3.0), said.get)
    bgr = rgb[..., ::-1].transpose(2, 0, 1)
    wanted = (bgr / 255 * 10 - np.array([1, 2, 3])[:, None, None]) / np.array([2, 3, 4])[:, None, None]
    assert np.allclose(found.to_input(rgb), wanted, atol=1e-5)
