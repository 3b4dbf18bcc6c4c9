"""pycaffe's ``caffe.io``: blob and datum messages, image loading, and the Transformer.

Source: the documented behaviour of python/caffe/io.py of BVLC Caffe 1.0. Images are
(H, W, K) float32, RGB, 0..1; network inputs are (K, H, W).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import skimage.io
import skimage.transform
from scipy.ndimage import zoom
from skimage.util import img_as_float

from deepvis.caffe.proto import caffe_pb2

LEGACY_DIMS = ("num", "channels", "height", "width")


def _blob_shape(blob) -> tuple[int, ...]:
    if any(blob.HasField(name) for name in LEGACY_DIMS):
        return tuple(getattr(blob, name) for name in LEGACY_DIMS)
    return tuple(blob.shape.dim)


def blobproto_to_array(blob, return_diff: bool = False) -> np.ndarray:
    """The data (or the diff) of a BlobProto, in its legacy 4-d or its current shape.

    Raises ValueError where the shape and the number of values disagree.
    """
    values = np.array(blob.diff if return_diff else blob.data)
    return values.reshape(_blob_shape(blob))


def array_to_blobproto(arr: np.ndarray, diff: np.ndarray | None = None):
    """A BlobProto with the array's shape and values, and those of the diff where given."""
    arr = np.asarray(arr)
    blob = caffe_pb2.BlobProto()
    blob.shape.dim.extend(arr.shape)
    blob.data.extend(arr.astype(float).ravel())
    if diff is not None:
        blob.diff.extend(np.asarray(diff).astype(float).ravel())
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[np.ndarray]) -> bytes:
    """The arrays as a serialized BlobProtoVector."""
    vector = caffe_pb2.BlobProtoVector()
    vector.blobs.extend([array_to_blobproto(arr) for arr in arraylist])
    return vector.SerializeToString()


arraylist_to_blobprotovecor_str = arraylist_to_blobprotovector_str  # pycaffe's own spelling


def blobprotovector_str_to_arraylist(data: bytes) -> list[np.ndarray]:
    """The arrays of a serialized BlobProtoVector."""
    vector = caffe_pb2.BlobProtoVector()
    vector.ParseFromString(data)
    return [blobproto_to_array(blob) for blob in vector.blobs]


def array_to_datum(arr: np.ndarray, label: int | None = None):
    """A Datum of a (K, H, W) array: bytes for uint8, float_data for any other type."""
    if arr.ndim != 3:
        raise ValueError(f"Incorrect array shape: a datum has 3 dimensions, this array {arr.ndim}.")
    datum = caffe_pb2.Datum()
    datum.channels, datum.height, datum.width = arr.shape
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.astype(float).ravel())
    if label is not None:
        datum.label = label
    return datum


def datum_to_array(datum) -> np.ndarray:
    """The (K, H, W) array of a Datum: uint8 where it holds bytes, else float."""
    shape = (datum.channels, datum.height, datum.width)
    if datum.data:
        return np.frombuffer(datum.data, np.uint8).reshape(shape).copy()
    return np.array(datum.float_data).astype(float).reshape(shape)


