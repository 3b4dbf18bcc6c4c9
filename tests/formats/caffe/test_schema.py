"""The message classes: Caffe's table in full, and a pool of their own."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from deepvis.formats.caffe import schema

# a message file with Caffe's package name, as an installed caffe_pb2 registers it in protobuf's default pool
BESIDE = """
from google.protobuf import descriptor_pb2, descriptor_pool
file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")
file.message_type.add(name="NetParameter")
descriptor_pool.Default().Add(file) if hasattr(descriptor_pool.Default(), "Add") else \\
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
from deepvis.formats.caffe import schema
assert schema.NetParameter(name="x").SerializeToString() == b"\\x0a\\x01x"
"""


@pytest.mark.shared
def test_the_table_is_caffes(shared: Path) -> None:
    with (shared / "reference" / "caffe_schema_fields.csv").open() as file:
        for row in csv.DictReader(file):
            field = schema.MESSAGES[row["message"]].DESCRIPTOR.fields_by_name[row["name"]]
            assert field.number == int(row["number"])
            assert schema.is_repeated(field) == (row["label"] == "repeated")
            assert field.GetOptions().packed == bool(row["packed"])
    with (shared / "reference" / "caffe_schema_enums.csv").open() as file:
        for row in csv.DictReader(file):
            scope, _, name = row["enum"].rpartition(".")
            file_ = schema.NetParameter.DESCRIPTOR.file
            enums = schema.MESSAGES[scope].DESCRIPTOR.enum_types_by_name if scope else file_.enum_types_by_name
            assert enums[name].values_by_name[row["name"]].number == int(row["value"])


def test_defaults() -> None:
    layer = schema.LayerParameter()
    assert (layer.lrn_param.local_size, layer.lrn_param.beta, layer.lrn_param.deconv_ignore) == (5, 0.75, False)
    assert layer.convolution_param.bias_term and layer.convolution_param.group == 1
    assert layer.pooling_param.pool == 0 and layer.dropout_param.dropout_ratio == 0.5
    assert schema.SolverParameter().regularization_type == "L2"
    assert schema.MESSAGES["WindowDataParameter"]().root_folder == ""
    assert layer.norm_param.across_spatial and layer.prior_box_param.offset == 0.5


def test_every_type_with_parameters_has_its_field() -> None:
    fields = schema.LayerParameter.DESCRIPTOR.fields_by_name
    assert {name for name in schema.PARAM_FIELD.values() if name not in fields} == set()


def test_stands_beside_a_real_caffe_pb2(root: Path) -> None:
    subprocess.run([sys.executable, "-c", BESIDE], cwd=root, check=True)
