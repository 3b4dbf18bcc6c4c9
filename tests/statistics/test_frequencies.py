"""Filters and pictures whose frequency is put there."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.statistics.frequencies import (
    HIGHEST,
    RINGS,
    FilterKind,
    centre_frequency,
    centroid,
    colour_share,
    filter_power,
    grey_planes,
    kinds_of,
    picture_power,
    ring_areas,
    ring_frequencies,
    share_high,
)

RING = HIGHEST / RINGS


def gabor(side: int, frequency: float, angle: float = 0.0, phase: float = 0.0, sigma: float = 2.5) -> np.ndarray:
    """(side, side): a wave of so many cycles a pixel under a Gaussian."""
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    along = columns * np.cos(angle) + rows * np.sin(angle)
    return np.exp(-(rows**2 + columns**2) / (2 * sigma**2)) * np.cos(2 * np.pi * frequency * along + phase)


@pytest.mark.parametrize("frequency", [0.15, 0.2, 0.25, 0.3, 0.35, 0.4])
def test_a_gabor_filter_has_its_frequency(frequency) -> None:
    planes = np.stack([gabor(11, frequency, angle, phase) for angle in (0, 0.5, 1.2) for phase in (0, 1.57)])
    np.testing.assert_allclose(centre_frequency(planes), frequency, atol=0.01)


def test_the_order_of_frequencies_is_found_below_what_a_filter_can_hold() -> None:
    """Half a wave in 9 pixels: the centroid lies too high, but rises with the frequency."""
    frequencies = np.linspace(0.03, 0.4, 20)
    found = centre_frequency(np.stack([gabor(9, each, 0.4, 1.57, 2.0) for each in frequencies]))
    assert (np.diff(found) > 0).all()


def test_squared_amplitudes_are_nearer_to_the_frequency_than_plain_ones() -> None:
    plane = gabor(9, 0.1, sigma=2.0)[None]
    squared, plain = centre_frequency(plane)[0], centre_frequency(plane, exponent=1)[0]
    assert plain == pytest.approx(0.15, abs=0.01) and squared == pytest.approx(0.12, abs=0.015)


def test_closed_forms_of_two_taps() -> None:
    """(1, -1): |F|^2 = 4 sin^2(pi f). Its centroid along one axis: (1/4 + 1/pi^2) over [0, 1/2]."""
    plane = np.array([[[1.0, -1.0]]])
    frequencies = np.abs(np.fft.fftfreq(64))
    radius = np.hypot(frequencies[:, None], frequencies[None])
    power = 4 * np.sin(np.pi * frequencies[None]) ** 2 * np.ones((64, 1))
    assert centre_frequency(plane)[0] == pytest.approx((radius * power).sum() / power.sum(), rel=1e-9)
    assert centre_frequency(np.zeros((1, 3, 3)))[0] == 0


def test_an_opaque_fourth_channel_counts_for_nothing() -> None:
    filters = np.random.default_rng(0).normal(size=(2, 4, 5, 5))
    np.testing.assert_array_equal(grey_planes(filters), filters[:, :3].sum(1))


def test_colour_and_blank_filters_are_set_apart() -> None:
    edge = np.stack([gabor(7, 0.2)] * 3)
    blob = np.stack([gabor(7, 0.02), -gabor(7, 0.02), 0 * gabor(7, 0.02)])
    tinted = np.stack([gabor(7, 0.2), gabor(7, 0.2), 0.4 * gabor(7, 0.2)])
    filters = np.stack([edge, blob, tinted, edge * 1e-3, edge])
    share = colour_share(filters)
    assert share[0] == pytest.approx(0, abs=1e-9) and share[1] == pytest.approx(1) and 0 < share[2] < 0.5
    dead = np.array([False, False, False, False, True])
    edges, colour, blank = FilterKind.EDGE, FilterKind.COLOUR, FilterKind.BLANK
    assert kinds_of(filters, dead) == [edges, colour, edges, blank, blank]
    assert (colour_share(filters[:, :1]) == 0).all(), "gray networks have no colours"


def test_a_wave_has_its_power_in_its_ring() -> None:
    for frequency in (0.05, 0.2, 0.4):
        picture = np.broadcast_to(np.cos(2 * np.pi * frequency * np.arange(160)), (1, 1, 160, 160))
        power = picture_power(picture)[0]
        assert centroid(power) == pytest.approx(frequency, abs=RING)
        assert share_high(power) == pytest.approx(float(frequency > 0.25), abs=0.01)


def test_white_noise_has_the_same_power_everywhere() -> None:
    noise = np.random.default_rng(0).normal(size=(40, 3, 64, 64))
    power, areas = picture_power(noise).sum(0), ring_areas(64, 64)
    inside = areas > 50
    radial = power[inside] / areas[inside]
    np.testing.assert_allclose(radial / radial.mean(), 1, atol=0.1)
    assert centroid(power) == pytest.approx(centroid(areas), abs=0.005)


def test_a_constant_has_no_power() -> None:
    assert picture_power(np.full((1, 3, 16, 16), 7.0)).sum() < 1e-20
    assert np.isnan(centroid(np.zeros(RINGS))) and np.isnan(share_high(np.zeros(RINGS)))


def test_the_power_of_a_filter_is_its_squares_but_for_the_constant() -> None:
    filters = np.random.default_rng(0).normal(size=(3, 2, 5, 5))
    filters -= filters.mean((2, 3), keepdims=True)
    found = filter_power(filters, 32, 40)
    np.testing.assert_allclose(found.sum(1), (filters**2).sum((1, 2, 3)))
    assert len(ring_frequencies()) == RINGS
