"""Caffe's file format as protobuf message classes, built at import from the tables beside this file.

``tables/fields.csv`` and ``enums.csv`` hold BVLC Caffe's format (commit 9b89154), V0 and V1 included;
``fields_beyond.csv`` and ``enums_beyond.csv`` what public forks add: the toolbox's LRN field, SSD's layers
(weiliu89/caffe), ROIPooling (rbgirshick), ShuffleChannel (farmingyard), ReLU6, BN and Upsample (SegNet, PSPNet),
PSROIPooling (R-FCN), Reorg (YOLO), ceil_mode and its like. ``passed_over.csv`` names what more forks add that cannot
change an answer. V1 layers may have the parameters of all of today's types, and types of their own
(``foreign_type``). Where forks gave their fields numbers that BVLC used for something else (Interp 143), or none is
documented (CropCenter), they have free numbers here: text files read well, and binary files of these forks lose the
field, never fail.

The classes live in a descriptor pool of their own: a real ``caffe_pb2`` can be imported beside them.
Weights are not read through these classes but by ``deepvis.formats.caffe.weights``, which takes them from the file
without a copy in between.
"""

from __future__ import annotations

import csv
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

PACKAGE = "deepvis_caffe"
_FIELD = descriptor_pb2.FieldDescriptorProto
_LABELS = {
    "optional": _FIELD.LABEL_OPTIONAL,
    "repeated": _FIELD.LABEL_REPEATED,
    "required": _FIELD.LABEL_OPTIONAL,  # a missing value is reported by the layer that needs it
}
_SCALARS = {
    kind: getattr(_FIELD, f"TYPE_{kind.upper()}")
    for kind in ("int32", "int64", "uint32", "float", "double", "bool", "string", "bytes")
}


def rows(table: str) -> list[dict[str, str]]:
    """A table of this folder's ``tables``, a dict a line."""
    text = (Path(__file__).parent / "tables" / table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _type_name(message: str, name: str, enums: set[str]) -> tuple[int, str]:
    """The protobuf type and full name of a field that is no scalar; enums nest in their message first."""
    for candidate in (f"{message}.{name}", name):
        if candidate in enums:
            return _FIELD.TYPE_ENUM, f".{PACKAGE}.{candidate}"
    return _FIELD.TYPE_MESSAGE, f".{PACKAGE}.{name}"


def _add_field(message: descriptor_pb2.DescriptorProto, row: dict[str, str], enums: set[str]) -> None:
    field = message.field.add(name=row["name"], number=int(row["number"]), label=_LABELS[row["label"]])
    if row["type"] in _SCALARS:
        field.type = _SCALARS[row["type"]]
    else:
        field.type, field.type_name = _type_name(message.name, row["type"], enums)
    if row["default"]:
        field.default_value = row["default"].strip('"')
    if row["packed"]:
        field.options.packed = True


def _file_descriptor() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="deepvis/caffe.proto", package=PACKAGE, syntax="proto2")
    messages: dict[str, descriptor_pb2.DescriptorProto] = {}
    enums: dict[str, descriptor_pb2.EnumDescriptorProto] = {}
    fields = rows("fields.csv") + rows("fields_beyond.csv")
    fields += _newer_params(fields)
    for row in fields:
        if row["message"] not in messages:
            messages[row["message"]] = file.message_type.add(name=row["message"])
    for row in rows("enums.csv") + rows("enums_beyond.csv"):
        if row["enum"] not in enums:
            scope, _, name = row["enum"].rpartition(".")
            enums[row["enum"]] = (messages[scope] if scope else file).enum_type.add(name=name)
        enums[row["enum"]].value.add(name=row["name"], number=int(row["value"]))
    for row in fields:
        _add_field(messages[row["message"]], row, set(enums))
    return file


def _newer_params(fields: list[dict[str, str]]) -> list[dict[str, str]]:
    """Parameters of today's layers as fields of V1 layers: forks used both together."""
    old = {row["name"] for row in fields if row["message"] == "V1LayerParameter"}
    new = [row for row in fields if row["message"] == "LayerParameter" and row["name"].endswith("_param")]
    return [
        {**row, "message": "V1LayerParameter", "number": str(8267000 + index)}
        for index, row in enumerate(new)
        if row["name"] not in old
    ]


def _build() -> dict[str, type[Message]]:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(_file_descriptor().SerializeToString())
    file = pool.FindFileByName("deepvis/caffe.proto")
    return {name: message_factory.GetMessageClass(d) for name, d in file.message_types_by_name.items()}


def is_repeated(field: FieldDescriptor) -> bool:
    """Whether a field of a message holds a list. protobuf before 6 has no ``is_repeated``, after 7 no ``label``."""
    if hasattr(field, "is_repeated"):
        return field.is_repeated
    return field.label == FieldDescriptor.LABEL_REPEATED


MESSAGES: dict[str, type[Message]] = _build()

NetParameter: type[Message] = MESSAGES["NetParameter"]
LayerParameter: type[Message] = MESSAGES["LayerParameter"]
V1LayerParameter: type[Message] = MESSAGES["V1LayerParameter"]
SolverParameter: type[Message] = MESSAGES["SolverParameter"]
BlobProto: type[Message] = MESSAGES["BlobProto"]
BlobProtoVector: type[Message] = MESSAGES["BlobProtoVector"]
Datum: type[Message] = MESSAGES["Datum"]
FillerParameter: type[Message] = MESSAGES["FillerParameter"]

TRAIN, TEST = 0, 1  # the values of the enum Phase

# messages named after no layer type, or after one whose layers nothing here reads
_NO_TYPES = frozenset(("Transformation", "Loss", "Recurrent", "DenseImageData"))
# Layer type -> the field of LayerParameter that holds its parameters; types without parameters are absent. A type of
# the name of a message ("Convolution" of ConvolutionParameter) has that; others are named here.
PARAM_FIELD: dict[str, str] = {
    field.message_type.name.removesuffix("Parameter"): field.name
    for field in LayerParameter.DESCRIPTOR.fields
    if field.name.endswith("_param") and field.message_type.name.removesuffix("Parameter") not in _NO_TYPES
} | {
    **dict.fromkeys(("ConvolutionDepthwise", "DepthwiseConvolution", "Deconvolution", "Im2col"), "convolution_param"),
    **dict.fromkeys(("LSTM", "RNN"), "recurrent_param"),
    "ReorgYolo": "reorg_param",
    "SpatialDropout": "dropout_param",
}

# a type's name in small letters -> the name; V1 files of forks write it in capitals, with or without "_"
TODAYS_TYPES: dict[str, str] = {name.lower(): name for name in PARAM_FIELD}
