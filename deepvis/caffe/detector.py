"""pycaffe's ``caffe.Detector``: class scores of windows of images (R-CNN)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from deepvis.caffe import io
from deepvis.caffe.classifier import make_transformer
from deepvis.caffe.net import TEST, Net


class Detector(Net):
    """A Net over image windows. Source: python/caffe/detector.py of BVLC Caffe 1.0.

    context_pad: pixels of context around a window, in the network's input; a window that
    reaches over the image's edge is filled with the mean.
    """

    def __init__(
        self,
        model_file: str,
        pretrained_file: str,
        mean: np.ndarray | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
    ) -> None:
        super().__init__(model_file, TEST, weights=pretrained_file)
        self.transformer = make_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def configure_crop(self, context_pad: int | None) -> None:
        """Set the context, and the mean in image space that fills what lies outside."""
        name = self.inputs[0]
        self.crop_dims = np.array(self.blobs[name].data.shape[2:])
        self.context_pad = int(context_pad or 0)
        if self.context_pad:
            channels = self.blobs[name].data.shape[1]
            no_mean = np.zeros((channels, *self.crop_dims), np.float32)
            mean = np.broadcast_to(self.transformer.mean.get(name, no_mean), no_mean.shape)
            raw_scale = self.transformer.raw_scale.get(name, 1.0)
            order = self.transformer.channel_swap.get(name, range(channels))
            self.crop_mean = (mean / raw_scale)[np.argsort(order)].transpose(1, 2, 0).astype(np.float32)

    def detect_windows(self, images_windows: Iterable[tuple[str, Sequence]]) -> list[dict]:
        """images_windows: (file name, windows), a window being (ymin, xmin, ymax, xmax).

        Returns a list of {"window", "prediction", "filename"}, in order.
        """
        found = []
        crops = []
        for filename, windows in images_windows:
            image = io.load_image(filename).astype(np.float32)
            for window in windows:
                crops.append(self.crop(image, np.asarray(window)))
                found.append({"window": window, "filename": filename})
        if not crops:
            return []
        name = self.inputs[0]
        data = np.stack([self.transformer.preprocess(name, crop) for crop in crops])
        predictions = self.forward_all(**{name: data})[self.outputs[0]]
        predictions = predictions.reshape(len(crops), -1)
        return [{**entry, "prediction": predictions[i]} for i, entry in enumerate(found)]

    def detect_selective_search(self, image_fnames: Sequence[str]) -> list[dict]:
        """Needs the MATLAB-based selective_search_ijcv_with_python, which deepvis does not carry."""
        raise NotImplementedError(
            "selective search is not part of deepvis; compute the windows with any proposal method "
            "and call detect_windows([(file, windows), ...])"
        )

    def crop(self, im: np.ndarray, window: np.ndarray) -> np.ndarray:
        """The window of an (H, W, K) image, with context where it was configured."""
        ymin, xmin, ymax, xmax = (int(n) for n in window)
        if not self.context_pad:
            return im[ymin:ymax, xmin:xmax]
        side = int(self.crop_dims[0])
        scale = side / (side - 2.0 * self.context_pad)
        centre = np.array([(ymin + ymax) / 2.0, (xmin + xmax) / 2.0])
        half = scale * np.array([ymax - ymin, xmax - xmin]) / 2.0
        low, high = np.round(centre - half).astype(int), np.round(centre + half).astype(int)
        inside_low = np.maximum(low, 0)
        inside_high = np.minimum(high, np.array(im.shape[:2]))
        to_crop = self.crop_dims / np.maximum(high - low, 1)
        start = np.round((inside_low - low) * to_crop).astype(int)
        size = np.round((inside_high - inside_low) * to_crop).astype(int)
        size = np.minimum(size, self.crop_dims - start)
        out = self.crop_mean.copy()
        if (size > 0).all():
            patch = im[inside_low[0] : inside_high[0], inside_low[1] : inside_high[1]]
            rows, cols = slice(start[0], start[0] + size[0]), slice(start[1], start[1] + size[1])
            out[rows, cols] = io.resize_image(patch, size)
        return out
