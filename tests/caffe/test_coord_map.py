"""caffe.coord_map: the cases of pycaffe's own test-suite."""

import numpy as np
import pytest

from deepvis.caffe import layers as L
from deepvis.caffe import params as P
from deepvis.caffe.coord_map import AxisMismatchException, coord_map_from_to, crop


def fcn_trunk(pad=0):
    data = L.Input(shape=dict(dim=[1, 3, 64, 64]))
    conv = L.Convolution(data, num_output=4, kernel_size=3, pad=1)
    pool = L.Pooling(L.ReLU(conv, in_place=True), pool=P.Pooling.MAX, kernel_size=2, stride=2, pad=pad)
    return data, conv, pool


def test_a_same_size_chain_is_the_identity():
    data, conv, _ = fcn_trunk()
    axis, scale, shift = coord_map_from_to(conv, data)
    assert (axis, scale, shift) == (1, 1, 0)


def test_padding_shifts():
    data = L.Input(shape=dict(dim=[1, 3, 64, 64]))
    _, scale, shift = coord_map_from_to(L.Convolution(data, num_output=4, kernel_size=3, pad=100), data)
    assert (scale, shift) == (1, -99)


def test_pooling_and_its_deconvolution_cancel():
    data, _, pool = fcn_trunk()
    up = L.Deconvolution(pool, num_output=2, kernel_size=2, stride=2)
    _, scale, shift = coord_map_from_to(up, data)
    assert (scale, shift) == (1, 0)
    _, scale, shift = coord_map_from_to(pool, data)
    assert (scale, shift) == (2, 0.5)


def test_dilation_widens_the_kernel():
    data = L.Input(shape=dict(dim=[1, 3, 64, 64]))
    _, _, shift = coord_map_from_to(L.Convolution(data, num_output=4, kernel_size=3, dilation=2, pad=2), data)
    assert shift == 0


def test_crop_makes_the_offset_that_aligns():
    data = L.Input(shape=dict(dim=[1, 3, 64, 64]))
    conv = L.Convolution(data, num_output=4, kernel_size=3, pad=5)
    p = crop(conv, data).fn.params["crop_param"]
    assert p["axis"] == 2 and p["offset"] == [4]


def test_crop_refuses_what_cannot_align():
    data, _, pool = fcn_trunk()
    with pytest.raises(AssertionError, match="scale mismatch"):
        crop(pool, data)
    with pytest.raises(AssertionError, match="negative offset"):
        crop(L.Convolution(data, num_output=4, kernel_size=3), data)
    with pytest.raises(AssertionError, match="noninteger"):
        crop(L.Convolution(data, num_output=4, kernel_size=2, pad=1), data)


def test_unconnected_tops_and_layers_without_maps():
    a, b = (L.Input(shape=dict(dim=[1, 3, 8, 8])) for _ in range(2))
    with pytest.raises(RuntimeError, match="Could not compute map"):
        coord_map_from_to(L.ReLU(a), L.ReLU(b))
    with pytest.raises(RuntimeError):
        coord_map_from_to(L.InnerProduct(a, num_output=3), a)


def test_axes_must_agree():
    data = L.Input(shape=dict(dim=[1, 3, 8, 8]))
    mixed = L.Convolution(L.Convolution(data, num_output=2, kernel_size=1, axis=1), num_output=2, kernel_size=1, axis=2)
    with pytest.raises(AxisMismatchException):
        coord_map_from_to(mixed, data)


def test_several_axes():
    data = L.Input(shape=dict(dim=[1, 3, 64, 64]))
    _, scale, shift = coord_map_from_to(
        L.Convolution(data, num_output=4, kernel_size=[3, 5], stride=[1, 2], pad=[0, 2]), data
    )
    np.testing.assert_array_equal(scale, [1, 2])
    np.testing.assert_array_equal(shift, [1, 0])
