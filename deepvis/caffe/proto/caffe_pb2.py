"""pycaffe's ``caffe.proto.caffe_pb2``: Caffe's message classes and enums under their names.

``NetParameter``, ``BlobProto``, ``TRAIN``, ``PoolingParameter.MAX``, ... A real caffe_pb2 can be imported beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from deepvis.formats.caffe.schema import MESSAGES

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """The classes and enums that are entered below."""


_file = MESSAGES["NetParameter"].DESCRIPTOR.file
globals().update(MESSAGES)
for _name, _enum in _file.enum_types_by_name.items():
    globals()[_name] = EnumTypeWrapper(_enum)
    globals().update({value.name: value.number for value in _enum.values})
