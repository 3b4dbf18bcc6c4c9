"""The colours and the spectrum of photos: the formulas, the file, the command, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.main import main
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.photo_statistics import (
    EDGE,
    SIZE,
    logit,
    measured,
    named_statistics,
    read_statistics,
    squares_of,
    statistics_named,
    write_statistics,
)


def photo(seed: int, height: int = 300, width: int = 400) -> np.ndarray:
    """Noise as smooth as photos, its brightness varying twice as much as its hue."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width)[np.newaxis])
    scale = 1 / np.maximum(frequency, 1 / width)

    def smooth() -> np.ndarray:
        values = np.fft.irfft2(np.fft.rfft2(random.standard_normal((height, width))) * scale, s=(height, width))
        return values / values.std()

    brightness, hue = smooth(), smooth()
    rgb = 128 + np.stack([30 * brightness + 15 * hue, 30 * brightness, 30 * brightness - 15 * hue], axis=2)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def test_brightness_comes_first_and_the_spectrum_falls():
    found = measured(square for seed in range(4) for square in squares_of(photo(seed)))
    assert found.photos == 16
    brightness = found.colours[:, 0]
    assert brightness.min() > 0 and np.ptp(brightness) < 0.3 * brightness.mean()
    assert found.colours[0, 1] * found.colours[2, 1] < 0, "the second colour is red against blue"
    row = found.magnitude[0, 0]
    assert row[0] == 0 and row[4] > 2 * row[16] > 4 * row[64]


