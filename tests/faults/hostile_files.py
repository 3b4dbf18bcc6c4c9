"""Files made to do harm: a few bytes that stand for gigabytes, values within values, names that lead elsewhere.

Each is a name in ``HOSTILE``: the reader (of ``all_inputs.py``) that gets it, and the bytes, small and quickly made.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

Made = Callable[[Path], bytes]
HOSTILE: dict[str, tuple[str, str, Made]] = {}  # name -> (reader, file's name, what makes it in an empty folder)


def hostile(name: str, reader: str, file: str) -> Callable[[Made], Made]:
    def add(made: Made) -> Made:
        HOSTILE[name] = reader, file, made
        return made

    return add


# --- pictures: a header declares the pixels, a few bytes follow --------------------------------------


def _png(width: int, height: int, colour: int = 2) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


def _small(kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save(content, kind, **options)
    return content.getvalue()


def _jpeg(width: int, height: int, **options: object) -> bytes:
    return re.sub(
        rb"(?s)(\xff[\xc0\xc2]..\x08)....",
        lambda hit: hit[1] + struct.pack(">HH", height, width),
        _small("JPEG", **options),
    )


for _side in (13_000, 60_000):
    hostile(f"png of {_side} pixels a side", "image", "a.png")(lambda folder, side=_side: _png(side, side))
    hostile(f"transparent png of {_side}", "image", "a.png")(lambda folder, side=_side: _png(side, side, 6))
    hostile(f"jpeg of {_side}", "image", "a.jpg")(lambda folder, side=_side: _jpeg(side, side))
    hostile(f"progressive jpeg of {_side}", "image", "a.jpg")(
        lambda folder, side=_side: _jpeg(side, side, progressive=True, subsampling=0)
    )
    hostile(f"bmp of {_side}", "image", "a.bmp")(
        lambda folder, side=_side: _at(_small("BMP"), 18, struct.pack("<ii", side, side))
    )
    hostile(f"gif of {_side}", "image", "a.gif")(lambda folder, side=_side: _gif(side))
    hostile(f"montage of {_side}", "montage", "regularized_opt/fc/fc_0000_montage.jpg")(
        lambda folder, side=_side: _png(side, side)
    )
hostile("narrow png", "image", "a.png")(lambda folder: _png(170_000, 1_000))


def _at(raw: bytes, place: int, other: bytes) -> bytes:
    return raw[:place] + other + raw[place + len(other) :]


def _gif(side: int) -> bytes:
    raw = _at(_small("GIF"), 6, struct.pack("<HH", side, side))
    frame = raw.index(b"\x2c", 13 + 3)
    return _at(raw, frame + 5, struct.pack("<HH", side, side))


# --- archives and arrays -----------------------------------------------------------------------------


@cache
def _bomb(entry: str, content: bytes, count: int = 60) -> bytes:
    """A zip of ``count`` entries of 4 MiB of zeros behind the content, some 4 KiB each."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for n in range(count):
            archive.writestr(entry.format(n), content + bytes(4 << 20))
    return packed.getvalue()


def _npy(shape: tuple[int, ...], dtype: str = "<f4", content: bytes = b"") -> bytes:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": dtype, "fortran_order": False, "shape": shape})
    return head.getvalue() + content


hostile("npz that unpacks to gigabytes", "dictionary", "d.npz")(lambda folder: _bomb("{}.npy", _npy((1 << 20,))))
hostile("npz of statistics", "stats.npz", "stats.npz")(lambda folder: _bomb("{}.npy", _npy((1 << 20,))))
hostile("npy of a terabyte", "mean.npy", "mean.npy")(lambda folder: _npy((3, 1 << 19, 1 << 19)))
hostile("npy of values without size", "mean.npy", "mean.npy")(lambda folder: _npy((1 << 40,), "|S0"))
hostile("npy of 2^63 values", "input.npy", "values.npy")(lambda folder: _npy((1 << 32, 1 << 31)))
hostile("npy of a pickle", "direction.npy", "direction.npy")(lambda folder: _npy((1,), "|O", pickle.dumps(print)))
hostile("pt2 that unpacks to gigabytes", "pt2", "net.pt2")(lambda folder: _bomb("net/{}.pt", b""))
hostile("pth that unpacks to gigabytes", "pth", "w.pth")(lambda folder: _bomb("w/data/{}", b""))


