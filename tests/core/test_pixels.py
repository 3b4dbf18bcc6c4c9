"""The pixel contract against slow references that follow its description word by word."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deepvis.core.back_pictures import BACK_EXPONENT, back_picture, back_strength, scaled_back, strength_codes
from deepvis.core.coding import MID
from deepvis.core.pixels import (
    READABLE,
    READABLE_PEAK,
    Codes,
    activation_codes,
    codes_with,
    fixed_scale_of,
    natural_exponent,
    signed_tone,
    to_uint8,
    tone,
    unit_scale_of,
)
from deepvis.core.samples import SAMPLE, WHITE_QUANTILE
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


def slow_exponent(shares: list[float], readable: float) -> float:
    above = sorted(share for share in shares if share > 0)
    if not above:
        return 1.0
    middle = len(above) // 2
    median = above[middle] if len(above) % 2 else (above[middle - 1] + above[middle]) / 2
    return 1.0 if median >= readable else max(math.log(readable) / math.log(median), 0.3)


def slow_brightness(acts: np.ndarray, individual: float, gamma: float, plain: bool) -> np.ndarray:
    """Brightness 0..255 (float) of activations, pixel by pixel."""
    above = sorted(float(value) for value in acts.ravel() if value > 0)
    high = 0.0 if not above else above[-1] if plain else above[math.ceil(WHITE_QUANTILE * len(above)) - 1]
    peaks = [max(float(a.max()), 0) for a in acts]
    ceilings = [high ** (1 - individual) * (peak or high) ** individual for peak in peaks]
    shares = [value / ceiling for a, ceiling in zip(acts, ceilings, strict=True) for value in a.ravel() if ceiling]
    exponent = 1.0
    if not plain and high:
        of_peaks = slow_exponent([min(p / c, 1) for p, c in zip(peaks, ceilings, strict=True)], READABLE_PEAK)
        exponent = min(of_peaks, slow_exponent([float(share) for share in shares], READABLE))
    out = np.zeros(acts.shape)
    for index, value in np.ndenumerate(acts):
        if value > 0:
            out[index] = 255 * min(value / ceilings[index[0]], 1) ** (exponent * gamma)
    return out


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("individual", INDIVIDUAL_BOOSTS)
@pytest.mark.parametrize("gamma", GAMMA_BOOSTS)
def test_activations_as_described(individual: float, gamma: float, plain: bool) -> None:
    acts = random_layer()
    codes = activation_codes(acts, individual, gamma, plain=plain)
    expected = slow_brightness(acts, individual, gamma, plain)
    shown = codes.tone[codes.codes].astype(float)
    # between the brightness of the neighbouring codes, the codes being right to half a step
    shares = np.clip(acts / codes.ceilings[:, None, None], 0, 1)
    rooted = 255 * shares ** (1 / 2**codes.roots)
    low, high = (255 * (np.clip(rooted + d, 0, 255) / 255) ** (codes.exponent * 2**codes.roots) for d in (-0.51, 0.51))
    assert (low - 0.6 <= shown).all() and (shown <= high + 0.6).all()
    assert (np.abs(shown - expected) <= 26).all() and np.abs(shown - expected).mean() < 2


def value_of_code(codes: Codes, channel: int, value: float) -> int:
    """The brightness of one value in a channel, to the nearest of 256 steps from its dark end to its ceiling."""
    least = -1 if codes.signed else 0
    share = (np.clip(np.float64(value) / codes.ceilings[channel], least, 1) - least) / (1 - least)
    return int(codes.tone[codes.of_steps[round(255 * share)]])


@settings(max_examples=80, deadline=None)
@given(
    layers,
    st.sampled_from(INDIVIDUAL_BOOSTS),
    st.sampled_from(GAMMA_BOOSTS),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_the_ceiling_is_the_value_that_is_brightest(
    acts: np.ndarray, individual: float, gamma: float, signed: bool, plain: bool, fixed: bool
) -> None:
    """Under every combination of boosts, look and fixed scale: it is white, nothing below is, and beyond is said."""
    scale = fixed_scale_of(acts / 3, np.zeros(len(acts)), signed=signed, plain=plain) if fixed else None
    codes = codes_with(acts, scale, individual, gamma, signed=signed, plain=plain)
    shown, size = codes.tone[codes.codes].astype(int), np.abs(acts) if signed else acts
    brightest = 255
    for channel, ceiling in enumerate(codes.ceilings):
        if not ceiling > 1e-30:
            assert (size[channel] <= 0).all() or fixed
            continue
        at = size[channel] >= ceiling
        assert (
            np.maximum(shown[channel], 256 - shown[channel])[at] if signed else shown[channel][at] == brightest
        ).all()
        assert codes.clipped[channel] == bool((size[channel] > ceiling * 1.000001).any())
        assert value_of_code(codes, channel, ceiling) == brightest
        assert value_of_code(codes, channel, 0.8 * ceiling) < brightest or codes.exponent < 0.15
    assert codes.fixed == fixed


def test_a_layer_s_white_is_the_quantile_and_a_unit_s_its_own_maximum() -> None:
    acts = np.zeros((4, 20, 25), np.float32)
    acts[1] = np.arange(1, 501).reshape(20, 25)
    acts[1, -1, -1] = 1e6  # one pixel that would make all others black
    codes = activation_codes(acts)
    assert (codes.ceilings == 498).all() and codes.clipped.tolist() == [False, True, False, False]
    own = codes_with(acts[1:2], unit_scale_of(acts[1]))
    assert own.ceilings.tolist() == [1e6] and not own.clipped.any()


def test_a_vector_s_white_is_its_largest_value() -> None:
    acts = np.arange(1000, dtype=np.float32).reshape(1000, 1, 1)
    assert (activation_codes(acts).ceilings == 999).all() and not activation_codes(acts).clipped.any()


def test_the_quantile_of_a_large_layer_is_estimated_from_a_sample_of_all_places() -> None:
    acts = np.random.default_rng(0).exponential(size=(64, 56, 56)).astype(np.float32)
    assert acts.size > 8 * SAMPLE
    assert activation_codes(acts).ceilings[0] == pytest.approx(np.quantile(acts, WHITE_QUANTILE), rel=0.06)
    stripes = np.zeros((64, 56, 56), np.float32)
    stripes[:, :, 13] = 1  # a step of 56 would see all of it or none
    stripes[:, :, 40] = 5
    assert activation_codes(stripes).ceilings[0] == 5


def test_of_a_sparse_layer_all_values_count() -> None:
    diffs = np.zeros((512, 14, 14), np.float32)
    diffs[1, :5, :8] = np.arange(1, 41).reshape(5, 8)  # 40 of 100 000
    codes = codes_with(diffs, signed=True)
    assert codes.ceilings[0] == 40 and not codes.clipped.any()


def test_a_fixed_scale_compares_frames() -> None:
    first = np.abs(random_layer())
    scale = fixed_scale_of(first, first.max(axis=(1, 2)) * 2)
    assert scale.high == pytest.approx(2 * first.max())
    one, half = codes_with(first, scale), codes_with(first / 2, scale)
    assert one.exponent == half.exponent and (one.ceilings == half.ceilings).all() and one.fixed
    assert (half.codes <= one.codes).all() and half.codes.max() < one.codes.max() < 255
    brighter = codes_with(first * 3, scale)
    assert brighter.clipped.any() and brighter.codes.max() == 255


def test_a_channel_that_was_silent_when_the_scale_was_fixed_is_seen_later() -> None:
    first = np.zeros((2, 3, 3), np.float32)
    first[0] = 4
    scale = fixed_scale_of(first, np.array([4.0, 0.0]))
    for individual in INDIVIDUAL_BOOSTS:
        assert codes_with(first[::-1], scale, individual).codes[1].max() == 255


def test_values_below_zero_lie_below_mid_where_the_sign_counts() -> None:
    acts = random_layer()
    around = codes_with(acts, signed=True)
    assert (around.tone[around.codes][acts < 0] <= MID).all() and (around.tone[around.codes][acts > 0] >= MID).all()


def test_the_plain_look_is_linear_from_zero_to_the_largest_value() -> None:
    acts = random_layer()
    codes = activation_codes(acts, plain=True)
    linear = 255 * np.clip(acts / acts.max(), 0, 1)
    assert codes.exponent == 1 and not codes.clipped.any()
    assert np.abs(codes.tone[codes.codes] - linear).max() <= 1.6  # the square root's byte


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
    codes, mirrored = (
        codes_with(diffs, None, individual, signed=True),
        codes_with(-diffs, None, individual, signed=True),
    )
    assert (codes.codes[diffs == 0] == MID).all() and codes.tone[MID] == MID
    assert (codes.codes.astype(int) + mirrored.codes == 2 * MID).all()
    assert (codes.codes[diffs > 0] >= MID).all() and (codes.codes[diffs < 0] <= MID).all()
    if np.abs(diffs).max() > 0:
        assert np.abs(codes.codes.astype(int) - MID).max() == 127
    assert (codes.ceilings[0] <= np.abs(diffs).max()).all() or individual


def test_diffs_at_the_border_of_two_codes_mirror_too() -> None:
    borders = ((np.arange(20, 127) + 0.5) / 127).astype(np.float32) ** 2
    near = np.concatenate([borders * np.float32(1 + step * 1e-7) for step in range(-3, 4)])
    codes = codes_with(np.stack([near, -near])[None], None, signed=True, plain=True).codes[0].astype(int)
    assert (codes.sum(axis=0) == 2 * MID).all()


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
    assert (codes_with(broken, signed=True).codes == codes_with(clean, signed=True).codes).all()
    assert (back_picture(broken[:3], BackFilter.RAW) == back_picture(clean[:3], BackFilter.RAW)).all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1000, 1, 1), (3, 0, 4), (0, 2, 2), (2, 300, 300)])
def test_any_shape_and_a_silent_layer(shape: tuple[int, int, int]) -> None:
    silent = np.zeros(shape, np.float32)
    assert (activation_codes(silent).codes == 0).all() and activation_codes(silent).codes.shape == shape
    assert (codes_with(silent, signed=True).codes == MID).all()
    assert (activation_codes(silent - 5).codes == 0).all()


def test_float64_and_strided_input_are_taken() -> None:
    acts = random_layer()
    assert (activation_codes(acts.astype(np.float64)).codes == activation_codes(acts).codes).all()
    assert (activation_codes(acts[::2, ::-1]).codes == activation_codes(acts[::2, ::-1].copy()).codes).all()


def test_the_input_is_not_written() -> None:
    acts = random_layer()
    acts.setflags(write=False)
    activation_codes(acts), codes_with(acts, signed=True), back_picture(acts[:3], BackFilter.NORMBLUR)


def test_the_median_becomes_readable() -> None:
    shares = np.array([1, 0.2, 0.2, 0.2, 0.001, 0])
    assert 0.2 ** natural_exponent(shares, 0.55) == pytest.approx(0.55)
    assert natural_exponent(np.array([1, 0.9]), 0.55) == 1 and natural_exponent(np.zeros(3), 0.55) == 1


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


@pytest.mark.parametrize("how", [BackFilter.RAW, BackFilter.GRAY, BackFilter.NORM])  # blurred, it is no single one
def test_a_back_projection_is_robust_to_a_single_bright_pixel(how: BackFilter) -> None:
    diff = np.abs(random_layer(4, (3, 50, 60)))
    diff /= diff.max(axis=(1, 2), keepdims=True)
    bright = diff.copy()
    bright[:, 20, 30] = 1000
    plain, robust = scaled_back(bright, how, plain=True), scaled_back(bright, how)
    assert robust.clipped and not plain.clipped
    assert plain.high > 500 and robust.high == pytest.approx(scaled_back(diff, how).high, rel=0.05)
    assert robust.rgb.std() > 2 * plain.rgb.std()


@pytest.mark.parametrize("how", list(BackFilter))
def test_the_end_of_a_back_projection_is_the_value_that_is_brightest(how: BackFilter) -> None:
    diff = random_layer(5, (3, 50, 60))
    shown = scaled_back(diff, how)
    values = back_strength(diff, blurred=how is BackFilter.NORMBLUR)[None]
    if how is BackFilter.RAW:
        values = diff
    elif how is BackFilter.GRAY:
        values = diff.mean(axis=0, keepdims=True)
    planes = shown.rgb.transpose(2, 0, 1)[: len(values)]
    assert (planes[values >= shown.high] == 255).all() and (planes[values < 0.9 * shown.high] < 255).all()
    assert shown.low == (-shown.high if how in (BackFilter.RAW, BackFilter.GRAY) else values.min())
    assert (shown.low < 0) or (planes[values == shown.low] == 0).all()


def test_the_strength_is_the_norm_over_colour() -> None:
    diff = random_layer(6, (3, 30, 20))
    assert back_strength(diff) == pytest.approx(np.sqrt((diff**2).sum(axis=0)))
    codes = strength_codes(back_strength(diff))
    assert codes.codes.shape == (1, 30, 20) and codes.codes.max() == 255 and codes.clipped.any()
    assert strength_codes(np.zeros((4, 5), np.float32)).codes.max() == 0
