"""From a run to a model's folder: network file, weights, labels, card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from google.protobuf import text_format

from deepvis.core.files import written_beside
from deepvis.formats.caffe.prototxt import read_net_text
from deepvis.formats.caffe.weights import write_weights
from deepvis.network.model_error import ModelError
from default_model.loop import Run
from default_model.student import plain_weights


def network_for(prototxt: Path, classes: int) -> Any:
    """The NetParameter of ``prototxt`` whose last inner product has ``classes`` outputs. Raises ModelError."""
    net = read_net_text(prototxt)
    products = [layer for layer in net.layer if layer.type == "InnerProduct"]
    if not products:
        raise ModelError(f"{prototxt}: found no InnerProduct layer, expected one that makes the class scores")
    products[-1].inner_product_param.num_output = classes
    return net


def averaged_weights(run: Run) -> dict[str, list[np.ndarray]]:
    """layer -> [weights, bias] of the run's moving average, normalisation folded, for pixel - mean."""
    named = {name: tensor.cpu().numpy() for name, tensor in run.average.items()}
    return plain_weights(named, list(run.student.weights))


def write_model(
    folder: Path,
    net: Any,
    weights: dict[str, list[np.ndarray]],
    classes: Sequence[str],
    mean_rgb: np.ndarray,
    card: dict[str, Any],
) -> None:
    """Write deploy.prototxt and model.yaml where they are not there yet, and weights and labels in any case.

    card: what model.yaml is to say besides files, labels and mean. Raises ModelError where a model.yaml that is
    there names another mean: the network would be shown colours that it was not trained on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mean_bgr = [round(float(value), 2) for value in mean_rgb[::-1]]
    weights_name = f"{folder.name}.caffemodel"
    if not (folder / "deploy.prototxt").exists():
        _write_text(folder / "deploy.prototxt", text_format.MessageToString(net))
    if not (folder / "model.yaml").exists():
        facts = {"version": 1, "name": folder.name, "prototxt": "deploy.prototxt", "weights": weights_name}
        rest = {"mean": mean_bgr, "channel_order": "BGR", "labels": "labels.txt"}
        _write_text(folder / "model.yaml", yaml.safe_dump(facts | card | rest, sort_keys=False))
    said = yaml.safe_load((folder / "model.yaml").read_text(encoding="utf-8"))["mean"]
    if not np.allclose(said, mean_bgr, atol=0.011):
        raise ModelError(f"{folder / 'model.yaml'}: found the mean {said}, expected {mean_bgr}; correct it")
    _write_text(folder / "labels.txt", "\n".join(classes) + "\n")
    write_weights(folder / weights_name, weights)


def _write_text(path: Path, text: str) -> None:
    with written_beside(path) as file:
        file.write(text.encode("utf-8"))