@hostile("pth in place of a network", "network in place", "net.pth")
def _many_operations(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", b"\x80\x02" + b"N" * (8 << 20))
    return packed.getvalue()


def _hdf5(folder: Path, fill: Callable[[object], None]) -> bytes:
    import h5py

    path = folder / "made.h5"
    with h5py.File(path, "w") as file:
        fill(file)
    return path.read_bytes()


@hostile("h5 of values that nobody wrote", "h5", "w.caffemodel.h5")
def _unwritten(folder: Path) -> bytes:
    def fill(file) -> None:
        file.create_dataset("data/conv1/0", (1 << 15, 1 << 15), "f4", chunks=(64, 64), compression="gzip")

    return _hdf5(folder, fill)


@hostile("h5 of one blob by many names", "h5", "w.caffemodel.h5")
def _linked(folder: Path) -> bytes:
    def fill(file) -> None:
        blob = file.create_dataset("data/conv1/0", data=np.zeros(50_000, np.float32))
        for n in range(1, 2000):
            file[f"data/conv1/{n}"] = blob

    return _hdf5(folder, fill)


@hostile("h5 of a group within itself", "h5", "w.caffemodel.h5")
def _circle(folder: Path) -> bytes:
    def fill(file) -> None:
        file["data/again"] = file.create_group("data/in")
        file["data/in/data"] = file["data"]

    return _hdf5(folder, fill)


@hostile("h5 of another file's values", "h5", "w.caffemodel.h5")
def _elsewhere(folder: Path) -> bytes:
    def fill(file) -> None:
        file.create_dataset("data/conv1/0", (100,), "u1", external=[("/etc/passwd", 0, 100)])

    return _hdf5(folder, fill)


@hostile("tar that leads out of its folder", "tar", "net.tar")
def _climbing(folder: Path) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        link = tarfile.TarInfo("net")
        link.type, link.linkname = tarfile.SYMTYPE, "../.."
        tar.addfile(link)
        for name in ("net/in.txt", "net/../../../away.txt", "/tmp/deepvis-away.txt"):
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
    return content.getvalue()


@hostile("tar that unpacks to gigabytes", "tar", "net.tar")
def _inflated(folder: Path) -> bytes:
    member = tarfile.TarInfo("net/w")
    member.size = 3 << 30
    return gzip.compress(member.tobuf() + bytes(1 << 20))


@hostile("tar of a header of gigabytes", "tar", "net.tar")
def _long_header(folder: Path) -> bytes:
    member = tarfile.TarInfo("net/w")
    member.size, member.type = 2 << 30, tarfile.XHDTYPE
    return gzip.compress(member.tobuf() + bytes(1 << 20))


# --- texts -------------------------------------------------------------------------------------------

_LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)
_MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 30)
)
for _reader, _file in (("model.yaml", "model.yaml"), ("session", "cats.yaml"), ("presets.yaml", "presets.yaml")):
    hostile(f"billion laughs in {_file}", _reader, _file)(lambda folder: _LAUGHS.encode())
    hostile(f"billion merges in {_file}", _reader, _file)(lambda folder: _MERGES.encode())
    hostile(f"deep {_file}", _reader, _file)(lambda folder: b"version: " + b"[" * 100_000)
    hostile(f"long number in {_file}", _reader, _file)(lambda folder: b"version: 1" + b":59" * 100_000)
    hostile(f"huge {_file}", _reader, _file)(lambda folder: b"- 1\n" * (1 << 20))
for _reader, _file in (
    *(
        ("names", "names.json"),
        ("patches", "fc_0000.json"),
        ("scan.json", "scan/scan.json"),
        ("hints", "first_hints.json"),
    ),
    *(("how.json", "regularized_opt/fc/how.json"), ("info.json", "opt_fc_info.json"), ("replay", "keys.jsonl")),
):
    hostile(f"deep {_file}", _reader, _file)(lambda folder: b'{"version": ' + b"[" * 200_000)
    hostile(f"many tables in {_file}", _reader, _file)(lambda folder: b'{"version": [' + b"{}," * (2 << 20) + b"{}]}")
hostile("deep prototxt", "prototxt", "net.prototxt")(lambda folder: b"layer { " * 50_000)
hostile("deep safetensors", "safetensors", "w.safetensors")(lambda folder: struct.pack("<Q", 100_000) + b"[" * 100_000)
hostile("labels of a million lines", "labels", "labels.txt")(lambda folder: b"a\n" * (1 << 20))
hostile("gallery that names files elsewhere", "gallery.json", "gallery.json")(
    lambda folder: json.dumps(
        {"version": 1, "network": "0123456789ab", "model": "small", "files": ["../not-of-the-gallery.txt"]}
    ).encode()
)
hostile("gallery of a file that no folder has", "gallery.json", "gallery.json")(
    lambda folder: json.dumps({"version": 1, "network": "0123456789ab", "model": "small", "files": ["a\0b"]}).encode()
)