class Transformer:
    """Turns images into a network's input and back.

    inputs: input blob name -> its shape (N, K, H, W). The steps of ``preprocess``, each
    only where it was set: resize, transpose, channel swap, raw scale, mean, input scale.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = inputs
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, np.ndarray] = {}
        self.input_scale: dict[str, float] = {}

    def _check_input(self, in_: str) -> None:
        if in_ not in self.inputs:
            raise Exception(f"{in_} is not one of the net inputs: {list(self.inputs)}")

    def preprocess(self, in_: str, data: np.ndarray) -> np.ndarray:
        """An (H', W', K) image -> the (K, H, W) float32 input of the blob ``in_``."""
        self._check_input(in_)
        x = data.astype(np.float32, copy=False)
        size = tuple(self.inputs[in_][2:])
        if x.shape[:2] != size:
            x = resize_image(x, size)
        if in_ in self.transpose:
            x = x.transpose(self.transpose[in_])
        if in_ in self.channel_swap:
            x = x[list(self.channel_swap[in_]), :, :]
        if in_ in self.raw_scale:
            x = x * np.float32(self.raw_scale[in_])
        if in_ in self.mean:
            x = x - self.mean[in_]
        if in_ in self.input_scale:
            x = x * np.float32(self.input_scale[in_])
        return x.astype(np.float32, copy=False)

    def deprocess(self, in_: str, data: np.ndarray) -> np.ndarray:
        """The inverse of ``preprocess``, but for the resizing."""
        self._check_input(in_)
        x = np.array(data, np.float32).squeeze()
        if in_ in self.input_scale:
            x /= self.input_scale[in_]
        if in_ in self.mean:
            x += self.mean[in_]
        if in_ in self.raw_scale:
            x /= self.raw_scale[in_]
        if in_ in self.channel_swap:
            x = x[np.argsort(self.channel_swap[in_]), :, :]
        if in_ in self.transpose:
            x = x.transpose(np.argsort(self.transpose[in_]))
        return x

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """The order of the dimensions: (2, 0, 1) for images into (K, H, W)."""
        self._check_input(in_)
        if len(order) != len(self.inputs[in_]) - 1:
            raise Exception("Transpose order needs to have the same number of dimensions as the input.")
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """The order of the channels, which come first after the transpose: (2, 1, 0) makes RGB BGR."""
        self._check_input(in_)
        if len(order) != self.inputs[in_][1]:
            raise Exception("Channel swap needs to have the same number of dimensions as the input channels.")
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """The factor before the mean: 255 for networks trained on 0..255."""
        self._check_input(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: np.ndarray) -> None:
        """The mean to subtract: (K,), (H, W) for one channel, or (K, H, W)."""
        self._check_input(in_)
        expected = tuple(self.inputs[in_][1:])
        mean = np.asarray(mean)
        if mean.ndim == 1:
            if mean.shape[0] != expected[0]:
                raise ValueError("Mean channels incompatible with input.")
            mean = mean[:, np.newaxis, np.newaxis]
        else:
            shape = (1, *mean.shape) if mean.ndim == 2 else mean.shape
            if len(shape) != 3:
                raise ValueError("Mean shape invalid")
            if shape != expected:
                raise ValueError(f"Mean shape incompatible with input shape: {shape}, expected {expected}.")
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float) -> None:
        """The factor after the mean."""
        self._check_input(in_)
        self.input_scale[in_] = scale


def load_image(filename: str, color: bool = True) -> np.ndarray:
    """A file as (H, W, 3) RGB, or (H, W, 1) gray where ``color`` is False; float32 in 0..1."""
    image = img_as_float(skimage.io.imread(filename, as_gray=not color)).astype(np.float32)
    if image.ndim == 2:
        image = image[:, :, np.newaxis]
        if color:
            image = np.tile(image, (1, 1, 3))
    elif image.shape[2] == 4:
        image = image[:, :, :3]
    return image


def resize_image(im: np.ndarray, new_dims: Sequence[int], interp_order: int = 1) -> np.ndarray:
    """Resize an (H, W, K) array to ``new_dims`` (height, width), interpolating without smoothing first."""
    height, width = (int(n) for n in new_dims)
    if im.shape[-1] in (1, 3):
        low, high = float(im.min()), float(im.max())
        if high <= low:
            return np.full((height, width, im.shape[-1]), low, np.float32)
        unit = (im - low) / (high - low)
        resized = skimage.transform.resize(
            unit, (height, width), order=interp_order, mode="constant", anti_aliasing=False
        )
        return (resized * (high - low) + low).astype(np.float32)
    scale = (height / im.shape[0], width / im.shape[1], 1)
    return zoom(im, scale, order=interp_order).astype(np.float32)


def oversample(images: Sequence[np.ndarray] | np.ndarray, crop_dims: Sequence[int] | np.ndarray) -> np.ndarray:
    """Ten crops of each (H, W, K) image: four corners and centre, then the same five mirrored.

    Returns (10 N, height, width, K) float32.
    """
    height, width = (int(n) for n in crop_dims)
    full_height, full_width, channels = np.asarray(images[0]).shape
    corners = [(row, col) for row in (0, full_height - height) for col in (0, full_width - width)]
    corners.append((int(full_height / 2.0 - height / 2.0), int(full_width / 2.0 - width / 2.0)))
    crops = np.empty((10 * len(images), height, width, channels), np.float32)
    for i, image in enumerate(images):
        for j, (row, col) in enumerate(corners):
            crop = image[row : row + height, col : col + width]
            crops[10 * i + j] = crop
            crops[10 * i + 5 + j] = crop[:, ::-1]
    return crops
