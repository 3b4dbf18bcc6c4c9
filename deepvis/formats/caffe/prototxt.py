"""Caffe's text files (prototxt): read with errors that name file and line.

A parser of our own rather than protobuf's, for three reasons: its errors name the nearest known field and
what was expected; parameters of layer types that no table knows are skipped with a note, so that the engine
can name all unsupported layers at once; hostile input costs neither deep recursion nor much memory.
Grammar: https://protobuf.dev/reference/protobuf/textformat-spec, without extensions and Any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from deepvis.core.nearest import most_like
from deepvis.core.regular_file import bytes_of
from deepvis.formats.caffe import schema
from deepvis.formats.caffe.tokens import Token, hint_for, kind_of, short, tokens, unquote, value_of
from deepvis.network.mistaken import HEAD, SWAPPED, mistaken
from deepvis.network.model_error import ModelError

MOST_NESTED = 32
MOST_NOTES = 50

# Messages in which forks add fields that do not touch what a deploy network computes.
_LENIENT = {
    "TransformationParameter",
    "ResizeParameter",
    "DataParameter",
    "ImageDataParameter",
    "WindowDataParameter",
    "DenseImageDataParameter",
    "LossParameter",
    "FillerParameter",
    "PythonParameter",  # for code that is not run
}
# (message, field) of forks -> what it concerns, of what cannot change an answer
PASSED_OVER: dict[tuple[str, str], str] = {
    (row["message"], row["name"]): row["why"] for row in schema.rows("passed_over.csv")
}
CONCERNS = {
    "memory": "it concerns memory alone",
    "engine": "it chooses the code that computes, not what is computed",
    "training": "it concerns training alone",
    "statistics": "it says how training gathers statistics; the weights hold them",
    "log": "it concerns the log alone",
    "shapes": "it says how strictly the shapes of weights are compared",
    "mean": "what it would draw at random is shown as its mean",
}
_OF_SOLVERS = frozenset(schema.SolverParameter.DESCRIPTOR.fields_by_name) - frozenset(
    schema.NetParameter.DESCRIPTOR.fields_by_name
)
_LAYERS = {"LayerParameter", "V1LayerParameter"}


def read_net_text(path_or_text: str | Path, notes: list[str] | None = None) -> Any:
    """The NetParameter of a prototxt file, or of its text (any string that holds a line break or a brace).

    The network is as written: V0 and V1 layers are not upgraded (see ``deepvis.formats.caffe.upgrade``).
    notes: takes a sentence for every field that was skipped. Raises ModelError.
    """
    text, where = source_text(path_or_text)
    net = schema.NetParameter()
    parse_text(text, net, where, notes if notes is not None else [])
    return net


def source_text(path_or_text: str | Path) -> tuple[str, str]:
    """(text, name for error messages) of a file, or of the text itself. Raises ModelError."""
    if isinstance(path_or_text, str) and ("\n" in path_or_text or "{" in path_or_text):
        return path_or_text, "prototxt text"
    path = Path(path_or_text)
    try:
        raw = bytes_of(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}), expected a prototxt file") from None
    except ValueError as error:  # a NUL byte in the name
        raise ModelError(f"{str(path)!r} is no file name ({error}), expected a prototxt file") from None
    if _is_utf16(raw[:256]):
        raise ModelError(f"{path}: is text in UTF-16, expected UTF-8; save it as UTF-8")
    if found := mistaken(raw[:HEAD]):
        raise ModelError(f"{path}: holds {found[0]}, expected a prototxt; {found[1]}")
    if b"\0" in raw:
        raise ModelError(f"{path}: holds binary data, expected a prototxt (text); {SWAPPED}")
    try:
        return raw.decode("utf-8-sig"), str(path)
    except UnicodeDecodeError:
        return raw.decode("latin-1"), str(path)


def _is_utf16(head: bytes) -> bool:
    """By its mark, or as every other byte is 0 and the rest plain text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    zeros, others = sorted((head[::2], head[1::2]), key=lambda part: -part.count(0))
    return len(head) > 8 and not any(zeros) and others.isascii() and 0 not in others


