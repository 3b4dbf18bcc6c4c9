"""What photos have in common: how their colours vary together, and how strong each frequency is.

Both are those of the values before a sigmoid (the logit of 0 to 1), where the parameterizations work. The file is
an npz: version, colours (3, 3) float32, magnitude (3, SIZE, SIZE // 2 + 1) float16, photos (how many squares).

Source: the colour matrix as lucid's color_correlation_svd_sqrt (Olah, Mordvintsev & Schubert 2017); the mean magnitude
spectrum as MaCo's (Fel et al. 2023).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from deepvis.core.files import DIGEST, digest_words, written_beside
from deepvis.core.regular_file import bytes_of
from deepvis.network.lazy import F, torch
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.schema.npz_file import npz_of

VERSION = 1
SIZE = 256  # of the squares whose spectrum is taken, pixels
EDGE = 0.02  # values nearer to black or white count as this far from it: their logit is infinite
SMALLEST = 64  # pixels of a photo's shorter side: a smaller one has no fine grain to measure
FLAT = 1e-6  # colours that vary less than this, as a share of the strongest, do not vary
SMOOTH = 1.5  # sigma in frequencies: a few photos have a rough spectrum
_ONE_COLOUR = (
    "the photos are grey or of one colour, so nothing says how colours vary together; give a folder of photos in colour"
)
SHIPPED = Path(__file__).with_name("photo_statistics.npz")


@dataclass(frozen=True, eq=False)
class PhotoStatistics:
    """colours: (3, 3) float32, from uncorrelated values of about unit size to red, green, blue.

    magnitude: (3, SIZE, SIZE // 2 + 1) float32, of rfft2 of the uncorrelated values of SIZE x SIZE pixels.
    photos: how many squares of photos were measured.
    """

    colours: np.ndarray
    magnitude: np.ndarray
    photos: int

    def magnitude_of(self, channels: int, height: int, width: int) -> np.ndarray:
        """(channels, height, width // 2 + 1) float32: the spectrum of a picture of that size which shows as much.

        Beyond the highest frequency that was measured it falls with 1 / frequency. One channel is brightness; of more
        than three the others are as strong as brightness.
        """
        rows = np.fft.fftfreq(height, 1.0 / height)[:, np.newaxis]  # cycles a picture
        cols = np.fft.rfftfreq(width, 1.0 / width)[np.newaxis]
        beyond = np.maximum(np.maximum(np.abs(rows), np.abs(cols)) / (SIZE // 2), 1.0)
        of_three = _between(np.fft.fftshift(self.magnitude, axes=1), rows / beyond + SIZE // 2, cols / beyond) / beyond
        scale = height * width / SIZE**2
        return np.stack([of_three[n if n < 3 else 0] * scale for n in range(channels)]).astype(np.float32)


def measured(squares: Iterable[np.ndarray]) -> PhotoStatistics:
    """The statistics of squares (SIZE, SIZE, 3) uint8 RGB, one at a time in memory.

    Raises OptimizeError where there are none, or where their colours do not vary in three ways.
    """
    count, total, products = 0, np.zeros(3), np.zeros((3, 3))
    cross = np.zeros((3, 3, SIZE, SIZE // 2 + 1), complex)  # sum of the products of the colours' spectra
    window = np.hanning(SIZE + 1)[:SIZE]
    window = window[:, np.newaxis] * window
    window /= np.sqrt(np.mean(window**2))
    for square in squares:
        value = logit(square.transpose(2, 0, 1) / 255.0)
        flat = value.reshape(3, -1)
        count, total, products = count + 1, total + flat.mean(axis=1), products + flat @ flat.T / flat.shape[1]
        spectrum = np.fft.rfft2((value - flat.mean(axis=1)[:, np.newaxis, np.newaxis]) * window)
        cross += spectrum[:, np.newaxis] * spectrum.conj()
    if not count:
        raise OptimizeError("there are no photos to take the colours and the spectrum of; give a folder of photos")
    mean = total / count
    colours = _colours(products / count - np.outer(mean, mean))
    back = np.linalg.inv(colours)
    power = np.einsum("oa,abhw,ob->ohw", back, cross / count, back).real
    if power.max(axis=(1, 2)).min() < FLAT:
        raise OptimizeError(_ONE_COLOUR)
    return PhotoStatistics(colours.astype(np.float32), _smooth(np.sqrt(np.maximum(power, 0.0))), count)


def write_statistics(path: Path, statistics: PhotoStatistics) -> None:
    """Raises OSError."""
    with written_beside(path) as file:
        np.savez_compressed(
            file,
            version=np.array(VERSION),
            colours=statistics.colours,
            magnitude=statistics.magnitude.astype(np.float16),
            photos=np.array(statistics.photos),
        )


def read_statistics(path: Path) -> PhotoStatistics:
    """Raises OptimizeError where the file is not there or holds something else."""
    with npz_of(path, ("colours", "magnitude", "photos"), VERSION, partial(_no_statistics, path)) as found:
        colours, magnitude = found["colours"].astype(np.float32), found["magnitude"].astype(np.float32)
        for name, values, shape in (("colours", colours, (3, 3)), ("magnitude", magnitude, (3, SIZE, SIZE // 2 + 1))):
            if values.shape != shape:
                raise _no_statistics(path, f"the shape of its {name} is {values.shape}, expected {shape}")
            if not np.isfinite(values).all():
                raise _no_statistics(path, f"not every number of its {name} is finite")
        return PhotoStatistics(colours, magnitude, int(found["photos"]))


def _no_statistics(path: Path, why: str) -> OptimizeError:
    return OptimizeError(f"{path} holds no statistics of photos ({why}); photo-statistics writes such a file")


def named_statistics(path: Path) -> str:
    """Words for a file: its path, and a digest, for it may be replaced one day. Raises OptimizeError."""
    read_statistics(path)
    return digest_words(str(path.resolve()), bytes_of(path))


@lru_cache(maxsize=4)
def statistics_named(words: str) -> PhotoStatistics:
    """What ``named_statistics`` has named; no words: those of scikit-image's sample photos, which are shipped.

    Raises OptimizeError where the file is not there, or is another.
    """
    if not words:
        return read_statistics(SHIPPED)
    name = words.rpartition(DIGEST)[0]
    found = read_statistics(Path(name))
    if digest_words(name, bytes_of(name)) != words:
        raise OptimizeError(f"{name} has changed since it was named; give --photo-statistics {name} again")
    return found


def squares_of(rgb: np.ndarray) -> list[np.ndarray]:
    """Squares (SIZE, SIZE, 3) of a photo (H, W, 3) uint8: from both ends of its longer side, and mirrored."""
    from PIL import Image

    height, width = rgb.shape[:2]
    side = min(height, width)
    found = []
    for top, left in dict.fromkeys([(0, 0), (height - side, width - side)]):
        part = Image.fromarray(rgb[top : top + side, left : left + side]).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        found += [np.asarray(part), np.asarray(part)[:, ::-1]]
    return found


def logit(unit: np.ndarray) -> np.ndarray:
    """The values before a sigmoid of values from 0 to 1; those nearer to 0 or 1 than EDGE count as EDGE from it."""
    inside = np.clip(unit, EDGE, 1.0 - EDGE)
    return np.log(inside / (1.0 - inside))


def _colours(covariance: np.ndarray) -> np.ndarray:
    """(3, 3): a root of the covariance (3, 3), brightness first; the sum of each column is positive.

    Raises OptimizeError where it is not of full rank: such colours are one.
    """
    sizes, axes = np.linalg.eigh(covariance)
    if sizes[-1] < FLAT or sizes[0] < FLAT * sizes[-1]:
        raise OptimizeError(_ONE_COLOUR)
    root = (axes * np.sqrt(sizes))[:, ::-1]
    return root * np.where(root.sum(axis=0) < 0, -1.0, 1.0)


def _between(maps: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """(C, height, width) float64: maps (C, H, W) at places between their values, bilinear; beyond an edge it goes on.

    rows, cols: (height, width) places in pixels, 0 for the first. By torch, which an optimization has loaded anyway.
    """
    height, width = maps.shape[1:]
    grid = np.stack([2 * cols / (width - 1) - 1, 2 * rows / (height - 1) - 1], axis=-1)
    given, places = (torch.from_numpy(each.astype(np.float64))[None] for each in (maps, grid))
    found = F.grid_sample(given, places, mode="bilinear", padding_mode="border", align_corners=True)
    values: np.ndarray = found[0].numpy()
    return values


def _smooth(magnitude: np.ndarray) -> np.ndarray:
    """The magnitude, smoothed in its logarithm; the mean's is 0: the picture's brightness is not the photos'."""
    from scipy.ndimage import gaussian_filter  # late: no optimization needs it, and it takes 12 MB

    shifted = np.fft.fftshift(magnitude, axes=1)
    shifted[:, SIZE // 2, 0] = shifted[:, SIZE // 2, 1]
    log = np.log(np.maximum(shifted, 1e-6))
    whole = np.concatenate([log[:, :, :0:-1], log], axis=2)  # both halves, nearly symmetric
    smooth = np.exp(np.stack([gaussian_filter(values, SMOOTH, mode="nearest") for values in whole]))
    smooth = np.fft.ifftshift(smooth[:, :, SIZE // 2 :], axes=1)
    smooth[:, 0, 0] = 0.0
    return smooth.astype(np.float32)
