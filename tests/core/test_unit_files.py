import errno
import os

import numpy as np
import pytest

from deepvis.core.files import written_beside
from deepvis.core.types import Patch, Unit
from deepvis.core.unit_files import (
    UnitFileError,
    file_name,
    network_in,
    original_image_paths,
    read_patches,
    read_stats,
    unit_image_paths,
    user_folder,
    write_patches,
    write_stats,
)


def test_the_layout_is_the_originals(tmp_path):
    paths = unit_image_paths(tmp_path, "conv5", 7)
    assert paths.montage == tmp_path / "regularized_opt/conv5/conv5_0007_montage.jpg"
    assert paths.whole_layer == tmp_path / "regularized_opt/conv5/whole_layer.jpg"
    assert paths.top == tmp_path / "max_im/conv5/conv5_0007.jpg"
    assert paths.top_back == tmp_path / "max_deconv/conv5/conv5_0007.jpg"
    assert paths.patches == tmp_path / "max_im/conv5/conv5_0007.json"


@pytest.mark.parametrize(
    ("layer", "name"),
    [("inception_4c/output", "inception_4c-output"), ("..", "-."), ("a:b\\c", "a-b-c"), ("/x", "-x")],
)
def test_no_layer_name_leaves_its_folder(layer, name, tmp_path):
    assert file_name(layer) == name
    top = unit_image_paths(tmp_path, layer).top
    assert top.resolve().parent.parent == (tmp_path / "max_im").resolve()


def test_original_paths_keep_the_slash(tmp_path):
    top = original_image_paths(tmp_path, "inception_4c/output", 3).top
    assert top == tmp_path / "max_im/inception_4c/output/inception_4c/output_0003.jpg"


def test_user_folder_follows_the_environment(tmp_path):
    assert user_folder("a/b", {"DEEPVIS_CACHE": str(tmp_path)}) == tmp_path / "a-b"
    assert user_folder("a/b", {"DEEPVIS_CACHE": str(tmp_path)}, "0123456789ab") == tmp_path / "a-b-0123456789ab"
    assert user_folder("net", {"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "deepvis" / "net"


def test_patches_round_trip(tmp_path):
    patches = (Patch(4.5, "a/ü.jpg", 3, 11), Patch(0.25, "", 0, 0))
    write_patches(tmp_path / "deep" / "x.json", Unit("conv1", 2), patches, "0123456789ab")
    assert network_in(tmp_path / "deep" / "x.json") == "0123456789ab"
    assert read_patches(tmp_path / "deep" / "x.json") == patches


def test_stats_round_trip(tmp_path):
    edges = np.array([[0, 1, 2], [0, 2, 4]])
    write_stats(
        tmp_path / "stats.npz",
        network="0123456789ab",
        images=9,
        mean=np.array([1, 2]),
        std=np.array([0.5, 0.25]),
        active=np.array([1, 0]),
        edges=edges,
        counts=np.array([[4, 5], [9, 0]]),
    )
    first, second = read_stats(tmp_path / "stats.npz")
    assert (first.images, first.mean, first.active, first.counts) == (9, 1.0, 1.0, (4, 5))
    assert (second.std, second.edges) == (0.25, (0.0, 2.0, 4.0))
    assert network_in(tmp_path / "stats.npz") == "0123456789ab"


@pytest.mark.parametrize("name", ["odd.json", "odd.npz"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b"PK\x03\x04", b"\xff\xfe"])
def test_where_nothing_tells_the_network_has_no_name(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert network_in(tmp_path / name) == ""


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"version": 2, "patches": []}', b"\xff\xfe"])
def test_other_content_is_named(tmp_path, content):
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(UnitFileError, match=r"odd\.json"):
        read_patches(path)
    with pytest.raises(UnitFileError, match=r"odd\.json"):
        read_stats(path)


@pytest.mark.parametrize("other, named", [(None, "a.txt"), ("b.txt", "b.txt")])
def test_a_write_that_finds_no_room_names_the_file(tmp_path, other, named):
    """The error of a write itself, unlike that of an open, has no file name."""
    with pytest.raises(OSError) as caught, written_beside(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / other) if other else None)
    assert caught.value.filename == str(tmp_path / named) and caught.value.errno == errno.ENOSPC


def test_an_error_in_words_keeps_them(tmp_path):
    with pytest.raises(OSError, match=r"^broken data stream$"), written_beside(tmp_path / "a.txt"):
        raise OSError("broken data stream")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), written_beside(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert [x.name for x in tmp_path.iterdir()] == ["a.txt"]