def parse_text(text: str, message: Any, where: str, notes: list[str]) -> None:
    """Fill ``message`` from text. Raises ModelError naming ``where`` and the line."""
    _Parser(text, where, notes).message_body(message, end="", depth=0)


def _is_foreign_type(field: FieldDescriptor, token: Token) -> bool:
    """A V1 layer type that a fork added: in capitals, and no slip of a known one."""
    if field.enum_type is None or field.enum_type.name != "LayerType" or token.kind != "name":
        return False
    name = token.text[:200]
    if name.replace("_", "").lower() in schema.TODAYS_TYPES:
        return True
    alike = [known for known in field.enum_type.values_by_name if known.count("_") == name.count("_")]
    return name.isupper() and not most_like(name, alike, cutoff=0.8)


class _Parser:
    """Recursive descent over the tokens of one text; one token of lookahead."""

    def __init__(self, text: str, where: str, notes: list[str]) -> None:
        self.text, self.where, self.notes = text, where, notes
        self.tokens = self._scan()
        self.token = next(self.tokens)

    def _scan(self) -> Iterator[Token]:
        for token in tokens(self.text):
            if token.kind == "wrong":
                raise self.error(token.start, repr(token.text), "a field, a value or a brace")
            yield token
        while True:
            yield Token("end", "", len(self.text))

    def error(self, place: int, found: str, expected: str) -> ModelError:
        line = self.text.count("\n", 0, place) + 1
        return ModelError(f"{self.where}, line {line}: found {found}, expected {expected}")

    def unexpected(self, expected: str) -> ModelError:
        found = "the end of the text" if self.token.kind == "end" else short(self.token.text)
        return self.error(self.token.start, found, expected)

    def take(self) -> Token:
        token, self.token = self.token, next(self.tokens)
        return token

    def accept(self, marks: str) -> str:
        """The mark, taken, if the next token is one of ``marks``; else ''."""
        if self.token.kind == "mark" and self.token.text in marks:
            return self.take().text
        return ""

    def message_body(self, message: Any, end: str, depth: int) -> None:
        if depth > MOST_NESTED:
            raise self.unexpected(f"at most {MOST_NESTED} messages inside one another")
        fields = message.DESCRIPTOR.fields_by_name
        while not (end and self.accept(end)):
            if self.token.kind == "end" and not end:
                return
            if self.token.kind != "name":
                raise self.unexpected(f"a field of {message.DESCRIPTOR.name}" + (f" or {end!r}" if end else ""))
            name = self.take()
            field = fields.get(name.text)
            if field is None:
                self.unknown(message.DESCRIPTOR, name, depth)
            elif field.message_type is not None:
                self.messages(message, field, name, depth)
            else:
                self.scalars(message, field, name)
            self.accept(";,")

    def messages(self, message: Any, field: FieldDescriptor, name: Token, depth: int) -> None:
        self.accept(":")
        in_list = bool(self.accept("["))
        while not (in_list and self.accept("]")):
            opening = self.accept("{<")
            if not opening:
                raise self.unexpected(f"'{{' after {field.name}")
            if schema.is_repeated(field):
                inner = getattr(message, field.name).add()
            elif message.DESCRIPTOR.name in _LENIENT and message.HasField(field.name):
                self.note(name, f"{short(name.text)} is there again and was skipped")
                inner = schema.MESSAGES[field.message_type.name]()
            else:
                self.only_once(message, field, name)
                inner = getattr(message, field.name)
                inner.SetInParent()
            self.message_body(inner, ">" if opening == "<" else "}", depth + 1)
            if not in_list:
                return
            self.accept(",")

    def scalars(self, message: Any, field: FieldDescriptor, name: Token) -> None:
        if not self.accept(":"):
            raise self.unexpected(f"':' and {kind_of(field)} after {field.name}")
        if not schema.is_repeated(field):
            self.only_once(message, field, name)
            value = self.scalar(message, field)
            if value is not None:
                setattr(message, field.name, value)
            return
        values = getattr(message, field.name)
        if not self.accept("["):
            values.append(self.scalar(message, field))
            return
        while not self.accept("]"):
            values.append(self.scalar(message, field))
            if not self.accept(",") and self.token.text != "]":
                raise self.unexpected(f"',' or ']' in the list of {field.name}")

    def only_once(self, message: Any, field: FieldDescriptor, name: Token) -> None:
        if message.HasField(field.name):
            raise self.error(name.start, f"{field.name} twice in one {message.DESCRIPTOR.name}", "it once")

    def scalar(self, message: Any, field: FieldDescriptor) -> Any:
        token = self.token
        value = value_of(field, token)
        if value is None and _is_foreign_type(field, token):
            message.foreign_type = self.take().text
            return None
        if value is None and self.is_foreign_choice(message, field, token):
            self.take()
            return None
        if value is None:
            raise self.unexpected(f"{kind_of(field)} for {field.name}{hint_for(field, token)}")
        self.take()
        if isinstance(value, str):
            while self.token.kind == "string":  # strings side by side are one
                value += unquote(self.take().text) or ""
        return value

    def is_foreign_choice(self, message: Any, field: FieldDescriptor, token: Token) -> bool:
        """A name that a fork added to a choice where it is harmless; it is noted."""
        owner = message.DESCRIPTOR.name
        is_one = owner in _LENIENT and field.enum_type is not None and token.kind == "name"
        if is_one and not schema.is_repeated(field):
            self.note(token, f"{field.name}: {short(token.text)} is not known and was skipped")
            return True
        return False

    def note(self, at: Token, sentence: str) -> None:
        if len(self.notes) < MOST_NOTES:
            line = self.text.count("\n", 0, at.start) + 1
            self.notes.append(f"{self.where}, line {line}: {sentence}")

    def unknown(self, owner: Any, name: Token, depth: int) -> None:
        """Skip what forks added where that is harmless, else raise with the nearest known name."""
        is_param = owner.name in _LAYERS and name.text.endswith("_param")
        concern = PASSED_OVER.get((owner.name, name.text))
        if not is_param and owner.name not in _LENIENT and concern is None:
            if owner.name == "NetParameter" and name.text in _OF_SOLVERS:
                raise self.solver(name)
            if owner.name == "NetParameter" and name.text == "item":
                raise self.error(name.start, "'item', a field of a label map", "a network; give deploy.prototxt")
            near = most_like(name.text, owner.fields_by_name)
            hint = (
                f"{near[0]!r}" if near else f"one of its fields ({', '.join(sorted(owner.fields_by_name)[:12])}, ...)"
            )
            raise self.error(name.start, f"{short(name.text)}, no field of {owner.name}", hint)
        if concern is not None:
            self.note(name, f"{short(name.text)} was passed over: {CONCERNS[concern]}")
        else:
            self.note(name, f"{short(name.text)} is not known and was skipped")
        self.skip_value(name)

    def solver(self, name: Token) -> ModelError:
        named = re.search(r"^\s*(?:net|train_net)\s*:\s*['\"]([^'\"]+)", self.text, re.MULTILINE)
        network = f"give the network that it names, {named[1]!r}" if named else "give the network's own file"
        return self.error(name.start, f"{short(name.text)}, a field of a solver's file", f"a network; {network}")

    def skip_value(self, name: Token) -> None:
        """Pass over ': value', '{ ... }' or '[ ... ]'."""
        colon = self.accept(":")
        if not self.accept("{<["):
            if not colon or self.token.kind not in ("name", "number", "string"):
                raise self.unexpected(f"a value after {short(name.text)}")
            self.take()
            return
        open_marks = 1
        while open_marks:
            token = self.take()
            if token.kind == "end":
                raise self.error(name.start, f"{short(name.text)} without an end", "a closing brace")
            if token.kind == "mark":
                open_marks += (token.text in "{<[") - (token.text in "}>]")
