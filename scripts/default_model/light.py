"""Random light, colour and sharpness for a batch of photos: what a webcam does to a picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class LightRanges:
    """Standard deviations of the logarithms of gains, and probabilities of the rarer changes.

    ramp: light that falls off across the picture, up to ramp_gain. noise: sigma up to noise_sigma of 0..255.
    """

    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.35
    channel: float = 0.07
    gray: float = 0.06
    ramp: float = 0.3
    ramp_gain: float = 0.5
    blur: float = 0.15
    noise: float = 0.2
    noise_sigma: float = 12.0


def random_light(rgb: Tensor, ranges: LightRanges, generator: torch.Generator) -> Tensor:
    """(N, 3, H, W) float RGB 0..255 -> the same shape and range, each photo in a light of its own."""
    n = len(rgb)

    def normal(sigma: float, channels: int = 1) -> Tensor:
        return (torch.randn(n, channels, 1, 1, generator=generator) * sigma).exp()

    def happens(probability: float) -> Tensor:
        return (torch.rand(n, 1, 1, 1, generator=generator) < probability).float()

    luma = torch.tensor(LUMA)
    saturation = normal(ranges.saturation) * (1 - happens(ranges.gray))
    contrast = normal(ranges.contrast)
    gain = normal(ranges.brightness) * normal(ranges.channel, 3)
    middle = rgb.mean((2, 3)) @ luma
    colour = gain[:, :, 0] * contrast[:, 0] * (saturation[:, 0] * torch.eye(3) + (1 - saturation[:, 0]) * luma)
    offset = gain[:, :, 0] * middle.view(n, 1, 1) * (1 - contrast[:, 0])
    x = torch.baddbmm(offset, colour, rgb.flatten(2)).view_as(rgb)
    ramped = happens(ranges.ramp).flatten().bool()
    if ramped.any():
        x[ramped] *= _ramp(x[ramped], ranges.ramp_gain, generator)
    blurred = happens(ranges.blur).flatten().bool()
    if blurred.any():
        x[blurred] = _soft(x[blurred])
    sigma = happens(ranges.noise) * torch.rand(n, 1, 1, 1, generator=generator) * ranges.noise_sigma
    noisy = sigma.flatten() > 0
    if noisy.any():
        x[noisy] += torch.randn(x[noisy].shape, generator=generator) * sigma[noisy]
    return x.clamp_(0, 255)


def _ramp(x: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """A plane of gains around 1 that rises in a random direction."""
    n, _, height, width = x.shape
    slope = (torch.rand(n, 2, 1, 1, generator=generator) * 2 - 1) * most
    rows = torch.linspace(-1, 1, height).view(1, 1, height, 1)
    columns = torch.linspace(-1, 1, width).view(1, 1, 1, width)
    return 1 + slope[:, :1] * rows + slope[:, 1:] * columns


def _soft(x: Tensor) -> Tensor:
    """A binomial blur of 5 pixels in both directions."""
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    kernel = taps.repeat(3, 1)
    x = F.pad(x, (2, 2, 2, 2), mode="reflect")
    x = F.conv2d(x, kernel.view(3, 1, 5, 1), groups=3)
    return F.conv2d(x, kernel.view(3, 1, 1, 5), groups=3)
