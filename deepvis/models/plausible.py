"""Is the network fed with what it expects? What its answers say about that.

The values of the first layer say nothing. Measured over 9 photos, largest magnitude: with the right scale 3184
(GoogLeNet), 725 (cifar10_full), 668 (SqueezeNet), 13 (caffenet-mini); fed with 0..255 where they want about 0..1
1182 (MTCNN's det1), 865 (wechat-sr), 797 (LeNet), 609 (waifu2x). Nor do they in relation to the weights and biases. The
class probabilities do: with the right scale no second best class of a photo is less likely than the best by more than
e ** 19 (caffenet-mini, cifar10, SqueezeNet, GoogLeNet, det1 to 3, LeNet); fed 255 times too much nearly all are, by
e ** 84 (det2) to e ** 293 (LeNet) in the middle.
"""

from __future__ import annotations

import numpy as np

CERTAIN = 1e-20  # e ** -46: the share of the best class's probability that the second best has at most


def is_all_or_nothing(probabilities: np.ndarray) -> bool:
    """Does one class (C, ...) have all the probability, so wholly that no real photo of a real network gives it?

    Only of what is a distribution: the channels of a map's places, and of a vector, sum to 1.
    """
    table = np.asarray(probabilities, np.float64).reshape(len(probabilities), -1)
    if len(table) < 2 or not np.isfinite(table).all() or not np.allclose(table.sum(axis=0), 1, atol=1e-3):
        return False
    best = np.sort(table, axis=0)
    return bool((best[-2] <= CERTAIN * best[-1]).all())


def scale_warning(input_words: str, first_layer: str, first_values: np.ndarray) -> str:
    """What the window says of a network whose answers are all or nothing while its input scale was assumed."""
    largest = float(np.abs(first_values).max(initial=0))
    return (
        f"every answer is all or nothing, and {first_layer} reaches {largest:.4g}: the network may want 0..1 and not "
        f"0..255; try --input-scale 1 (assumed: {input_words})"
    )
