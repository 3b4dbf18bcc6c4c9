"""SmoothGrad: the gradient, averaged over copies of the picture with noise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepvis.core.attributions import AttributionStep, UnitFunction, attribution

SAMPLES = 50  # the paper, section 3.2
NOISE = 0.15  # of the input's range; the paper, section 3.2: 0.1 to 0.2
SEED = 0  # the same noise every time


@attribution(
    "smooth_grad",
    "SmoothGrad",
    formula="|mean_i(df/dx at x + noise_i)|, the L2 norm over colours",
    words="the gradient's strength, averaged over copies of the picture with noise",
    source="Smilkov et al. 2017, section 3, with noise of 15 % of the range and 50 samples (3.2)",
    counts="samples",
    is_signed=False,
)
def smooth_grad(f: UnitFunction) -> Iterator[AttributionStep]:
    """The L2 norm over colours of the mean of df/dx at x + noise; (H, W). Noise: normal, 15 % of max x - min x."""
    random, deviation = np.random.default_rng(SEED), NOISE * float(np.ptp(f.x))
    total = np.zeros(f.x.shape)
    for done in range(1, SAMPLES + 1):
        noise = random.standard_normal(f.x.shape, np.float32) * np.float32(deviation)
        total += f.gradient(f.x + noise)
        mean = total / done
        yield AttributionStep(np.sqrt(np.einsum("chw,chw->hw", mean, mean)).astype(np.float32), done, SAMPLES)
