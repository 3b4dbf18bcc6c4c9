"""Old networks in today's words: V0 and V1 layers, legacy input headers, BatchNorm's old params.

Each step maps a NetParameter to one in the next format, as Caffe's upgrade_proto.cpp does; the golden
``upgraded_by_caffe.prototxt`` files are its tests.
"""

from __future__ import annotations

from typing import Any

from deepvis.formats.caffe import schema
from deepvis.network.inputs import title_of
from deepvis.network.model_error import ModelError

# V1's enum -> today's type, where it is not the words of the enum in CamelCase
_V1_TYPES = {
    "ABSVAL": "AbsVal",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "IM2COL": "Im2col",
    "LRN": "LRN",
    "MVN": "MVN",
    "RELU": "ReLU",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "TANH": "TanH",
    "NONE": "",
    "CROP": "CROP",  # of FCN's old fork, which works out its offset from the layers between: no layer of today
}

# V0's type -> (V1's enum, its param field, {V0's field: the param's field})
_FILLERS = {"weight_filler": "weight_filler", "bias_filler": "bias_filler"}
_OUTPUT = {"num_output": "num_output", "biasterm": "bias_term", **_FILLERS}
_SOURCE = {"source": "source", "batchsize": "batch_size"}
_WINDOW = {f"det_{n}": n for n in ("fg_threshold", "bg_threshold", "fg_fraction", "context_pad", "crop_mode")}
_V0_TYPES: dict[str, tuple[str, str, dict[str, str]]] = {
    "accuracy": ("ACCURACY", "", {}),
    "bnll": ("BNLL", "", {}),
    "concat": ("CONCAT", "concat_param", {"concat_dim": "concat_dim"}),
    "conv": (
        "CONVOLUTION",
        "convolution_param",
        {**_OUTPUT, "pad": "pad", "kernelsize": "kernel_size", "group": "group", "stride": "stride"},
    ),
    "data": ("DATA", "data_param", {**_SOURCE, "rand_skip": "rand_skip"}),
    "dropout": ("DROPOUT", "dropout_param", {"dropout_ratio": "dropout_ratio"}),
    "euclidean_loss": ("EUCLIDEAN_LOSS", "", {}),
    "flatten": ("FLATTEN", "", {}),
    "hdf5_data": ("HDF5_DATA", "hdf5_data_param", _SOURCE),
    "hdf5_output": ("HDF5_OUTPUT", "", {}),
    "im2col": ("IM2COL", "", {}),
    "images": (
        "IMAGE_DATA",
        "image_data_param",
        {**_SOURCE, "rand_skip": "rand_skip", "shuffle_images": "shuffle"}
        | {"new_height": "new_height", "new_width": "new_width"},
    ),
    "infogain_loss": ("INFOGAIN_LOSS", "infogain_loss_param", {"source": "source"}),
    "innerproduct": ("INNER_PRODUCT", "inner_product_param", _OUTPUT),
    "lrn": ("LRN", "lrn_param", {"local_size": "local_size", "alpha": "alpha", "beta": "beta", "k": "k"}),
    "multinomial_logistic_loss": ("MULTINOMIAL_LOGISTIC_LOSS", "", {}),
    "pool": (
        "POOLING",
        "pooling_param",
        {"pad": "pad", "kernelsize": "kernel_size", "stride": "stride", "pool": "pool"},
    ),
    "relu": ("RELU", "", {}),
    "sigmoid": ("SIGMOID", "", {}),
    "softmax": ("SOFTMAX", "", {}),
    "softmax_loss": ("SOFTMAX_LOSS", "", {}),
    "split": ("SPLIT", "", {}),
    "tanh": ("TANH", "", {}),
    "window_data": ("WINDOW_DATA", "window_data_param", {**_SOURCE, **_WINDOW}),
}
_V0_TRANSFORM = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}
_V1_TRANSFORM = ("scale", "mean_file", "crop_size", "mirror")
_V1_DATA = ("data_param", "image_data_param", "window_data_param")


