"""The colours and the spectrum of photos: the formulas, the file, the command, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.main import main
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.photo_statistics import (
    SIZE,
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


def test_what_is_no_such_file_is_a_sentence(tmp_path: Path):
    np.savez(tmp_path / "other.npz", version=np.array(1), colours=np.eye(3))
    (tmp_path / "text.npz").write_text("no npz")
    for name in ("other.npz", "text.npz", "gone.npz"):
        with pytest.raises(OptimizeError, match=f"{name} holds no statistics of photos"):
            read_statistics(tmp_path / name)


def test_the_command_measures_a_folder_and_leaves_out_what_is_no_photo(tmp_path: Path, capsys):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    Image.fromarray(photo(0)).save(tmp_path / "in" / "a.png")
    Image.fromarray(photo(1, 500, 333)).save(tmp_path / "in" / "deep" / "b.jpg")
    (tmp_path / "in" / "c.png").write_text("no picture")
    assert main(["photo-statistics", "--images", str(tmp_path / "in"), "--output", str(tmp_path / "s.npz")]) == 0
    assert "c.png" in capsys.readouterr().err
    found = read_statistics(tmp_path / "s.npz")
    assert found.photos == 8 and found.magnitude.shape == (3, SIZE, SIZE // 2 + 1)


@pytest.mark.parametrize("named", ["gone", "empty"])
def test_a_folder_without_photos_is_a_sentence(named: str, tmp_path: Path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["photo-statistics", "--images", str(tmp_path / named), "--output", str(tmp_path / "s.npz")]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said and ("is no folder" in said or "there are no photos" in said)
    assert not (tmp_path / "s.npz").exists()
