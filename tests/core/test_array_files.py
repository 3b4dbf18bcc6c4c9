"""Arrays are read as numpy reads them, and never take more room than their file can fill."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from deepvis.core.array_files import arrays_of, count_in, read_array, with_shape
from deepvis.core.content_errors import CONTENT_ERRORS
from tests.helpers.work import allocated_by

ARRAYS = {
    "plain": np.arange(12, dtype=np.float32).reshape(3, 4),
    "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "words": np.array(["a", "bcd"]),
    "single": np.array(7),
    "empty": np.zeros((0, 3)),
    "fields": np.zeros(2, [("a", "<f4"), ("b", "<i2")]),
    "big": np.arange(5, dtype=">i8"),
    "long_header": np.zeros(1, [(f"field{n:04d}", "<f4") for n in range(300)]),
}


def header(shape: tuple[int, ...], dtype: str) -> bytes:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": dtype, "fortran_order": False, "shape": shape})
    return head.getvalue()


@pytest.mark.parametrize("name", ARRAYS)
def test_as_numpy_reads_it(name: str, tmp_path: Path) -> None:
    array = ARRAYS[name]
    np.save(tmp_path / "a.npy", array)
    np.savez_compressed(tmp_path / "a.npz", **ARRAYS)
    with arrays_of(tmp_path / "a.npz") as found:
        assert set(found) == set(ARRAYS) and len(found) == len(ARRAYS)
        for read in (found[name],) if name == "long_header" else (found[name], read_array(tmp_path / "a.npy")):
            assert read.dtype == array.dtype and read.shape == array.shape and np.array_equal(read, array)
            assert read.flags.writeable
    assert count_in(tmp_path / "a.npy") == array.size


@pytest.mark.parametrize(
    ("shape", "dtype"), [((1 << 40,), "<f4"), ((1 << 40,), "|S0"), ((1 << 32, 1 << 31), "<f8"), ((-1,), "<f4")]
)
def test_what_a_header_declares_must_be_in_the_file(shape: tuple[int, ...], dtype: str, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(header(shape, dtype) + bytes(64))

    def read() -> None:
        with pytest.raises(ValueError, match="it declares"):
            read_array(tmp_path / "a.npy")

    assert allocated_by(read) < 1 << 20


def test_python_objects_and_short_files_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "o.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        read_array(tmp_path / "o.npy")
    with zipfile.ZipFile(tmp_path / "short.npz", "w") as archive:
        archive.writestr("a.npy", header((9,), "<f4") + bytes(20))
    with arrays_of(tmp_path / "short.npz") as found, pytest.raises(ValueError, match="end too early"):
        _ = found["a"]
    (tmp_path / "no.npz").write_bytes(b"text")
    with pytest.raises(zipfile.BadZipFile, match="it is no npz file"), arrays_of(tmp_path / "no.npz"):
        pass


def test_shapes_and_types_are_said() -> None:
    found = {"values": np.zeros((3, 2), np.float32)}
    assert with_shape(found, "values", "f", (3, None)) is found["values"]
    for kinds, shape, words in (
        ("iu", (3, 2), "of the type float32"),
        ("f", (3,), "expected 3"),
        ("f", (3, 1), "3 x 1"),
    ):
        with pytest.raises(ValueError, match=words):
            with_shape(found, "values", kinds, shape)
    with pytest.raises(CONTENT_ERRORS):
        with_shape(found, "others", "f", ())
