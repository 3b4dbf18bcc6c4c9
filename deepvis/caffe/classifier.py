"""pycaffe's ``caffe.Classifier``: class probabilities of images, by centre crop or ten crops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepvis.caffe import io
from deepvis.caffe.net import TEST, Net


class Classifier(Net):
    """A Net with preprocessing. Source: python/caffe/classifier.py of BVLC Caffe 1.0.

    image_dims: (height, width) to which an image is resized before cropping, the input's
    size by default. mean: (K,) or (K, H, W); input_scale, raw_scale, channel_swap: see
    ``io.Transformer``.
    """

    def __init__(
        self,
        model_file: str,
        pretrained_file: str,
        image_dims: Sequence[int] | None = None,
        mean: np.ndarray | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ) -> None:
        super().__init__(model_file, TEST, weights=pretrained_file)
        self.transformer = make_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = np.array(self.blobs[self.inputs[0]].data.shape[2:])
        self.image_dims = self.crop_dims if image_dims is None else image_dims

    def predict(self, inputs: Sequence[np.ndarray], oversample: bool = True) -> np.ndarray:
        """Probabilities (N, classes) of N images (H, W, K), RGB, 0..1.

        oversample: the average over corners, centre and their mirrors; else the centre crop.
        """
        height, width = (int(n) for n in self.image_dims)
        images = np.stack([io.resize_image(image, (height, width)) for image in inputs])
        if oversample:
            crops = io.oversample(images, self.crop_dims)
        else:
            top = int(height / 2.0 - self.crop_dims[0] / 2.0)
            left = int(width / 2.0 - self.crop_dims[1] / 2.0)
            crops = images[:, top : top + self.crop_dims[0], left : left + self.crop_dims[1], :]
        name = self.inputs[0]
        data = np.stack([self.transformer.preprocess(name, crop) for crop in crops])
        predictions = self.forward_all(**{name: data})[self.outputs[0]]
        if oversample:
            predictions = predictions.reshape((len(predictions) // 10, 10, -1)).mean(1)
        return predictions


def make_transformer(net: Net, mean, input_scale, raw_scale, channel_swap) -> io.Transformer:
    """The Transformer for a net's first input, with those of the settings that are given."""
    name = net.inputs[0]
    transformer = io.Transformer({name: net.blobs[name].data.shape})
    transformer.set_transpose(name, (2, 0, 1))
    if mean is not None:
        transformer.set_mean(name, mean)
    if input_scale is not None:
        transformer.set_input_scale(name, input_scale)
    if raw_scale is not None:
        transformer.set_raw_scale(name, raw_scale)
    if channel_swap is not None:
        transformer.set_channel_swap(name, channel_swap)
    return transformer
