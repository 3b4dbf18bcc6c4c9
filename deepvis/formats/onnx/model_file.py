"""Reads an ONNX file: its structure by the package ``onnx``, its large tensors straight from the file into arrays.

A parsed message holds a copy of each tensor, and reading a field makes one more. So the large ones are left out of what
is parsed: ``Walker`` finds where their bytes lie, and each is read once, when its array is made.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import inliner

from deepvis.core.regular_file import open_regular
from deepvis.formats.wire import BYTES, Walker, WireField, encode_header
from deepvis.network.model_error import ModelError

LEAST_BYTES = 4096  # of a tensor that is left out of what is parsed
DEEPEST = 24  # graphs within graphs
MARK = "\0payload "  # a doc_string that names the payload left out

Span = tuple[int, int, int]  # field of the TensorProto, first byte in the file, one past the last

# numbers of fields in onnx.proto
_GRAPH, _NODE, _INITIALIZER = 7, 1, 5
_ATTRIBUTE, _TENSOR, _SUBGRAPH, _TENSORS, _SUBGRAPHS = 5, 5, 6, 10, 11
_FLOATS, _RAW, _DOUBLES, _DOC = 4, 9, 10, 12
_FUNCTION, _FUNCTION_NODE = 25, 7


@dataclass(frozen=True, eq=False)
class ModelFile:
    """model: the file's message without its large tensors. payloads: where these lie in the file."""

    path: Path
    model: onnx.ModelProto
    payloads: list[Span] = field(default_factory=list)

    def payload_of(self, tensor: onnx.TensorProto) -> Span | None:
        """Where the tensor's values lie; None where the message holds them itself."""
        if not tensor.doc_string.startswith(MARK):
            return None
        number = tensor.doc_string[len(MARK) :]
        place = int(number) if number.isdecimal() and len(number) < 10 else -1
        return self.payloads[place] if 0 <= place < len(self.payloads) else None


def read_model(path: Path) -> ModelFile:
    """Raises ModelError for what is no ONNX file, or is damaged."""
    try:
        with open_regular(path) as file:
            if not path.stat().st_size:
                raise ModelError(f"{path}: found an empty file, expected an ONNX model")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                skeleton, payloads = _skeleton(mapped, str(path))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error}), expected an ONNX model") from None
    try:
        model = onnx.ModelProto.FromString(skeleton)
    except DecodeError:
        raise ModelError(f"{path}: found no ONNX model; is the file complete?") from None
    if not model.graph.node or not model.opset_import:
        found = "no nodes" if not model.graph.node else "no opset_import"
        raise ModelError(f"{path}: found {found}, expected an ONNX model; is the file complete?")
    return ModelFile(path, _without_functions(path, model), payloads)


def _without_functions(path: Path, model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its own functions written out where they are called."""
    if not model.functions:
        return model
    try:
        return inliner.inline_local_functions(model)
    except Exception as error:  # the package raises many kinds, RuntimeError among them
        sentence = str(error).strip().split("\n")[0]
        raise ModelError(f"{path}: its functions cannot be written out: {sentence}, expected ones that fit") from None


def _skeleton(mapped: mmap.mmap, where: str) -> tuple[bytes, list[Span]]:
    """The file's bytes without those of large tensors, and where these are."""
    view = memoryview(mapped)
    walker = Walker(view, where)
    try:
        stripping = _Stripping(walker)
        return stripping.message(0, len(view), stripping.model, "the model", 0), stripping.payloads
    finally:
        walker.bytes = None  # type: ignore[assignment]  # else the file cannot be closed
        view.release()


Visit = Callable[[WireField, int], "bytes | None"]  # what a field's value becomes; None: it stays


class _Stripping:
    """Copies messages field by field; what is inside is looked at only where a large tensor may lie there."""

    def __init__(self, walker: Walker) -> None:
        self.walker, self.payloads = walker, list[Span]()

    def message(self, start: int, end: int, visit: Visit, what: str, depth: int) -> bytes:
        """The message in [start, end) with its fields as ``visit`` changes them."""
        if depth > DEEPEST:
            raise self.walker.error(start, f"messages more than {DEEPEST} deep", "a few graphs within graphs")
        return b"".join(self._pieces(start, end, visit, what, depth))

    def _pieces(self, start: int, end: int, visit: Visit, what: str, depth: int) -> Iterator[bytes]:
        copied = start  # up to here
        for each in self.walker.fields(start, end, what):
            changed = visit(each, depth) if each.wire == BYTES and each.end - each.start > LEAST_BYTES else None
            if changed is not None:
                header = len(encode_header(each.number, each.end - each.start))
                yield bytes(self.walker.buffer[copied : each.start - header])
                yield encode_header(each.number, len(changed)) if changed else b""
                yield changed
                copied = each.end
        yield bytes(self.walker.buffer[copied:end])

    def model(self, each: WireField, depth: int) -> bytes | None:
        if each.number == _FUNCTION:
            return self.message(each.start, each.end, self.function, "a function", depth + 1)
        return self.message(each.start, each.end, self.graph, "the graph", depth + 1) if each.number == _GRAPH else None

    def graph(self, each: WireField, depth: int) -> bytes | None:
        if each.number == _INITIALIZER:
            return self.tensor(each, depth)
        return self.message(each.start, each.end, self.node, "a node", depth + 1) if each.number == _NODE else None

    def function(self, each: WireField, depth: int) -> bytes | None:
        if each.number != _FUNCTION_NODE:
            return None
        return self.message(each.start, each.end, self.node, "a node", depth + 1)

    def node(self, each: WireField, depth: int) -> bytes | None:
        if each.number != _ATTRIBUTE:
            return None
        return self.message(each.start, each.end, self.attribute, "an attribute", depth + 1)

    def attribute(self, each: WireField, depth: int) -> bytes | None:
        if each.number in (_TENSOR, _TENSORS):
            return self.tensor(each, depth)
        if each.number in (_SUBGRAPH, _SUBGRAPHS):
            return self.message(each.start, each.end, self.graph, "a graph", depth + 1)
        return None

    def tensor(self, each: WireField, depth: int) -> bytes | None:
        """Without its values where they lie in one piece, and with a mark that says which payload they are."""
        fields = list(self.walker.fields(each.start, each.end, "a tensor"))
        held = [f for f in fields if f.number in (_RAW, _FLOATS, _DOUBLES) and f.wire == BYTES]
        if len(held) != 1 or held[0].end - held[0].start <= LEAST_BYTES:
            return None
        span = held[0]
        header = len(encode_header(span.number, span.end - span.start))
        self.payloads.append((span.number, span.start, span.end))
        mark = f"{MARK}{len(self.payloads) - 1}".encode()
        before, after = (each.start, span.start - header), (span.end, each.end)
        kept = b"".join(bytes(self.walker.buffer[a:b]) for a, b in (before, after))
        return kept + encode_header(_DOC, len(mark)) + mark
