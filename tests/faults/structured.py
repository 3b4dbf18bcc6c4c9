"""Mutations of what a file means: a value of JSON or YAML, an array of an npz, an entry of a zip archive, a header.

Each takes the whole file and gives another one; a file that is damaged already comes back as it is. They are used
beside the mutations of bytes of ``tests/formats/caffe/fuzzing.py``.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import yaml

from tests.formats.caffe.fuzzing import ANY, NUMBERS, Mutation, cut, flip, other_length, other_word, remove

DEEP = 3000  # levels of a value within a value
EXTREMES: list[Any] = [
    *(0, -1, 1, 255, 2**31 - 1, 2**31, 2**32, 2**63, -(2**63), 10**400, 1e308, float("inf"), float("nan"), 0.5),
    *("", "\0", "../../../etc/passwd", "a" * 5000, "one\ntwo", "inf", "1e400", "Ünïcödé \ud7ff"),
    *(None, True, False, [], {}, [[]], [0] * 1000, {"a": {"b": []}}, [None], {"": 0}),
]
AXES = (0, 1, 3, 2**31, 2**40, 2**62)


def splice(rng: random.Random, raw: bytes, other: bytes) -> bytes:
    """The beginning of one file and the end of another."""
    return raw[: rng.randrange(len(raw) + 1)] + other[rng.randrange(len(other) + 1) :]


def number_in_text(rng: random.Random, raw: bytes) -> bytes:
    """A number anywhere in a text becomes one that hurts."""
    found = list(re.finditer(rb"-?\d[\d.]*(?:e[-+]?\d+)?", raw))
    if not found:
        return raw
    hit = rng.choice(found)
    return raw[: hit.start()] + rng.choice(NUMBERS).encode() + raw[hit.end() :]


# --- JSON and YAML ---------------------------------------------------------------------------------


def _places(value: Any, found: list[tuple[Any, Any]]) -> None:
    """(table or list, key or index) of every value within."""
    for key in value if isinstance(value, dict) else range(len(value)):
        found.append((value, key))
        if isinstance(value[key], (dict, list)):
            _places(value[key], found)


def changed_value(rng: random.Random, content: Any) -> Any:
    """One value becomes an extreme one, goes, has another name, stands twice, or is put into lists."""
    places: list[tuple[Any, Any]] = []
    if isinstance(content, (dict, list)):
        _places(content, places)
    if not places or rng.random() < 0.03:
        return rng.choice(EXTREMES)
    holder, key = rng.choice(places)
    how = rng.randrange(8)
    if how < 4:
        holder[key] = rng.choice(EXTREMES)
    elif how == 4:
        del holder[key]
    elif how == 5 and isinstance(holder, dict):
        holder[rng.choice([f"{key}x", "", str(key)[:-1], 7 if rng.random() < 0.1 else "version"])] = holder.pop(key)
    elif how == 6:
        holder[key] = [holder[key]] * rng.choice((1, 2, 50))
    else:
        other, name = rng.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    return content


def json_value(rng: random.Random, raw: bytes) -> bytes:
    try:
        text = json.dumps(changed_value(rng, json.loads(raw)))
    except (ValueError, RecursionError):
        return raw
    if rng.random() < 0.02:
        text = text.replace("null", "[" * DEEP + "]" * DEEP, 1)
    return text.encode("utf-8", "surrogatepass")


def json_line(rng: random.Random, raw: bytes) -> bytes:
    """The same of one line of many."""
    lines = raw.splitlines() or [b""]
    index = rng.randrange(len(lines))
    lines[index] = json_value(rng, lines[index])
    return b"\n".join(lines) + b"\n"


def yaml_value(rng: random.Random, raw: bytes) -> bytes:
    try:
        return yaml.safe_dump(changed_value(rng, yaml.safe_load(raw)), sort_keys=False, allow_unicode=True).encode()
    except Exception:  # it was damaged before
        return raw


def yaml_alias(rng: random.Random, raw: bytes) -> bytes:
    """A value becomes an anchor, an alias, a merge or a tag."""
    found = list(re.finditer(rb"(?<=: )[^\n]+", raw))
    if not found:
        return raw
    hit = rng.choice(found)
    other = rng.choice([b"&a [1, *a]", b"*nothing", b"&a {<<: *a}", b"!!python/object:os.system x", b"!!binary '='",
                        b"!!int x", b"2001-99-99", b"1:1:1:1:1:1", b"0x" + b"f" * 2000, b"? [1]", b"|", b"{{1: 2}: 3}",
                        b"!!set {a, b}", b"!!timestamp x", b"!!float y", b"!!omap [a: 1]"])  # fmt: skip
    return raw[: hit.start()] + other + raw[hit.end() :]


# --- arrays ----------------------------------------------------------------------------------------


def other_array(rng: random.Random, array: np.ndarray) -> np.ndarray:
    """Of another type, shape or dimension, or with a value that hurts."""
    how = rng.randrange(7)
    if how == 0:
        kinds = ["<f4", "<f8", "<i8", "<u1", "?", "<c8", "<U5", "S3", "<M8[s]", "<f2", "V3"]
        return np.zeros(array.shape, rng.choice(kinds))
    if how == 1:
        return array.reshape(-1)[: rng.randrange(array.size + 1)]
    if how == 2:
        return array[None]
    if how == 3:
        return np.zeros([rng.choice((0, 1, 2, 3, 9)) for _ in range(rng.randrange(5))], array.dtype)
    if how == 4:
        return np.array(rng.choice(["", "words", "[]", "{}", '{"a": 1}', "null", "\ud7ff" * 40]))
    if array.dtype.kind in "fiu" and array.size:
        array = array.copy()
        limits = np.iinfo(array.dtype) if array.dtype.kind in "iu" else None
        ends = [limits.min, limits.max, 0, 1] if limits else [np.nan, np.inf, -np.inf, 0, -1e30]
        array.reshape(-1)[rng.randrange(array.size)] = rng.choice(ends)
        return array
    if array.dtype.kind != "U":
        return array
    return np.array(json_value(rng, str(array).encode()).decode("utf-8", "replace"))


def npz_array(rng: random.Random, raw: bytes) -> bytes:
    """An array is another, goes, or has another's name."""
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
    except Exception:  # it was damaged before
        return raw
    if not arrays:
        return raw
    name, how = rng.choice(list(arrays)), rng.randrange(8)
    if how == 0:
        del arrays[name]
    elif how == 1:
        arrays[rng.choice(list(arrays))] = arrays.pop(name)
    else:
        arrays[name] = other_array(rng, arrays[name])
    content = io.BytesIO()
    (np.savez_compressed if rng.random() < 0.3 else np.savez)(content, **arrays)
    return content.getvalue()


