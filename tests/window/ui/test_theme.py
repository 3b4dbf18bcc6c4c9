"""The marks and the text, seen by people with any colour vision."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from deepvis.window.ui import theme

FRAMES = {name: getattr(theme, name) for name in ("SELECTED", "ORIGIN")}  # stand on the same tiles
MARKS = {**FRAMES, "FIELD": theme.FIELD, "STALE": theme.STALE}  # on the input alone; a tag with a word

# Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear_rgb(bgr: theme.BGR) -> np.ndarray:
    share = np.array(bgr[::-1]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(bgr: theme.BGR, vision: str) -> np.ndarray:
    linear = np.clip(np.asarray(VISIONS[vision]) @ linear_rgb(bgr), 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return cv2.cvtColor(srgb.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_RGB2Lab)[0, 0]


@pytest.mark.parametrize("vision", VISIONS)
def test_no_two_marks_look_alike(vision: str) -> None:
    for marks, least in ((FRAMES, 25), (MARKS, 8)):
        for (one, a), (other, b) in itertools.combinations(marks.items(), 2):
            assert np.linalg.norm(lab(a, vision) - lab(b, vision)) > least, f"{one} and {other}"


def contrast(a: theme.BGR, b: theme.BGR) -> float:
    """The ratio of WCAG 2, 1..21."""
    light, dark = sorted((float(linear_rgb(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_stands_out_from_its_ground() -> None:
    for ground in (theme.FACE, theme.CHIP, theme.WELL, theme.BACKGROUND):
        assert contrast(theme.TEXT, ground) > 7 and contrast(theme.SOFT, ground) > 5
    assert contrast(theme.FAINT, theme.FACE) > 4 and contrast(theme.ERROR, theme.FACE) > 4.5
    assert contrast(theme.BACKGROUND, theme.SELECTED) > 4.5 and contrast(theme.BACKGROUND, theme.STALE) > 4.5


def test_colours_are_read_as_red_green_blue() -> None:
    assert theme.bgr("#010203") == (3, 2, 1)
