"""Pictures to inputs and back, means of every kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepvis.core.types import Fit
from deepvis.models.preprocess import Preprocessor, centre, load_mean
from deepvis.network.model_error import ModelError
from tests.formats.caffe.wire_files import field, packed


def photo(height: int = 60, width: int = 80) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_bgr_mean_and_scale() -> None:
    rgb = np.zeros((2, 2, 3), np.uint8)
    rgb[:] = (255, 100, 10)
    bgr = Preprocessor((3, 2, 2), load_mean((1, 2, 3)))
    assert bgr.to_input(rgb)[:, 0, 0].tolist() == [9, 98, 252]
    half = Preprocessor((3, 2, 2), load_mean((1, 2, 3)), "RGB", 127.5)
    assert half.to_input(rgb)[:, 0, 0].tolist() == [126.5, 48, 2]
    assert half.mean_chw[:, 0, 0].tolist() == [1, 2, 3] and not half.mean_chw.flags.writeable


@pytest.mark.parametrize("order", ["BGR", "RGB"])
@pytest.mark.parametrize("scale", [255.0, 1.0])
def test_to_rgb_undoes_to_input(order: str, scale: float) -> None:
    mean = load_mean([m * scale / 255 for m in (104, 117, 123)])
    for std in (None, np.array([0.2, 0.3, 0.4])):
        pre = Preprocessor((3, 20, 40), mean, order, scale, std)
        np.testing.assert_array_equal(pre.to_rgb(pre.to_input(photo())), pre.crop(photo()))
        assert pre.to_rgb(np.full((3, 20, 40), 9999.0)).max() == 255


def test_std_and_scale() -> None:
    rgb = np.empty((2, 2, 3), np.uint8)
    rgb[:] = (255, 100, 10)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    pre = Preprocessor((3, 2, 2), mean, "RGB", 1.0, std)
    wanted = (np.array([255, 100, 10]) / 255 - mean) / std
    assert np.allclose(pre.to_input(rgb)[:, 0, 0], wanted, atol=1e-6)
    assert np.allclose(pre.diff_to_rgb(np.ones((3, 2, 2)))[:, 0, 0], 1 / 255 / std)
    assert pre.words == "input 3 x 2 x 2, RGB, 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225"
    plain, ones = Preprocessor((3, 2, 2), mean, "RGB", 1.0), Preprocessor((3, 2, 2), mean, "RGB", 1.0, np.ones(1))
    assert plain.signature == ones.signature != pre.signature and ones.std is None
    for wrong in ([0.1, 0.2], [0.0], [np.nan]):
        with pytest.raises(ModelError, match="the std "):
            Preprocessor((3, 2, 2), mean, "RGB", 1.0, np.array(wrong))


@pytest.mark.parametrize("order", ["BGR", "RGB"])
def test_a_fourth_channel_is_opaque(order: str) -> None:
    pre = Preprocessor((4, 5, 5), None, order, 1.0)
    x = pre.to_input(photo())
    assert (x[3] == 1).all() and not (x[0] == x[1]).all()
    np.testing.assert_array_equal(pre.to_rgb(x), pre.crop(photo()))
    assert pre.diff_to_rgb(x).shape == (3, 5, 5) and "and opaque" in pre.words


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_other_counts_of_channels_see_gray(channels: int) -> None:
    pre = Preprocessor((channels, 5, 5))
    x = pre.to_input(photo(), Fit.STRETCH)
    assert x.shape == (channels, 5, 5) and (x == x[:1]).all()
    seen = pre.crop(photo(), Fit.STRETCH)
    assert seen.shape == (5, 5, 3) and (seen == x[0][..., None]).all()
    assert pre.to_rgb(x).shape == (5, 5, 3)
    assert pre.diff_to_rgb(x) is x


def test_diffs_are_turned_to_rgb() -> None:
    diff = np.arange(3.0).reshape(3, 1, 1)
    assert Preprocessor((3, 1, 1)).diff_to_rgb(diff).ravel().tolist() == [2, 1, 0]
    assert Preprocessor((3, 1, 1), None, "RGB").diff_to_rgb(diff).ravel().tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("picture", "size", "window"),
    [
        ((60, 80), (10, 10), (0, 10, 60, 60)),
        ((80, 60), (10, 10), (10, 0, 60, 60)),
        ((60, 80), (10, 40), (20, 0, 20, 80)),
        ((60, 80), (40, 10), (0, 32, 60, 15)),
        ((1, 500), (10, 10), (0, 249, 1, 1)),
        ((1, 1), (7, 3), (0, 0, 1, 1)),
    ],
)
def test_the_centre_has_the_inputs_aspect_ratio(picture: tuple, size: tuple, window: tuple) -> None:
    top, left, height, width = window
    rgb = photo(*picture)
    np.testing.assert_array_equal(centre(rgb, size), rgb[top : top + height, left : left + width])
    assert Preprocessor((3, *size)).crop(rgb).shape == (*size, 3)


def test_stretch_keeps_all() -> None:
    rgb = np.zeros((10, 30, 3), np.uint8)
    rgb[:, :10] = 255
    seen = Preprocessor((3, 3, 3)).crop(rgb, Fit.STRETCH)
    assert seen[:, 0].min() == 255 and seen[:, 1:].max() == 0
    assert Preprocessor((3, 3, 3)).crop(rgb, Fit.CROP).max() == 0


@pytest.mark.parametrize(("side", "before"), [(224, 256), (227, 256), (117, 132), (28, 32)])
def test_caffes_crop(side: int, before: int) -> None:
    pre = Preprocessor((3, side, side))
    rgb = photo(before, before)  # no resize: the centre itself
    edge = (before - side) // 2
    np.testing.assert_array_equal(pre.caffe_crop(rgb), rgb[edge : edge + side, edge : edge + side])


def test_means(tmp_path: Path) -> None:
    image = np.arange(3 * 6 * 6, dtype=np.float64).reshape(3, 6, 6)
    np.save(tmp_path / "m.npy", image)
    np.save(tmp_path / "hwc.npy", image.transpose(1, 2, 0))
    dims = b"".join(field(number, value) for number, value in zip((1, 2, 3, 4), (1, 3, 6, 6), strict=True))
    (tmp_path / "m.binaryproto").write_bytes(dims + packed(5, image.ravel().tolist()))
    for name in ("m.npy", "hwc.npy", "m.binaryproto"):
        pre = Preprocessor((3, 4, 2), load_mean(tmp_path / name))
        np.testing.assert_array_equal(pre.mean_chw, image[:, 1:5, 2:4])
    assert Preprocessor((3, 1, 1), load_mean([5])).mean_chw.ravel().tolist() == [5, 5, 5]
    assert Preprocessor((1, 1, 1), load_mean(5)).mean_chw.ravel().tolist() == [5]  # type: ignore[arg-type]
    assert load_mean(None) is None and not Preprocessor((3, 1, 1)).mean_chw.any()


WRONG_MEANS = {
    "channels": ((1, 2), "the mean has 2 channels, expected 3"),
    "small": (np.zeros((3, 2, 9)), "the mean image is 9x2, expected at least 4x4"),
    "not finite": ((1, 2, float("nan")), "no finite numbers"),
    "words": (("a", "b"), "expected numbers"),
    "dimensions": (np.zeros((2, 3, 4, 4)), "found the shape (2, 3, 4, 4), expected (C,) or (C, h, w)"),
    "suffix": ("mean.png", "found a mean of the kind '.png'"),
    "absent": ("none.npy", "none.npy: cannot be read"),
    "absent proto": ("none.binaryproto", "none.binaryproto: cannot be read"),
}


@pytest.mark.parametrize("what", WRONG_MEANS)
def test_wrong_means(what: str) -> None:
    mean, said = WRONG_MEANS[what]
    with pytest.raises(ModelError) as error:
        Preprocessor((3, 4, 4), load_mean(mean))  # type: ignore[arg-type]
    assert said in str(error.value)


def test_mean_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"no numpy")
    np.save(tmp_path / "b.npy", np.array([{}], object), allow_pickle=True)
    np.save(tmp_path / "c.npy", np.zeros(3))
    (tmp_path / "c.npy").write_bytes((tmp_path / "c.npy").read_bytes().replace(b"'descr': ", b"'descr': ("))
    for name in ("a.npy", "b.npy", "c.npy"):
        with pytest.raises(ModelError, match=f"{name}: is no numpy array"):
            load_mean(tmp_path / name)


@pytest.mark.parametrize("wrong", [{"channel_order": "GBR"}, {"scale": 0.0}, {"input_shape": (3, 0, 4)}])
def test_wrong_settings(wrong: dict) -> None:
    with pytest.raises(ModelError, match="expected"):
        Preprocessor(**{"input_shape": (3, 4, 4), **wrong})


@pytest.mark.shared
def test_the_two_files_of_the_imagenet_mean_agree(shared: Path) -> None:
    folder = shared / "models" / "ilsvrc12-mean"
    first, second = (load_mean(folder / name) for name in ("ilsvrc_2012_mean.npy", "imagenet_mean.binaryproto"))
    np.testing.assert_array_equal(first, second)
    pre = Preprocessor((3, 227, 227), first)
    np.testing.assert_allclose(pre.mean_chw.mean((1, 2)), (102.98, 115.95, 122.77), atol=0.01)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (3, 1), (1, 1, 3), (3, 1, 1), (1, 1, 1, 3), (1, 3, 1, 1)])
def test_a_mean_of_one_row_or_column_is_one_number_a_channel(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "m.npy", np.float32([1, 2, 3]).reshape(shape))
    assert Preprocessor((3, 8, 9), load_mean(tmp_path / "m.npy")).mean_chw[:, 0, 0].tolist() == [1, 2, 3]