def npy_array(rng: random.Random, raw: bytes) -> bytes:
    try:
        array = other_array(rng, np.load(io.BytesIO(raw), allow_pickle=False))
    except Exception:  # it was damaged before
        return raw
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def npy_header(rng: random.Random, raw: bytes) -> bytes:
    """The shape or the type that the header declares is another; as long as before."""
    found = list(re.finditer(rb"'descr': '[^']*'|'shape': \([^)]*\)|'fortran_order': \w+", raw))
    if not found:
        return raw
    hit = rng.choice(found)
    shape = ", ".join(str(rng.choice(AXES)) for _ in range(rng.randrange(4)))
    types = ["<f8", "|O", "<U999999999", "V2147483647", "<f4,<f4", "[('a', '<f4')]", "<M8[20s]", "*", "|S0"]
    others = [f"'shape': ({shape},)", f"'shape': ({shape}", f"'descr': '{rng.choice(types)}'"]
    other = rng.choice([*others, "'shape': None", "'fortran_order': True", "'shape': (-1,)"]).encode()
    length = hit.end() - hit.start()
    spaces = re.compile(rb" +\n").search(raw, hit.end())
    if spaces is None:
        return raw[: hit.start()] + other + raw[hit.end() :]
    room = len(spaces[0]) + length - len(other) - 1
    end = raw[hit.end() : spaces.start()] + b" " * max(room, 0) + b"\n" + raw[spaces.end() :]
    return raw[: hit.start()] + other + end