@pytest.mark.parametrize("channels, height, width", [(3, 224, 224), (1, 117, 117), (3, 64, 96), (4, 512, 512)])
def test_a_picture_of_any_size_has_the_contrast_of_photos(channels, height, width):
    magnitude = statistics_named("").magnitude_of(channels, height, width)
    assert magnitude.shape == (channels, height, width // 2 + 1) and magnitude.dtype == np.float32
    phases = np.random.default_rng(0).uniform(-np.pi, np.pi, magnitude.shape)
    values = np.fft.irfft2(magnitude * np.exp(1j * phases), s=(height, width))
    assert 0.4 < values[0].std() < 1.6, "the parameters of photos have about unit size"


def test_the_file_is_read_as_it_was_written_and_named_by_its_content(tmp_path: Path):
    found = measured(squares_of(photo(0)))
    write_statistics(tmp_path / "s.npz", found)
    again = read_statistics(tmp_path / "s.npz")
    assert np.array_equal(again.colours, found.colours) and again.photos == 4
    np.testing.assert_allclose(again.magnitude, found.magnitude, rtol=1e-3)
    words = named_statistics(tmp_path / "s.npz")
    assert np.array_equal(statistics_named(words).colours, found.colours)
    statistics_named.cache_clear()
    write_statistics(tmp_path / "s.npz", measured(squares_of(photo(1))))
    with pytest.raises(OptimizeError, match="has changed since it was named"):
        statistics_named(words)


def whole_file(**others: np.ndarray) -> dict[str, np.ndarray]:
    values = {"version": np.array(1), "colours": np.eye(3), "magnitude": np.ones((3, SIZE, SIZE // 2 + 1))}
    return {**values, "photos": np.array(4), **others}


@pytest.mark.parametrize(
    "content, why",
    [
        ({"version": np.array(1), "colours": np.eye(3)}, "it has no magnitude"),
        (whole_file(version=np.array(9)), "its version is 9, expected 1"),
        (whole_file(colours=np.eye(4)), r"the shape of its colours is \(4, 4\)"),
        (whole_file(colours=np.full((3, 3), np.nan)), "not every number of its colours is finite"),
        (
            whole_file(magnitude=np.full((3, SIZE, SIZE // 2 + 1), np.inf)),
            "not every number of its magnitude is finite",
        ),
        (whole_file(colours=np.array([{}], dtype=object)), "it is broken, or its values are of another kind"),
        (whole_file(colours=np.array(["a"])), "it is broken, or its values are of another kind"),
    ],
)
def test_an_npz_file_of_something_else_is_a_sentence(content: dict, why: str, tmp_path: Path):
    np.savez(tmp_path / "other.npz", **content)
    with pytest.raises(OptimizeError, match=rf"other.npz holds no statistics of photos \({why}"):
        read_statistics(tmp_path / "other.npz")


def test_what_is_no_npz_file_is_said_in_our_own_words(tmp_path: Path, capsys):
    (tmp_path / "text.md").write_text("no npz")
    np.save(tmp_path / "one.npy", np.eye(3))
    (tmp_path / "folder.npz").mkdir()
    np.savez(tmp_path / "cut.npz", **whole_file())
    content = (tmp_path / "cut.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(content[: len(content) // 2])
    reasons = {
        "text.md": "it is no npz file",
        "one.npy": "it is no npz file",
        "cut.npz": "it is no npz file",
        "gone.npz": "there is no such file",
        "folder.npz": "it cannot be read: Is a directory",
    }
    for name, why in reasons.items():
        with pytest.raises(OptimizeError, match=rf"{name} holds no statistics of photos \({why}\)"):
            read_statistics(tmp_path / name)
    words = ["optimize", "--preset", "maco", "--photo-statistics", str(tmp_path / "text.md")]
    assert main([*words, "--output", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "it is no npz file" in said and "pickle" not in said


def test_the_values_before_a_sigmoid_are_finite_and_come_back():
    values = np.linspace(0, 1, 11)
    back = 1 / (1 + np.exp(-logit(values)))
    np.testing.assert_allclose(back, np.clip(values, EDGE, 1 - EDGE))


def colour_of_each(photos: list[np.ndarray]) -> list[np.ndarray]:
    return [square for each in photos for square in squares_of(each)]


@pytest.mark.parametrize(
    "photos",
    [
        [np.full((300, 300, 3), (200, 90, 30), np.uint8)],
        [np.full((300, 300, 3), colour, np.uint8) for colour in ((200, 9, 30), (9, 99, 9), (9, 9, 200), (90, 9, 9))],
        [photo(0)[:, :, :1].repeat(3, axis=2)],
    ],
    ids=["one colour", "each of one colour", "grey"],
)
def test_photos_without_colours_are_a_sentence(photos: list[np.ndarray]):
    with pytest.raises(OptimizeError, match="grey or of one colour"):
        measured(colour_of_each(photos))


def saved(folder: Path, **photos: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rgb in photos.items():
        Image.fromarray(rgb).save(folder / f"{name}.png")
    return folder


def run(folder: Path, output: Path, *more: str) -> int:
    return main(["photo-statistics", "--images", str(folder), "--output", str(output), *more])


def test_the_command_measures_a_folder_and_leaves_out_what_is_no_photo(tmp_path: Path, capsys):
    folder = saved(tmp_path / "in", a=photo(0), small=photo(2, 63, 200))
    saved(folder / "deep", b=photo(1, 500, 333))
    (folder / "c.png").write_text("no picture")
    assert run(folder, tmp_path / "s.npz") == 0
    said = capsys.readouterr()
    assert said.err.count("c.png") == 1 and "c.png is no picture" in said.err
    assert "small.png is 200 x 63 pixels, expected 64 or more on each side; it is left out" in said.err
    assert f"of 2 photos (8 squares): {tmp_path / 's.npz'}\n" in said.out
    found = read_statistics(tmp_path / "s.npz")
    assert found.photos == 8 and found.magnitude.shape == (3, SIZE, SIZE // 2 + 1)


@pytest.mark.parametrize("more", [[], ["--overwrite"]])
@pytest.mark.parametrize("name", ["README.md", "other.npz", "folder"])
def test_a_file_that_is_no_statistics_is_never_overwritten(name: str, more: list[str], tmp_path: Path, capsys):
    output = tmp_path / name
    if name == "folder":
        output.mkdir()
    elif name == "other.npz":
        np.savez(output, weights=np.eye(3))
    else:
        output.write_text("words")
    before = None if output.is_dir() else output.read_bytes()
    assert run(saved(tmp_path / "in", a=photo(0)), output, *more) == 2
    said = capsys.readouterr().err
    assert f"{output} is there already and holds no statistics of photos" in said and said.count("\n") == 1
    assert output.is_dir() or output.read_bytes() == before


def test_statistics_are_overwritten_only_when_asked(tmp_path: Path, capsys):
    folder, output = saved(tmp_path / "in", a=photo(0, 300, 300)), tmp_path / "s.npz"
    assert run(folder, output) == 0
    assert "of 1 photo (2 squares)" in capsys.readouterr().out
    saved(folder, b=photo(1))
    assert run(folder, output) == 2
    assert "give --overwrite to overwrite it" in capsys.readouterr().err
    assert read_statistics(output).photos == 2
    assert run(folder, output, "--overwrite") == 0
    assert read_statistics(output).photos == 6


def test_a_folder_of_one_coloured_photos_is_a_sentence_and_no_file(tmp_path: Path, capsys):
    folder = saved(tmp_path / "in", a=np.full((100, 100, 3), 90, np.uint8))
    assert run(folder, tmp_path / "s.npz") == 2
    said = capsys.readouterr().err
    assert "grey or of one colour" in said and said.count("\n") == 1
    assert not (tmp_path / "s.npz").exists()


@pytest.mark.parametrize("named", ["gone", "empty"])
def test_a_folder_without_photos_is_a_sentence(named: str, tmp_path: Path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["photo-statistics", "--images", str(tmp_path / named), "--output", str(tmp_path / "s.npz")]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said and ("no such folder" in said or "no photo there" in said)
    assert not (tmp_path / "s.npz").exists()