def upgrade(net: Any) -> Any:
    """A copy of the NetParameter in the current format. Raises ModelError."""
    upgraded = schema.NetParameter()
    upgraded.CopyFrom(net)
    if upgraded.layers and upgraded.layer:
        raise ModelError(f"{title_of(net.name)}: found both 'layer' and 'layers', expected one of the two formats")
    if any(layer.HasField("layer") for layer in upgraded.layers):
        _v0_to_v1(upgraded)
    for layer in upgraded.layers:
        _move_transform(layer)
        _v1_to_current(layer, upgraded.layer.add())
    upgraded.ClearField("layers")
    _input_header_to_layer(upgraded)
    _fix_batch_norm_params(upgraded)
    _holes_to_dilation(upgraded)
    return upgraded


# --- V0 ----------------------------------------------------------------------------------------


def _v0_to_v1(net: Any) -> None:
    old = schema.NetParameter()
    old.layers.MergeFrom(net.layers)
    _merge_padding(old)
    net.ClearField("layers")
    for layer in old.layers:
        if layer.HasField("layer"):
            _v0_layer(layer, net.layers.add())
        else:
            net.layers.add().CopyFrom(layer)


def _merge_padding(net: Any) -> None:
    """Take V0's "padding" layers out and give their pad to the convolution or pooling that reads them."""
    padding: dict[str, Any] = {}
    kept = []
    for layer in net.layers:
        if layer.layer.type == "padding":
            if len(layer.bottom) != 1 or len(layer.top) != 1:
                raise ModelError(f"layer {layer.layer.name!r} (padding): expected one bottom and one top")
            padding[layer.top[0]] = layer
            continue
        for index, blob in enumerate(layer.bottom):
            if blob in padding:
                if layer.layer.type not in ("conv", "pool"):
                    raise ModelError(
                        f"layer {layer.layer.name!r} ({layer.layer.type}): reads the padded blob {blob!r}, "
                        "expected only conv and pool layers to do so"
                    )
                layer.layer.pad = padding[blob].layer.pad
                layer.bottom[index] = padding[blob].bottom[0]
        for blob in layer.top:
            padding.pop(blob, None)
        kept.append(layer)
    kept_net = schema.NetParameter()
    kept_net.layers.extend(kept)
    net.CopyFrom(kept_net)


def _v0_layer(old: Any, new: Any) -> None:
    """Fill the V1 layer ``new`` from ``old``, a V1 layer that wraps a V0 one."""
    v0 = old.layer
    if v0.type not in _V0_TYPES:
        raise ModelError(
            f"layer {v0.name!r}: found the V0 layer type {v0.type!r}, expected one of {', '.join(sorted(_V0_TYPES))}"
        )
    enum, param, fields = _V0_TYPES[v0.type]
    new.bottom.extend(old.bottom)
    new.top.extend(old.top)
    if v0.HasField("name"):
        new.name = v0.name
    new.type = new.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_name[enum].number
    for name in ("blobs", "blobs_lr", "weight_decay"):
        getattr(new, name).extend(getattr(v0, name))
    for source, target in fields.items():
        if v0.HasField(source):
            _set(getattr(new, param), target, getattr(v0, source))
    for source, target in _V0_TRANSFORM.items():
        if v0.HasField(source):
            setattr(new.transform_param, target, getattr(v0, source))
    if v0.HasField("hdf5_output_param"):
        new.hdf5_output_param.CopyFrom(v0.hdf5_output_param)


def _set(message: Any, name: str, value: Any) -> None:
    field = message.DESCRIPTOR.fields_by_name[name]
    if schema.is_repeated(field):
        getattr(message, name).append(value)
    elif field.message_type is not None:
        getattr(message, name).CopyFrom(value)
    else:
        setattr(message, name, value)


# --- V1 ----------------------------------------------------------------------------------------


