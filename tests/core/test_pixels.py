"""The pixel contract against slow references that follow its description word by word."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deepvis.core.pixels import (
    BACK_EXPONENT,
    MID,
    READABLE,
    activation_codes,
    back_picture,
    diff_codes,
    natural_exponent,
    signed_tone,
    to_uint8,
    tone,
)
from deepvis.core.state import GAMMA_BOOSTS, INDIVIDUAL_BOOSTS, BackFilter

shapes = st.tuples(st.integers(1, 9), st.integers(1, 7), st.integers(1, 7))
layers = shapes.flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=st.floats(-1000, 1000, width=32).filter(is_normal))
)


def is_normal(value: float) -> bool:
    return value == 0 or abs(value) > 1e-3


def random_layer(seed: int = 0, shape: tuple[int, int, int] = (6, 5, 4)) -> np.ndarray:
    spread = np.float32(10) ** np.arange(-3, shape[0] - 3)[:, None, None]
    return (np.random.default_rng(seed).normal(size=shape) * spread).astype(np.float32)


def slow_brightness(acts: np.ndarray, individual: float, gamma: float) -> np.ndarray:
    """Brightness 0..255 (float) of activations, pixel by pixel."""
    layer_peak = max(float(acts.max()), 0)
    ceilings = [layer_peak ** (1 - individual) * max(float(a.max()), 0) ** individual for a in acts]
    peaks = [max(float(a.max()), 0) / c for a, c in zip(acts, ceilings, strict=True) if c > 0]
    active = sorted(p for p in peaks if p > 0)
    exponent = 1.0
    if active:
        middle = len(active) // 2
        median = active[middle] if len(active) % 2 else (active[middle - 1] + active[middle]) / 2
        if median < READABLE:
            exponent = max(math.log(READABLE) / math.log(median), 0.3)
    out = np.zeros(acts.shape)
    for index, value in np.ndenumerate(acts):
        ceiling = ceilings[index[0]]
        if value > 0 and ceiling > 0:
            out[index] = 255 * min(value / ceiling, 1) ** (exponent * gamma)
    return out


@pytest.mark.parametrize("individual", INDIVIDUAL_BOOSTS)
@pytest.mark.parametrize("gamma", GAMMA_BOOSTS)
def test_activations_as_described(individual: float, gamma: float) -> None:
    acts = random_layer()
    codes = activation_codes(acts, individual, gamma)
    expected = slow_brightness(acts, individual, gamma)
    shown = codes.tone[codes.codes].astype(float)
    # between the brightness of the neighbouring codes, the codes being right to half a step
    rooted = 255 * (np.maximum(acts, 0) / np.maximum(ceilings(acts, individual), 1e-30)) ** (1 / 2**codes.roots)
    low, high = (255 * (np.clip(rooted + d, 0, 255) / 255) ** (codes.exponent * 2**codes.roots) for d in (-0.51, 0.51))
    assert (low - 0.6 <= shown).all() and (shown <= high + 0.6).all()
    assert (np.abs(shown - expected) <= 26).all() and np.abs(shown - expected).mean() < 2


def ceilings(acts: np.ndarray, individual: float) -> np.ndarray:
    own = acts.max(axis=(1, 2), keepdims=True).clip(min=0).astype(float)
    return own.max() ** (1 - individual) * own**individual


@settings(max_examples=60)
@given(layers, st.sampled_from(INDIVIDUAL_BOOSTS))
def test_brighter_means_more_within_a_channel_and_within_the_layer(acts: np.ndarray, individual: float) -> None:
    codes = activation_codes(acts, individual)
    shown = codes.tone[codes.codes]
    assert (shown[acts <= 0] == 0).all()
    if acts.max() > 0:
        assert shown.max() == 255
    groups = [acts.ravel()] if individual == 0 else list(acts.reshape(len(acts), -1))
    seen = [shown.ravel()] if individual == 0 else list(shown.reshape(len(acts), -1))
    for values, brightness in zip(groups, seen, strict=True):
        order = np.argsort(values, kind="stable")
        assert (np.diff(brightness[order].astype(int)) >= 0).all()


@settings(max_examples=60)
@given(layers, st.sampled_from(INDIVIDUAL_BOOSTS))
def test_diffs_lie_around_mid_and_mirror(diffs: np.ndarray, individual: float) -> None:
    codes, mirrored = diff_codes(diffs, individual), diff_codes(-diffs, individual)
    assert (codes.codes[diffs == 0] == MID).all() and codes.tone[MID] == MID
    assert (codes.codes.astype(int) + mirrored.codes == 2 * MID).all()
    assert (codes.codes[diffs > 0] >= MID).all() and (codes.codes[diffs < 0] <= MID).all()
    if np.abs(diffs).max() > 0:
        assert np.abs(codes.codes.astype(int) - MID).max() == 127
    assert codes.peak == np.abs(diffs).max()


def test_full_individual_boost_gives_every_active_channel_its_white() -> None:
    acts = np.abs(random_layer())
    assert (activation_codes(acts, 1.0).codes.reshape(len(acts), -1).max(axis=1) == 255).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_look_like_zero(bad: float) -> None:
    acts = random_layer()
    clean = acts.copy()
    clean[2, 3, 1] = 0
    broken = acts.copy()
    broken[2, 3, 1] = bad
    assert (activation_codes(broken).codes == activation_codes(clean).codes).all()
    assert (diff_codes(broken).codes == diff_codes(clean).codes).all()
    assert (back_picture(broken[:3], BackFilter.RAW) == back_picture(clean[:3], BackFilter.RAW)).all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1000, 1, 1), (3, 0, 4), (0, 2, 2), (2, 300, 300)])
def test_any_shape_and_a_silent_layer(shape: tuple[int, int, int]) -> None:
    silent = np.zeros(shape, np.float32)
    assert (activation_codes(silent).codes == 0).all() and activation_codes(silent).codes.shape == shape
    assert (diff_codes(silent).codes == MID).all()
    assert (activation_codes(silent - 5).codes == 0).all()


def test_float64_and_strided_input_are_taken() -> None:
    acts = random_layer()
    assert (activation_codes(acts.astype(np.float64)).codes == activation_codes(acts).codes).all()
    assert (activation_codes(acts[::2, ::-1]).codes == activation_codes(acts[::2, ::-1].copy()).codes).all()


def test_the_input_is_not_written() -> None:
    acts = random_layer()
    acts.setflags(write=False)
    activation_codes(acts), diff_codes(acts), back_picture(acts[:3], BackFilter.NORMBLUR)


def test_the_median_channel_becomes_readable() -> None:
    peaks = np.array([1, 0.2, 0.2, 0.2, 0.001, 0])
    assert 0.2 ** natural_exponent(peaks) == pytest.approx(READABLE)
    assert natural_exponent(np.array([1, 0.9])) == 1 and natural_exponent(np.zeros(3)) == 1


def test_tones_rise_from_black_to_white_and_around_mid() -> None:
    for exponent in (0.1, 0.35, 1.0):
        assert (np.diff(tone(exponent).astype(int)) >= 0).all() and (tone(exponent)[0], tone(exponent)[255]) == (0, 255)
        signed = signed_tone(exponent).astype(int)
        assert (np.diff(signed) >= 0).all() and (signed[1], signed[MID], signed[255]) == (1, MID, 255)


def slow_back(diff: np.ndarray, how: BackFilter) -> np.ndarray:
    """(H, W, 3) float 0..255, as described in the original and here."""
    if how is BackFilter.NORM:
        norm = np.sqrt((diff.astype(float) ** 2).sum(axis=0))
        scaled = (norm - norm.min()) / (norm.max() - norm.min())
        return np.repeat(255 * scaled[..., None], 3, axis=2)
    values = diff.astype(float) if how is BackFilter.RAW else np.repeat(diff.mean(axis=0, keepdims=True), 3, axis=0)
    scaled = values / np.abs(values).max()
    return (MID + 127 * np.sign(scaled) * np.abs(scaled) ** BACK_EXPONENT).transpose(1, 2, 0)


@pytest.mark.parametrize("how", [BackFilter.RAW, BackFilter.GRAY, BackFilter.NORM])
def test_back_filters_against_the_slow_ones(how: BackFilter) -> None:
    diff = random_layer(1, (3, 31, 17))
    shown = back_picture(diff, how).astype(float)
    assert shown.shape == (31, 17, 3)
    assert np.abs(shown - slow_back(diff, how)).max() <= 2.0


def test_normblur_is_the_norm_blurred_and_full_range() -> None:
    from scipy.ndimage import gaussian_filter

    diff = random_layer(2, (3, 60, 50))
    norm = gaussian_filter(np.sqrt((diff.astype(float) ** 2).sum(axis=0)), 4.0, mode="mirror", truncate=4)
    expected = 255 * (norm - norm.min()) / (norm.max() - norm.min())
    shown = back_picture(diff, BackFilter.NORMBLUR)
    assert np.abs(shown[..., 0] - expected).max() <= 4
    assert shown.min() == 0 and shown.max() == 255


@pytest.mark.parametrize("how", list(BackFilter))
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_back_of_nothing_is_flat_for_any_number_of_channels(how: BackFilter, channels: int) -> None:
    shown = back_picture(np.zeros((channels, 8, 9), np.float32), how)
    flat = MID if how in (BackFilter.RAW, BackFilter.GRAY) else 0
    assert shown.shape == (8, 9, 3) and (shown == flat).all()


def test_zero_stays_exactly_mid_gray() -> None:
    diff = random_layer(3, (3, 9, 9))
    diff[:, 4, 4] = 0
    assert (back_picture(diff, BackFilter.RAW)[4, 4] == MID).all()
    assert (back_picture(diff, BackFilter.GRAY)[4, 4] == MID).all()


def test_to_uint8_rounds_clips_and_takes_no_nan() -> None:
    values = np.array([-1, 0, 0.5, 1, 2, np.nan, np.inf, -np.inf])
    assert to_uint8(values).tolist() == [0, 0, 128, 255, 255, 0, 255, 0]


@pytest.mark.parametrize("how", [BackFilter.RAW, BackFilter.GRAY])
def test_a_gradient_too_small_to_scale_is_mid_grey(how: BackFilter) -> None:
    diff = np.full((3, 4, 4), 1e-40, np.float32)
    with np.errstate(all="raise", under="ignore"):
        assert (back_picture(diff, how) == 128).all()
