"""The text format: what protobuf reads we read alike, and errors name file, line and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

from deepvis.formats.caffe import schema
from deepvis.formats.caffe.prototxt import parse_text, read_net_text
from deepvis.network.model_error import ModelError

GRAMMAR = r"""
# a comment at the start
name: "a \"quoted\" \x41\101 name" ' and more' ; force_backward: true
input: "x", input: 'y'
input_dim: [1, 2, 0x10, 010]
layer < name: "l" type: "Power" bottom: ["x", "y"] power_param: { power: -1.5e-3 scale: 2f shift: .5 } >
layer { type: "Pooling" pooling_param { pool: AVE global_pooling: 1 round_mode: 1 } loss_weight: inf # here
  loss_weight: -inf loss_weight: 3 include { phase: TEST min_level: -2 } include [ { }, { stage: "s" } ] }
"""

WRONG = {
    "unknown field": ('layer {\n nme: "x"\n}', "line 2: found 'nme', no field of LayerParameter, expected 'name'"),
    "unquoted type": ("layer { type: Convolution }", 'new "layer" takes type: "Convolution"'),
    "quoted enum": ('layers {\n\n type: "CONV" }', "line 3: found '\"CONV\"', expected one of NONE, ABSVAL"),
    "enum": ("layer { pooling_param { pool: MEAN } }", "expected one of MAX, AVE, STOCHASTIC for pool"),
    "negative": ("layer { convolution_param { pad: -1 } }", "expected a whole number from 0 to 4294967295 for pad"),
    "too large": ("input_dim: 1099511627776 # 2^40\n", "from -2147483648 to 2147483647 for input_dim"),
    "enum's number": ("layers {\n type: 9007199254740993 }", "line 2: found '9007199254740993', expected one of NONE"),
    "fraction": ("input_dim: 1.5 \n", "expected a whole number"),
    "bool": ("force_backward: maybe \n", "expected true or false for force_backward"),
    "number": ("layer { loss_weight: x }", "expected a number for loss_weight"),
    "no colon": ("layer { name 'x' }", "expected ':' and a quoted string after name"),
    "no brace": ("layer : 3 {}", "expected '{' after layer"),
    "open": ("layer { name: 'x'\n\n", "line 3: found the end of the text"),
    "closed twice": ("layer { } }", "found '}', expected a field of NetParameter"),
    "twice": ("layer { name: 'x' name: 'y' }", "found name twice in one LayerParameter"),
    "param twice": ("layer { relu_param { } relu_param { } }", "found relu_param twice"),
    "open string": ('layer { name: "x }\n}', "line 1: found"),
    "sign": ("layer { $ }", "line 1: found '$ }'"),
    "list": ("input_dim: [1 2]\n{", "expected ',' or ']' in the list of input_dim"),
    "deep": ("layer { blobs_param { a " + "{ " * 50 + "} " * 50 + "} } {", "found '{'"),
    "unknown open": ("layer { my_param { a: 1 ", "found 'my_param' without an end"),
}


def test_reads_what_protobuf_reads() -> None:
    theirs = text_format.Parse(GRAMMAR, schema.NetParameter())
    assert read_net_text(GRAMMAR) == theirs


def test_what_is_written_can_be_read() -> None:
    net = read_net_text(GRAMMAR)
    assert read_net_text(text_format.MessageToString(net)) == net


@pytest.mark.parametrize("what", WRONG)
def test_errors_name_line_found_and_expected(what: str) -> None:
    text, said = WRONG[what]
    with pytest.raises(ModelError) as error:
        read_net_text(text)
    assert said in str(error.value) and str(error.value).startswith("prototxt text, line")


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text("name: 3")
    with pytest.raises(ModelError, match=r"net\.prototxt, line 1: found '3', expected a quoted string for name"):
        read_net_text(path)
    with pytest.raises(ModelError, match="none: cannot be read"):
        read_net_text(tmp_path / "none")
    path.write_bytes(b"\x0a\x00\x00")
    with pytest.raises(ModelError, match="holds binary data, expected a prototxt"):
        read_net_text(path)


def test_encodings(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    for raw in ('\ufeffname: "Café"'.encode(), '# Café\nname: "Café"'.encode("latin-1")):
        path.write_bytes(raw)
        assert read_net_text(path).name == "Café"


def test_parameters_of_unknown_layers_are_skipped_with_a_note() -> None:
    notes: list[str] = []
    text = 'layer { name: "l"\n type: "Yolo" yolo_param { a: 1 b { c: [1, 2] } } my_param: 3 top: "t" }'
    layer = read_net_text(text, notes).layer[0]
    assert (layer.type, list(layer.top)) == ("Yolo", ["t"])
    assert notes == [
        f"prototxt text, line 2: {name!r} is not known and was skipped" for name in ("yolo_param", "my_param")
    ]
    assert (
        read_net_text("layer { transform_param { resize_param { x: 1 } crop_size: 3 } }")
        .layer[0]
        .transform_param.crop_size
        == 3
    )


def agrees_with_protobuf(paths: list[Path]) -> None:
    assert len(paths) > 200
    for path in paths:
        assert read_net_text(path) == text_format.Parse(path.read_text(), schema.NetParameter()), path


def test_agrees_with_protobuf_on_every_golden_net(root: Path) -> None:
    agrees_with_protobuf([*root.glob("tests/golden/*/*/*.prototxt"), *root.glob("models/*/*.prototxt")])


@pytest.mark.shared
def test_agrees_with_protobuf_on_real_files(shared: Path) -> None:
    agrees_with_protobuf([*shared.glob("golden/*/*/*.prototxt"), *shared.glob("models/*/*.prototxt")])


EXTREMES = (
    *("-9223372036854775808", "9007199254740993", "4294967297", "4294967296", "-4294967296", "2147483648", "-1"),
    *("99999999999999999999999", "0xffffffffffffffffff", "017777777777777777777777", "08", "1e400", "-1e39", "1e-400"),
    *("nan", "-nan", "inf", "1f", "true", "NO_WORD", "'x'", r"'\xff\0'"),
)


def test_extreme_values_of_every_field_are_taken_or_refused() -> None:
    taken = 0
    for message in schema.MESSAGES.values():
        for field in message.DESCRIPTOR.fields:
            for value in EXTREMES if field.message_type is None else ():
                try:
                    parse_text(f"{field.name}: {value}\n", message(), "net.prototxt", [])
                    taken += 1
                except ModelError as error:
                    assert str(error).startswith("net.prototxt, line "), value
    assert taken > 1000
