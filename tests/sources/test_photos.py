"""Real odd photos, made here, seen as a person sees them."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest
from PIL import Image

from deepvis.sources.photos import BACKGROUND, PhotoError, is_picture_name, load_photo, load_rgb


def ramp(height: int = 40, width: int = 60) -> np.ndarray:
    """(height, width, 3) uint8: brightness rises to the right; smooth, so that JPEG keeps it."""
    return np.repeat(np.tile(np.linspace(20, 230, width), (height, 1))[..., None], 3, axis=2).astype(np.uint8)


def corners() -> Image.Image:
    """Red upper left, green upper right, blue lower left, white lower right; 60 wide, 40 tall."""
    rgb = np.zeros((40, 60, 3), np.uint8)
    rgb[:20, :30], rgb[:20, 30:], rgb[20:, :30], rgb[20:, 30:] = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
    return Image.fromarray(rgb)


def close(rgb: np.ndarray, expected: np.ndarray, tolerance: int) -> bool:
    return rgb.shape == expected.shape and int(np.abs(rgb.astype(int) - expected.astype(int)).max()) <= tolerance


@pytest.mark.parametrize(
    ("suffix", "tolerance"),
    [("jpg", 6), ("png", 0), ("bmp", 0), ("tif", 0), ("webp", 8), ("ppm", 0), ("tga", 0), ("gif", 4)],
)
def test_formats(tmp_path, suffix, tolerance):
    path = tmp_path / f"ramp.{suffix}"
    Image.fromarray(ramp()).save(path)
    photo = load_photo(path)
    assert photo.rgb.dtype == np.uint8 and not photo.rgb.flags.writeable and not photo.is_cut
    assert close(photo.rgb, ramp(), tolerance)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_exif_orientation(tmp_path, orientation, suffix):
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = corners() if orientation == 1 else corners().transpose(turns[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{suffix}"
    stored.save(path, exif=exif)
    rgb = load_rgb(path)
    assert rgb.shape == (40, 60, 3)
    assert close(rgb[10:11, 15:16], np.array([[[255, 0, 0]]]), 30)
    assert close(rgb[10:11, 45:46], np.array([[[0, 255, 0]]]), 30)
    assert close(rgb[30:31, 15:16], np.array([[[0, 0, 255]]]), 30)


def test_gray_photos(tmp_path):
    gray = ramp()[..., 0]
    Image.fromarray(gray).save(tmp_path / "gray.png")
    Image.fromarray(gray).save(tmp_path / "gray.jpg")
    assert close(load_rgb(tmp_path / "gray.png"), ramp(), 0)
    assert close(load_rgb(tmp_path / "gray.jpg"), ramp(), 6)
    Image.fromarray(gray > 128).save(tmp_path / "bits.png")
    assert set(np.unique(load_rgb(tmp_path / "bits.png"))) == {0, 255}


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit(tmp_path, suffix):
    wide = ramp().astype(np.uint16) * 257
    assert cv2.imwrite(str(tmp_path / f"rgb.{suffix}"), wide)
    assert cv2.imwrite(str(tmp_path / f"gray.{suffix}"), wide[..., 0])
    assert close(load_rgb(tmp_path / f"rgb.{suffix}"), ramp(), 1)
    assert close(load_rgb(tmp_path / f"gray.{suffix}"), ramp(), 1)


def test_float_tiff_is_zero_to_one_or_to_255_or_stretched(tmp_path):
    unit = ramp()[..., 0].astype(np.float32) / 255
    for name, gray, expected in (
        ("unit", unit, ramp()),
        ("bytes", unit * 255, ramp()),
        ("stretched", (unit - unit.min()) * 1000 - 300, (ramp().astype(int) - 20) * 255 // 210),
    ):
        Image.fromarray(gray).save(tmp_path / f"{name}.tif")
        assert close(load_rgb(tmp_path / f"{name}.tif"), expected, 2), name


def test_nan_in_a_float_tiff_is_black(tmp_path):
    gray = np.full((4, 4), 0.5, np.float32)
    gray[0, 0] = np.nan
    Image.fromarray(gray).save(tmp_path / "nan.tif")
    rgb = load_rgb(tmp_path / "nan.tif")
    assert rgb[0, 0].tolist() == [0, 0, 0] and rgb[1, 1].tolist() == [128, 128, 128]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_pixels_show_paper(tmp_path, mode):
    picture = Image.fromarray(ramp()).convert("RGBA")
    alpha = np.full((40, 60), 255, np.uint8)
    alpha[:, :30] = 0
    picture.putalpha(Image.fromarray(alpha))
    path = tmp_path / ("x.tif" if mode == "PA" else "x.png")
    (picture if mode == "PA" else picture.convert(mode)).save(path)
    rgb = load_rgb(path)
    assert (rgb[:, :30] == BACKGROUND).all()
    assert close(rgb[:, 30:], ramp()[:, 30:], 1)


def test_half_transparent_is_mixed(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 128)).save(tmp_path / "half.png")
    assert close(load_rgb(tmp_path / "half.png"), np.full((4, 4, 3), 127), 1)


def test_palette_with_and_without_transparency(tmp_path):
    plain = corners().convert("P", palette=Image.Palette.ADAPTIVE)
    plain.save(tmp_path / "plain.png")
    assert load_rgb(tmp_path / "plain.png")[10, 15].tolist() == [255, 0, 0]
    plain.save(tmp_path / "hole.png", transparency=plain.getpixel((15, 10)))
    assert load_rgb(tmp_path / "hole.png")[10, 15].tolist() == list(BACKGROUND)


def test_rgb_with_one_transparent_colour(tmp_path):
    corners().save(tmp_path / "key.png", transparency=(0, 255, 0))
    rgb = load_rgb(tmp_path / "key.png")
    assert rgb[10, 45].tolist() == list(BACKGROUND) and rgb[10, 15].tolist() == [255, 0, 0]


def test_cmyk(tmp_path):
    corners().convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    corners().convert("CMYK").save(tmp_path / "cmyk.tif")
    for name in ("cmyk.jpg", "cmyk.tif"):
        rgb = load_rgb(tmp_path / name)
        assert close(rgb[5:6, 5:6], np.array([[[255, 0, 0]]]), 20), name
        assert close(rgb[35:36, 55:56], np.array([[[255, 255, 255]]]), 10), name


def test_animation_gives_its_first_picture(tmp_path):
    first, second = Image.new("RGB", (8, 8), (200, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 200))
    first.save(tmp_path / "two.gif", save_all=True, append_images=[second])
    assert load_rgb(tmp_path / "two.gif")[4, 4].tolist() == [200, 0, 0]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (6000, 20)])
def test_odd_sizes(tmp_path, size):
    Image.new("RGB", size, (1, 2, 3)).save(tmp_path / "odd.png")
    rgb = load_rgb(tmp_path / "odd.png")
    assert rgb.shape == (size[1], size[0], 3) and rgb[0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_9000_by_6000_photo_is_reduced(tmp_path, suffix):
    path = tmp_path / f"huge.{suffix}"
    Image.fromarray(ramp(60, 90)).resize((9000, 6000)).save(path)
    rgb = load_rgb(path)
    assert rgb.shape == (1500, 2250, 3)
    assert close(rgb[::25, ::25], np.asarray(Image.fromarray(ramp(60, 90))), 6)


def test_a_decompression_bomb_is_refused(tmp_path):
    Image.new("1", (20000, 20000)).save(tmp_path / "bomb.png")
    with pytest.raises(PhotoError, match=r"bomb\.png is too large to decode safely"):
        load_rgb(tmp_path / "bomb.png")


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "bmp", "tif"])
def test_a_truncated_photo_shows_as_far_as_it_goes(tmp_path, suffix):
    path = tmp_path / f"cut.{suffix}"
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 255, (200, 200, 3), np.uint8)).save(path)
    whole = load_rgb(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    photo = load_photo(path)
    assert photo.is_cut
    same = (photo.rgb == whole).all(axis=(1, 2))
    first_come = {"bmp": slice(-80, None), "gif": slice(0, None, 8)}.get(suffix, slice(0, 80))  # its rows' order
    assert same[first_come].mean() > 0.9


def unreadable_files(folder):
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture at all\n" * 20)
    (folder / "header.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "folder.jpg").mkdir()
    os.mkfifo(folder / "pipe.jpg")  # opening it would block for ever
    return {
        "empty.jpg": "is empty",
        "text.jpg": "is no picture",
        "header.png": "cannot be decoded|is no picture",
        "folder.jpg": "is a folder",
        "pipe.jpg": "is no regular file",
        "missing.jpg": "does not exist",
        "nul\0.jpg": "cannot be read",
    }


def test_each_bad_file_is_named_with_its_reason(tmp_path):
    for name, reason in unreadable_files(tmp_path).items():
        with pytest.raises(PhotoError, match=reason) as caught:
            load_rgb(str(tmp_path / name))
        assert name.replace("\0", "\\x00") in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_never_raises_anything_else(tmp_path, seed):
    rng = np.random.default_rng(seed)
    suffix = ["jpg", "png", "gif", "tif", "webp", "bmp"][seed % 6]
    path = tmp_path / f"damaged.{suffix}"
    corners().save(path)
    content = bytearray(path.read_bytes())
    for place in rng.integers(0, len(content), 12):
        content[place] = int(rng.integers(0, 256))
    path.write_bytes(content)
    try:
        rgb = load_rgb(path)
    except PhotoError as error:
        assert path.name in str(error)
    else:
        assert rgb.ndim == 3 and rgb.shape[2] == 3 and rgb.dtype == np.uint8


def test_picture_names():
    assert is_picture_name("a.JPG") and is_picture_name("b.tiff")
    assert not is_picture_name(".hidden.jpg") and not is_picture_name("a.txt") and not is_picture_name("jpg")