def zip_entry(change: Callable[[random.Random, str, bytes], bytes]) -> Mutation:
    """An entry of an archive is changed, goes, stands twice, or leads out of the archive."""

    def mutate(rng: random.Random, raw: bytes) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                entries = [(name, archive.read(name)) for name in archive.namelist()]
        except Exception:  # it was damaged before
            return raw
        if not entries:
            return raw
        index, how = rng.randrange(len(entries)), rng.randrange(16)
        name, content = entries[index]
        if how == 0:
            del entries[index]
        elif how == 1:
            entries.append((name, content))
        elif how == 2:
            entries[index] = rng.choice((f"../../{name}", f"/{name}", f"{name}.json", name.upper())), content
        else:
            entries[index] = name, change(rng, name, content)
        written = io.BytesIO()
        packed = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
        with zipfile.ZipFile(written, "w", packed) as new:
            for name, content in entries:
                new.writestr(name, content)
        return written.getvalue()

    return mutate


def _of_entry(rng: random.Random, name: str, content: bytes) -> bytes:
    if not content:
        return b"x"
    if name.endswith(".json"):
        return json_value(rng, content)
    if content.startswith(b"\x93NUMPY"):
        return rng.choice((npy_header, npy_array))(rng, content)
    return rng.choice(ANY)(rng, content)


def zip_size(rng: random.Random, raw: bytes) -> bytes:
    """A size, a checksum or a way of packing in the archive's table is another."""
    found = [hit.start() for hit in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06", raw)]
    if not found:
        return raw
    start = rng.choice(found) + rng.choice((6, 8, 10, 14, 16, 18, 20, 22, 24, 28, 42))
    value = rng.choice((0, 1, 8, 12, 99, 255, 2**16 - 1, 2**31, 2**32 - 1))
    width = rng.choice((2, 4))
    return raw[:start] + (value % 256**width).to_bytes(width, "little") + raw[start + width :]


def safetensors_header(rng: random.Random, raw: bytes) -> bytes:
    length = int.from_bytes(raw[:8], "little")
    header = json_value(rng, raw[8 : 8 + length]) if 8 + length <= len(raw) else b"{}"
    return len(header).to_bytes(8, "little") + header + raw[8 + length :]


BYTES: list[Mutation] = ANY
TEXT: list[Mutation] = [*ANY, number_in_text, number_in_text, other_word]
JSON: list[Mutation] = [*TEXT, *[json_value] * 14]
JSON_LINES: list[Mutation] = [*TEXT, *[json_line] * 14]
YAML: list[Mutation] = [*TEXT, *[yaml_value] * 8, *[yaml_alias] * 3]
ARCHIVE: list[Mutation] = [*ANY, *[zip_entry(_of_entry)] * 5, *[zip_size] * 3]
NPZ: list[Mutation] = [*ARCHIVE, *[npz_array] * 8]
NPY: list[Mutation] = [*ANY, *[npy_header] * 6, *[npy_array] * 6]
SAFETENSORS: list[Mutation] = [*ANY, other_length, *[safetensors_header] * 8]


def python_value(rng: random.Random, raw: bytes) -> bytes:
    """What a line of settings sets, or a part of it, becomes another value, plain: the file is run."""
    found = list(re.finditer(rb"(?<== )[^\n]+|'[^'\n]*'|\"[^\"\n]*\"|\b\d[\d.]*\b", raw))
    if not found:
        return raw
    hit = rng.choice(found)
    tables = [{1: 2}, {"input": None}, {"input": (0, 0, -1, 10**9)}]
    values = [*EXTREMES, *tables, 1.5, (1, 2), (0, 0), ("a", "b"), b"x", {1}]
    words = ["float('nan')", "float('inf')", "lambda: 0", "1 / 0", "nothing", "[", "object", "...", "10 ** 400"]
    other = rng.choice([*map(repr, values), *words])
    return raw[: hit.start()] + other.encode("utf-8", "replace") + raw[hit.end() :]


def python_name(rng: random.Random, raw: bytes) -> bytes:
    """A setting has another name."""
    found = list(re.finditer(rb"^\w+(?= =)", raw, re.MULTILINE))
    if not found:
        return raw
    hit = rng.choice(found)
    name, another = hit.group(), rng.choice(found).group()
    other = rng.choice([name[:-1], name + b"s", name.upper(), b"_x", b"x", another])
    return raw[: hit.start()] + other + raw[hit.end() :]


SETTINGS: list[Mutation] = [cut, remove, flip, *[python_value] * 8, *[python_name] * 3]
