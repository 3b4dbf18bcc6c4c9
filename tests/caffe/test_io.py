"""caffe.io: what pycaffe's own test-suite and documentation promise."""

import numpy as np
import pytest
from PIL import Image

import deepvis.caffe as caffe


def test_blobproto_in_the_old_4d_format_becomes_an_array():
    data = np.zeros((10, 10))
    blob = caffe.proto.caffe_pb2.BlobProto()
    blob.data.extend(list(data.flatten()))
    blob.num, blob.channels, blob.height, blob.width = 1, 1, 10, 10
    assert caffe.io.blobproto_to_array(blob).shape == (1, 1, 10, 10)


def test_blobproto_in_the_new_format_keeps_its_shape():
    data = np.arange(100.0).reshape(10, 10)
    blob = caffe.proto.caffe_pb2.BlobProto()
    blob.data.extend(list(data.flatten()))
    blob.shape.dim.extend(list(data.shape))
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob), data)


def test_blobproto_without_a_shape_is_refused():
    blob = caffe.proto.caffe_pb2.BlobProto()
    blob.data.extend(np.zeros(100))
    with pytest.raises(ValueError):
        caffe.io.blobproto_to_array(blob)


def test_blobproto_of_a_scalar():
    blob = caffe.proto.caffe_pb2.BlobProto()
    blob.data.extend([123.0])
    arr = caffe.io.blobproto_to_array(blob)
    assert arr == 123


def test_array_to_blobproto_keeps_shape_and_diff():
    arr = np.ones((3, 4))
    blob = caffe.io.array_to_blobproto(arr, diff=arr * 2)
    assert list(blob.shape.dim) == [3, 4]
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob, return_diff=True), arr * 2)


def test_array_lists_go_through_a_serialized_vector():
    arrays = [np.random.rand(2, 3), np.zeros((1, 1, 4, 4))]
    back = caffe.io.blobprotovector_str_to_arraylist(caffe.io.arraylist_to_blobprotovecor_str(arrays))
    for got, want in zip(back, arrays, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_datum_round_trip(dtype):
    arr = (np.random.rand(3, 4, 5) * 200).astype(dtype)
    datum = caffe.io.array_to_datum(arr, label=7)
    assert datum.label == 7
    np.testing.assert_allclose(caffe.io.datum_to_array(datum), arr, rtol=1e-6)
    assert not caffe.io.array_to_datum(arr).HasField("label")


def test_datum_of_a_wrong_shape_is_refused():
    with pytest.raises(ValueError):
        caffe.io.array_to_datum(np.zeros((2, 2)))


def transformer(shape=(1, 3, 8, 8)):
    t = caffe.io.Transformer({"data": shape})
    t.set_transpose("data", (2, 0, 1))
    t.set_channel_swap("data", (2, 1, 0))
    t.set_raw_scale("data", 255)
    t.set_mean("data", np.array([104.0, 117.0, 123.0]))
    t.set_input_scale("data", 0.5)
    return t


def test_transformer_computes_the_documented_formula():
    image = np.random.rand(8, 8, 3).astype(np.float32)
    got = transformer().preprocess("data", image)
    want = (image[:, :, ::-1].transpose(2, 0, 1) * 255 - np.array([104, 117, 123])[:, None, None]) * 0.5
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(transformer().deprocess("data", got), image, atol=1e-5)


def test_transformer_does_not_write_into_the_image():
    image = np.full((8, 8, 3), 0.5, np.float32)
    transformer().preprocess("data", image)
    assert (image == 0.5).all()


def test_transformer_resizes():
    assert transformer().preprocess("data", np.random.rand(20, 30, 3)).shape == (3, 8, 8)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.set_mean("other", np.zeros(3)),
        lambda t: t.set_mean("data", np.zeros(2)),
        lambda t: t.set_mean("data", np.zeros((3, 5, 5))),
        lambda t: t.set_transpose("data", (1, 0)),
        lambda t: t.set_channel_swap("data", (1, 0)),
    ],
)
def test_transformer_refuses_what_does_not_fit(call):
    with pytest.raises(Exception, match=r"."):
        call(transformer())


def test_load_image(tmp_path):
    path = str(tmp_path / "x.png")
    Image.fromarray(np.full((4, 6), 255, np.uint8)).save(path)
    assert caffe.io.load_image(path).shape == (4, 6, 3)
    gray = caffe.io.load_image(path, color=False)
    assert gray.shape == (4, 6, 1) and gray.dtype == np.float32 and gray.max() == 1
    Image.fromarray(np.zeros((4, 6, 4), np.uint8)).save(path)
    assert caffe.io.load_image(path).shape == (4, 6, 3)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_resize_image_keeps_range_and_channels(channels):
    image = np.random.rand(10, 12, channels).astype(np.float32) * 300 - 20
    out = caffe.io.resize_image(image, (5, 7))
    assert out.shape == (5, 7, channels) and out.dtype == np.float32
    assert out.min() >= image.min() - 1e-3 and out.max() <= image.max() + 1e-3


def test_resize_of_a_constant_image():
    assert (caffe.io.resize_image(np.full((4, 4, 3), 7.0), (2, 2)) == 7).all()


def test_oversample_gives_corners_centre_and_mirrors():
    image = np.arange(6 * 8).reshape(6, 8, 1).astype(np.float32)
    crops = caffe.io.oversample([image], (4, 4))
    assert crops.shape == (10, 4, 4, 1)
    np.testing.assert_array_equal(crops[0], image[:4, :4])
    np.testing.assert_array_equal(crops[3], image[2:, 4:])
    np.testing.assert_array_equal(crops[4], image[1:5, 2:6])
    np.testing.assert_array_equal(crops[9], crops[4][:, ::-1])