def _move_transform(layer: Any) -> None:
    """Scale, mean file, crop and mirror went from the data layers' params to transform_param."""
    for param in _V1_DATA:
        if not layer.HasField(param):
            continue
        data = getattr(layer, param)
        for name in _V1_TRANSFORM:
            if data.HasField(name):
                setattr(layer.transform_param, name, getattr(data, name))
                data.ClearField(name)


def v1_type(layer: Any) -> str:
    """Today's name of a V1 layer's type; of one that a fork added too."""
    if layer.foreign_type:
        name = layer.foreign_type
        return _V1_TYPES.get(name) or schema.TODAYS_TYPES.get(
            name.replace("_", "").lower(), name.title().replace("_", "")
        )
    enum = layer.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_number[layer.type].name
    return _V1_TYPES.get(enum, enum.title().replace("_", ""))


def _v1_to_current(old: Any, new: Any) -> None:
    type_name = v1_type(old)
    for field, value in old.ListFields():
        if field.name in ("type", "foreign_type"):
            continue
        if field.name in ("param", "blob_share_mode", "blobs_lr", "weight_decay"):
            continue
        target = new.DESCRIPTOR.fields_by_name[field.name]
        if schema.is_repeated(target):
            getattr(new, field.name).extend(value)
        elif target.message_type is not None:
            getattr(new, field.name).CopyFrom(value)
        else:
            setattr(new, field.name, value)
    if type_name:
        new.type = type_name
    specs = {
        "param": "name",
        "blob_share_mode": "share_mode",
        "blobs_lr": "lr_mult",
        "weight_decay": "decay_mult",
    }
    for source, target_name in specs.items():
        for index, value in enumerate(getattr(old, source)):
            while len(new.param) <= index:
                new.param.add()
            setattr(new.param[index], target_name, value)


# --- headers and params ------------------------------------------------------------------------


def _input_header_to_layer(net: Any) -> None:
    """The fields input, input_dim and input_shape become one Input layer in front."""
    names, shapes, dims = list(net.input), list(net.input_shape), list(net.input_dim)
    for name in ("input", "input_shape", "input_dim"):
        net.ClearField(name)
    if not names:
        return
    if shapes and dims:
        raise ModelError(f"{title_of(net.name)}: found both input_shape and input_dim, expected one of the two")
    if dims and len(dims) != 4 * len(names):
        raise ModelError(
            f"{title_of(net.name)}: found {len(dims)} input_dim for {len(names)} input, expected 4 for each input"
        )
    if shapes and len(shapes) not in (1, len(names)):
        raise ModelError(
            f"{title_of(net.name)}: found {len(shapes)} input_shape for {len(names)} input, expected as many"
        )
    front = schema.LayerParameter(name="input", type="Input", top=names)
    front.input_param.SetInParent()
    for start in range(0, len(dims), 4):
        front.input_param.shape.add().dim.extend(dims[start : start + 4])
    front.input_param.shape.extend(shapes)
    layers = list(net.layer)
    rest = schema.NetParameter()
    rest.layer.add().CopyFrom(front)
    rest.layer.extend(layers)
    net.ClearField("layer")
    net.layer.MergeFrom(rest.layer)


def _fix_batch_norm_params(net: Any) -> None:
    """Old BatchNorm layers name three params with learning rates; they were never learned."""
    for layer in net.layer:
        if layer.type == "BatchNorm" and len(layer.param) == 3:
            for param in layer.param:
                param.lr_mult = param.decay_mult = 0.0


def _holes_to_dilation(net: Any) -> None:
    """DeepLab's fork calls the dilation of a convolution its hole."""
    for layer in net.layer:
        p = layer.convolution_param
        if not any(p.HasField(name) for name in ("hole", "hole_h", "hole_w")):
            continue
        if p.dilation:
            raise ModelError(f"layer {layer.name!r}: found hole and dilation, expected one of the two")
        p.dilation.extend([p.hole_h or p.hole, p.hole_w or p.hole] if p.hole_h or p.hole_w else [p.hole])
        for name in ("hole", "hole_h", "hole_w"):
            p.ClearField(name)
