"""Which network, and what its pictures are: the rows that the settings and every command have, and what they name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepvis.network.ref import NetworkRef, absolute
from deepvis.schema.row_options import add_options
from deepvis.schema.rows import Table, row

if TYPE_CHECKING:
    from deepvis.schema.value_types import (
        Channels,
        Flag,
        Function,
        Inputs,
        Layout,
        Mean,
        NameMap,
        Names,
        Numbers,
        Order,
        Positive,
        Size,
        Text,
    )

TYPES = "deepvis.schema.value_types"
# of a NetworkRef, each as an option of its name
OPTIONS = ("channel_order", "input_scale", "input_size", "data_blob", "std", "channels", "layout", "inputs",
           "label_layers", "prob_layer", "layer_filter", "short_name", "unit_image_layers", "remap")  # fmt: skip
FLAGS = ("fill", "trust_file")
# the rows that are options of every command that opens a network
SHARED = ("network", "prototxt", "weights", *FLAGS, "mean", "std", "input_scale", "channel_order", "input_size",
          "channels", "layout", "data_blob", "inputs", "labels", "label_layers", "prob_layer",
          "dictionary")  # fmt: skip


@dataclass(frozen=True, init=False, eq=False, repr=False)  # rows, of which there are no values
class NetworkOptions:
    """What may be said of a network; None where the model or the network itself decides.

    path: of a row whose value is a file or a folder.
    """

    model: Text | None = row(
        None, "Name or folder of the model (see deepvis models); None: the embedded default", "--model NAME|DIR"
    )
    network: Text | None = row(
        None,
        "Your own network: FILE.py:NAME or package.module:NAME, code of yours that makes a torch.nn.Module and is run; "
        "torchvision:NAME, timm:NAME; FILE.onnx; FILE.pt2; or Caffe's deploy.prototxt",
        "--network NAME|FILE",
        path=True,
    )
    prototxt: Text | None = row(None, "The same, as it is called for Caffe's networks", "--prototxt FILE", path=True)
    weights: Text | None = row(
        None, "Its weights: a .caffemodel; .pth, .pt or .safetensors for a module", "--weights FILE", path=True
    )
    fill: Flag = row(False, "Layers without weights keep their initial values", "auto")
    trust_file: Flag = row(False, "Run what a .pt2 brings along to be run when it is read", "auto")
    mean: Mean | None = row(
        None,
        "Its mean: .npy, .binaryproto, or one number per channel, on the scale of 0 to input_scale, in the network's "
        "channel order",
        "--mean FILE|M,M,M",
        path=True,
    )
    std: Numbers | None = row(
        None, "One number per channel: x = (pixel / 255 * input_scale - mean) / std", "--std S,S,S"
    )
    labels: Text | None = row(None, "Text file with a class name per line", "--labels FILE", path=True)
    label_layers: Names | None = row(None, "Layers whose channels are the classes", "--label-layers LAYER...")
    prob_layer: Text | None = row(None, "Layer of the class probabilities, for the top 5", "--prob-layer LAYER")
    data_blob: Text | None = row(
        None, "Blob that takes the picture, where a network has several inputs", "--data-blob BLOB"
    )
    inputs: Inputs | None = row(
        None,
        "NAME=FILE.npy of inputs that take no picture; else zeros",
        "--input NAME=FILE.npy, again",
        said="values of another input; zeros where nothing is said",
    )
    input_size: Size | None = row(
        None,
        "(height, width) of the network's input",
        "--input-size HxW",
        said="input size, where it is not the file's",
    )
    channels: Channels | None = row(
        None, "Channels of the network's input, where the network does not tell", "--channels N"
    )
    layout: Layout | None = row(None, "How a module takes pictures; None: it is found", "--layout NCHW|NHWC")
    channel_order: Order | None = row(None, "Order of the network's colour channels", "--channel-order BGR|RGB")
    input_scale: Positive | None = row(None, "Value of a white pixel before mean and std: 255, or 1", "--input-scale X")
    dictionary: Text | None = row(
        None,
        "Dictionary of a layer, by deepvis dictionary: its atoms are a further layer",
        "--dictionary FILE",
        path=True,
    )
    layer_filter: Function | None = row(None, "True for layers to leave out of the window")
    short_name: Function | None = row(None, "Layer's name -> name in the layer list")
    unit_image_dir: Text | None = row(None, "Folder of the unit images (unit_jpg_vis)", "--unit-images DIR", path=True)
    unit_image_layers: Names | None = row(
        None, "Layers that have unit images; None: look", "--unit-image-layers LAYER..."
    )
    remap: NameMap | None = row(None, "Layer -> the layer whose unit images it borrows")


NETWORK = Table(NetworkOptions, TYPES)


def add_network_options(group: Any, aliases: Mapping[str, Sequence[str]] | None = None) -> None:
    """Enter the options into a parser or a group of it. aliases: option -> further names of it."""
    add_options(group, NETWORK, SHARED, aliases)


def network_of(given: Mapping[str, Any]) -> NetworkRef:
    """The network that options name; files by their absolute paths, which other processes and folders find.

    given: by the names of the rows; those of a settings file too, which have no option.
    """
    model, named = given.get("model"), given.get("network") or given.get("prototxt")
    inputs = given.get("inputs")
    options = {name: given.get(name) for name in OPTIONS}
    options["inputs"] = None if not inputs else tuple(map(_with_absolute_file, inputs))
    options.update({name: True for name in FLAGS if given.get(name)})
    options.update({name: _absolute(given.get(name)) for name in ("dictionary", "unit_image_dir")})
    mean = given.get("mean")
    return NetworkRef(
        model=os.path.abspath(model) if model and os.path.isdir(model) else model,
        network=absolute(named) if named else None,
        weights=_absolute(given.get("weights")),
        mean=_absolute(mean) if isinstance(mean, str) else mean,
        labels=_absolute(given.get("labels")),
        options=tuple((name, _hashable(value)) for name, value in options.items() if value is not None),
    )


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(value.items())
    return tuple(value) if isinstance(value, list) else value


def _with_absolute_file(text: str) -> str:
    name, _, file = text.partition("=")
    return f"{name}={os.path.abspath(file)}"


def _absolute(path: str | None) -> str | None:
    return os.path.abspath(path) if path else path
