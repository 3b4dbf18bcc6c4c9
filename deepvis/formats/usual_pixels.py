"""What a network's pictures are taken to be where nothing says otherwise: ImageNet's mean and std, on 0 to 1, RGB."""

from __future__ import annotations

Numbers = tuple[float, ...]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GRAY_MEAN, GRAY_STD = 0.449, 0.226


def usual_pixels(channels: int) -> tuple[Numbers | None, Numbers | None]:
    """Mean and std; none for pictures of more than 4 channels, or of 2. A fourth channel is left as it is."""
    if channels == 1:
        return (GRAY_MEAN,), (GRAY_STD,)
    if channels == 4:
        return (*MEAN, 0.0), (*STD, 1.0)
    return (MEAN, STD) if channels == 3 else (None, None)
