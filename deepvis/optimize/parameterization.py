"""What an ascent changes: the pixels themselves, or numbers that a picture is computed from.

A parameterization maps parameters to a picture ``unit_chw`` (C, H, W) float32 of 0 to 1, colours red, green, blue. The
ascent takes the gradient by the parameters, so what lies between them and the pixels says which pictures are near and
which are far: in Fourier space with a scale of 1/f a step moves large shapes as easily as fine grain, and in colours
that do not correlate it moves brightness before hue.

"pixels" is the paper's, and has no parameters beside the picture. To add another, write a class with ``drawn``,
``from_picture`` and ``picture``, and enter it: recipes, presets, command lines and the json files know it from then on.

Source: Olah, Mordvintsev & Schubert 2017, "Feature Visualization", section "Preconditioning and parameterization"
(fourier, decorrelated colours); Fel et al. 2023, "Unlocking Feature Visualization for Deep Networks with MAgnitude
Constrained Optimization" (maco).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from deepvis.core.registry import Registry

if TYPE_CHECKING:  # recipes name them, and the command line's help needs no torch
    from torch import Tensor

    from deepvis.optimize.photo_statistics import PhotoStatistics

PIXELS = "pixels"
RGB = "rgb"
COLOURS = (RGB, "decorrelated")  # of the parameters
START_SPREAD = 0.01  # standard deviation of the parameters of "fourier" at the start: a picture of almost even grey
FOURIER_GAIN = 0.25  # of the values before the sigmoid: what one step of Adam moves is of the order of a grey level


class Parameterization(Protocol):
    """Parameters of any shape, one picture each. All on the CPU's or the device's tensors that they are given."""

    def drawn(self, seed: int) -> Tensor:
        """The parameters at the start of that seed."""
        ...

    def from_picture(self, unit_chw: Tensor) -> Tensor:
        """The parameters whose picture is (nearly) this one: (C, H, W) of 0 to 1."""
        ...

    def picture(self, parameters: Tensor) -> Tensor:
        """(C, H, W) of 0 to 1, differentiable by the parameters."""
        ...


Maker = Callable[[tuple[int, int, int], str, "PhotoStatistics"], Parameterization]
PARAMETERIZATIONS: Registry[Maker | None] = Registry("parameterization")
PARAMETERIZATIONS.put(PIXELS, None)


@lru_cache(maxsize=8)
def parameterization(name: str, shape: tuple[int, int, int], colours: str, statistics: str = "") -> Parameterization:
    """The parameterization of a name other than "pixels".

    shape: (channels, height, width) of the picture. colours: one of COLOURS; "decorrelated", for three channels: the
    parameters are those of colours that do not correlate over photos. statistics: as of Recipe. Raises OptimizeError
    where their file is not there or is another.
    """
    maker = PARAMETERIZATIONS[name]
    if maker is None:
        raise ValueError("pixels have no parameters beside the picture")
    from deepvis.optimize.photo_statistics import statistics_named

    return maker(shape, colours, statistics_named(statistics))


@PARAMETERIZATIONS.add("fourier")
class Fourier:
    """picture = sigmoid(colours(irfft2(spectrum / frequency))): (C, H, W // 2 + 1, 2), real and imaginary parts.

    The scale 1 / frequency is that of photos; frequency in cycles a pixel, the constant's that of the longest wave.
    """

    def __init__(self, shape: tuple[int, int, int], colours: str, photos: PhotoStatistics) -> None:
        self.shape = shape
        height, width = shape[1:]
        lowest = 1.0 / max(height, width)
        scale = FOURIER_GAIN * math.sqrt(height * width) / np.maximum(frequencies(height, width), lowest)
        self._scale = _tensor(scale)
        matrix = _colours_of(shape[0], colours, photos)
        self._colours = matrix / matrix.norm(dim=0).max()

    def drawn(self, seed: int) -> Tensor:
        channels, height, width = self.shape
        normal = np.random.default_rng(seed).standard_normal((channels, height, width // 2 + 1, 2), np.float32)
        return _tensor(normal * START_SPREAD)

    def from_picture(self, unit_chw: Tensor) -> Tensor:
        import torch

        spectrum = _spectrum(unit_chw, self._colours)
        return torch.view_as_real(spectrum / self._scale.to(spectrum.device)).contiguous()

    def picture(self, parameters: Tensor) -> Tensor:
        import torch

        spectrum = torch.view_as_complex(parameters) * self._scale.to(parameters.device)
        return _picture(spectrum, self.shape, self._colours)


@PARAMETERIZATIONS.add("maco")
class Maco:
    """The magnitude of every frequency is that of photos, and fixed: the phases alone, (C, H, W // 2 + 1), climb.

    So the picture has a photo's power at every scale, and cannot become grain or one glaring pattern.
    """

    def __init__(self, shape: tuple[int, int, int], colours: str, photos: PhotoStatistics) -> None:
        self.shape = shape
        self._magnitude = _tensor(photos.magnitude_of(*shape))
        self._colours = _colours_of(shape[0], colours, photos)

    def drawn(self, seed: int) -> Tensor:
        phases = np.random.default_rng(seed).uniform(-math.pi, math.pi, tuple(self._magnitude.shape))
        return _tensor(phases)

    def from_picture(self, unit_chw: Tensor) -> Tensor:
        return _spectrum(unit_chw, self._colours).angle().contiguous()

    def picture(self, parameters: Tensor) -> Tensor:
        import torch

        spectrum = torch.polar(self._magnitude.to(parameters.device), self._of_real(parameters))
        return _picture(spectrum, self.shape, self._colours)

    def _of_real(self, phases: Tensor) -> Tensor:
        """The phases, in the first and last column those of a real picture: opposite rows are each other's negative.

        All other frequencies of a real picture stand once; those stand twice, and irfft2 would take their mean.
        """
        import torch

        width = self.shape[2]
        twice = torch.zeros(phases.shape[-1], dtype=torch.bool, device=phases.device)
        twice[0] = True
        if width % 2 == 0:
            twice[-1] = True
        opposite = phases.flip(1).roll(1, dims=1)
        return torch.where(twice, (phases - opposite) / 2, phases)


def frequencies(height: int, width: int) -> np.ndarray:
    """(height, width // 2 + 1): the frequency of each value of rfft2, in cycles a pixel."""
    return np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width)[np.newaxis])


def _spectrum(unit_chw: Tensor, colours: Tensor) -> Tensor:
    """rfft2 of the values before colours and sigmoid whose picture is this: complex, (C, H, W // 2 + 1)."""
    import torch

    from deepvis.optimize.photo_statistics import EDGE

    values = torch.logit(unit_chw, eps=EDGE)
    return torch.fft.rfft2(_mixed(values, torch.linalg.inv(colours)))


def _picture(spectrum: Tensor, shape: tuple[int, int, int], colours: Tensor) -> Tensor:
    """(C, H, W) of 0 to 1."""
    import torch

    return torch.sigmoid(_mixed(torch.fft.irfft2(spectrum, s=shape[1:]), colours))


def _colours_of(channels: int, colours: str, photos: PhotoStatistics) -> Tensor:
    """(C, C): from the parameters' channels to the picture's."""
    if channels == 3 and colours != RGB:
        return _tensor(photos.colours)
    return _tensor(np.eye(channels))


def _mixed(values: Tensor, colours: Tensor) -> Tensor:
    """(C, H, W), every pixel multiplied by the matrix."""
    import torch

    return torch.einsum("oc,chw->ohw", colours.to(values.device), values)


def _tensor(array: np.ndarray) -> Tensor:
    import torch

    return torch.from_numpy(array.astype(np.float32))
