"""Unit pictures in the original's layout, read in the background."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from deepvis.core.commands import COMMANDS
from deepvis.core.types import LayerInfo, Patch, Unit, UnitStanding
from deepvis.core.unit_files import SAVED_TOP, original_image_paths, unit_image_paths, write_patches, write_stats
from deepvis.live.backends.fake import FAKE_INFO
from deepvis.live.provenance import Provenance
from deepvis.live.unit_image_commands import Commands
from deepvis.live.unit_image_reader import UnitImageReader, cut_tiles, lower_left
from deepvis.live.unit_images import ImagesRequest, UnitImagesWorker


def save(path, *brightnesses: int, side: int = 6) -> None:
    """A picture of 2x2 blocks: upper left, upper right, lower left, lower right; or of one gray."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.array(brightnesses * (4 // len(brightnesses)), np.uint8).reshape(2, 2)
    gray = values.repeat(side // 2, 0).repeat(side // 2, 1)
    Image.fromarray(np.stack([gray] * 3, 2)).save(path, **({"quality": 98} if path.suffix == ".jpg" else {}))


def gray(picture) -> int | None:
    return None if picture is None else round(float(picture.mean()))


@pytest.fixture
def reader(tmp_path):
    return UnitImageReader([tmp_path / "own", tmp_path / "model"], FAKE_INFO, Commands("--model fake"))


def near(picture, expected: int) -> bool:
    return picture is not None and abs(float(picture.mean()) - expected) < 4


def test_the_three_pictures_of_a_unit(reader, tmp_path):
    paths = unit_image_paths(tmp_path / "model", "conv1", 3)
    save(paths.montage, 10, 50, 200, 90, side=32)
    save(paths.top, 100)
    save(paths.top_back, 150)
    images = reader.unit(Unit("conv1", 3), 1)
    assert near(images.optimized, 200) and images.optimized.shape == (16, 16, 3)
    assert near(images.top, 100) and near(images.top_back, 150)
    assert set(images.notes.values()) == {"of an unnamed network"} and images.unit == Unit("conv1", 3)
    assert not any(picture.flags.writeable for picture in (images.optimized, images.top, images.top_back))


def test_the_top_nine_and_its_projections_are_of_the_same_photos(tmp_path):
    folders = [tmp_path / "model", tmp_path / "own"]
    reader = UnitImageReader(folders, FAKE_INFO, Commands("--model fake"), provenance=Provenance("ours", folders[1]))
    save(unit_image_paths(folders[1], "conv1", 3).top, 100)
    save(unit_image_paths(folders[0], "conv1", 3).top_back, 150)
    images = reader.unit(Unit("conv1", 3), 1)
    assert near(images.top, 100) and images.top_back is None and images.notes["top"] == SAVED_TOP
    save(unit_image_paths(folders[0], "conv1", 3).top, 200)
    images = reader.unit(Unit("conv1", 3), 2)
    assert near(images.top, 200) and near(images.top_back, 150) and images.notes["top"] != SAVED_TOP


def test_what_is_missing_is_noted_with_the_command_that_makes_it(reader):
    images = reader.unit(Unit("pool1", 3), 1)
    assert (images.optimized, images.top, images.top_back) == (None, None, None)
    assert "scripts/run.sh optimize-layer --model fake --push-layer conv1" in images.notes["optimized"]
    assert f"press {COMMANDS['optimize_unit'].keys[0]} " in images.notes["optimized"]
    assert "scripts/run.sh scan --model fake --layers conv1" in images.notes["top"]
    assert set(images.notes) == {"optimized", "top", "top_back"}


def test_a_pooled_layer_borrows_unless_it_has_its_own(reader, tmp_path):
    save(unit_image_paths(tmp_path / "model", "conv1", 3).top, 100)
    assert near(reader.unit(Unit("pool1", 3), 1).top, 100)
    save(unit_image_paths(tmp_path / "model", "pool1", 3).top, 30)
    assert near(reader.unit(Unit("pool1", 3), 2).top, 30)


def test_slashes_are_replaced_and_the_originals_sub_folders_read_too(reader, tmp_path):
    save(original_image_paths(tmp_path / "model", "mixed/output", 3).top, 60)
    assert near(reader.unit(Unit("mixed/output", 3), 1).top, 60)
    save(tmp_path / "model" / "max_im" / "mixed-output" / "mixed-output_0003.jpg", 120)
    assert near(reader.unit(Unit("mixed/output", 3), 2).top, 120)


def test_the_users_own_live_optimization_comes_first(reader, tmp_path):
    save(unit_image_paths(tmp_path / "model", "conv1", 3).montage, 10)
    assert near(reader.unit(Unit("conv1", 3), 1).optimized, 10)
    save(unit_image_paths(tmp_path / "own", "conv1", 3).live, 222)
    images = reader.unit(Unit("conv1", 3), 2)
    assert near(images.optimized, 222) and images.notes["optimized"] == "your own live optimization"


def test_a_broken_picture_is_named_and_the_others_shown(reader, tmp_path):
    paths = unit_image_paths(tmp_path / "model", "conv1", 3)
    save(paths.top, 100)
    paths.top_back.parent.mkdir(parents=True)
    paths.top_back.write_bytes(b"no picture")
    images = reader.unit(Unit("conv1", 3), 1)
    assert near(images.top, 100) and images.top_back is None
    assert "conv1_0003.jpg is no picture" in images.notes["top_back"]


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(reader, tmp_path, monkeypatch):
    path = unit_image_paths(tmp_path / "model", "conv1", 3).top
    save(path, 100)
    first = reader.unit(Unit("conv1", 3), 1).top
    assert reader.unit(Unit("conv1", 3), 2).top is first
    save(path, 40, side=64)
    assert near(reader.unit(Unit("conv1", 3), 3).top, 40)


def test_memory_is_bounded_by_bytes(tmp_path):
    reader = UnitImageReader([tmp_path], FAKE_INFO, Commands("--model fake"), cache_bytes=5 * 6 * 6 * 3)
    for channel in range(8):
        save(unit_image_paths(tmp_path, "conv1", channel).top, 10 + channel)
        reader.unit(Unit("conv1", channel), channel)
    assert reader._pictures.bytes == 5 * 6 * 6 * 3


def test_patches_and_standing_come_from_the_files_beside(reader, tmp_path):
    paths = unit_image_paths(tmp_path / "model", "conv1", 1)
    patches = (Patch(9.5, "cats/a.jpg", 2, 3), Patch(4.0, "", 0, 0))
    save(paths.top, 100)
    write_patches(paths.patches, Unit("conv1", 1), patches, "ours")
    one = np.ones(8, np.float32)
    edges, counts = np.tile(np.arange(4.0), (8, 1)), np.tile(np.array([1, 2, 3]), (8, 1))
    columns = {"mean": one * 2, "std": one, "active": one / 2, "edges": edges, "counts": counts}
    write_stats(paths.stats, network="ours", images=6, **columns)
    images = reader.unit(Unit("conv1", 1), 1)
    assert images.patches == patches
    assert (images.standing.images, images.standing.mean, images.standing.counts) == (6, 2.0, (1, 2, 3))
    assert reader.unit(Unit("pool1", 1), 2).standing is None  # other values than conv1's
    assert reader.unit(Unit("pool1", 1), 2).patches == patches


def test_broken_side_files_leave_the_pictures(reader, tmp_path):
    paths = unit_image_paths(tmp_path / "model", "conv1", 1)
    save(paths.top, 100)
    paths.patches.write_text("{")
    paths.stats.write_text("no table")
    images = reader.unit(Unit("conv1", 1), 1)
    assert near(images.top, 100) and images.patches == () and images.standing is None
    assert "conv1_0001.json" in images.notes["top"] and "stats.npz" in images.notes["standing"]


def test_a_whole_layer_is_cut_row_by_row(reader, tmp_path):
    cells = np.arange(25, dtype=np.uint8).reshape(5, 5) * 10  # 20 units of mixed/output in 5 x 5 cells
    sheet = np.stack([cells.repeat(8, 0).repeat(8, 1)] * 3, 2)
    path = unit_image_paths(tmp_path / "model", "mixed/output").whole_layer
    path.parent.mkdir(parents=True)
    Image.fromarray(sheet).save(path, quality=98)
    layer = reader.whole_layer("mixed/output", 7)
    assert layer.tiles.shape == (20, 8, 8, 3) and not layer.tiles.flags.writeable
    assert [gray(tile) for tile in layer.tiles[:7]] == pytest.approx([0, 10, 20, 30, 40, 50, 60], abs=3)
    assert reader.whole_layer("mixed/output", 8).tiles is layer.tiles


def test_a_missing_whole_layer_says_what_makes_it(reader):
    layer = reader.whole_layer("fc2", 1)
    assert layer.tiles is None and "--push-layer fc2" in layer.note


@pytest.mark.parametrize(("shape", "units"), [((10, 10), 4), ((11, 13), 9), ((2, 2), 9), ((1, 1), 1), ((7, 5), 1000)])
def test_cells_of_any_sheet(shape, units):
    tiles = cut_tiles(np.zeros((*shape, 3), np.uint8), units)
    assert tiles.shape[0] == units and min(tiles.shape[1:3]) >= 1


def test_lower_left_of_one_pixel():
    assert lower_left(np.zeros((1, 1, 3), np.uint8)).shape == (1, 1, 3)


# --- the thread --------------------------------------------------------------------------------


def test_the_newest_unit_wins_and_versions_rise(reader, tmp_path):
    gate, begun = threading.Event(), threading.Event()

    class Gate:
        is_unfinished = False

        def __call__(self, images):
            begun.set()
            gate.wait()
            return images

    worker = UnitImagesWorker(lambda: reader, [Gate()])
    worker.start()
    worker.inbox.put(ImagesRequest(Unit("conv1", 0)))
    assert begun.wait(60)
    for channel in range(1, 5):
        worker.inbox.put(ImagesRequest(Unit("conv1", channel)))
    gate.set()
    first = worker.outbox.take(60).value.unit
    last = first
    while last.unit.channel != 4:
        last = worker.outbox.take(60).value.unit
    worker.stop(10)
    assert last.version == first.version + 1 or first is last


class Running:
    """A supplement whose pictures grow."""

    def __init__(self) -> None:
        self.images, self.is_unfinished = 12, False

    def __call__(self, found):
        top = np.full((3, 3, 3), self.images, np.uint8)
        return replace(found, top=top, notes={"top": f"running top-9 of this stream, {self.images} images"})


def test_supplements_add_what_files_do_not_have(reader):
    worker = UnitImagesWorker(lambda: reader, [Running()])
    worker.start()
    worker.inbox.put(ImagesRequest(Unit("conv1", 0)))
    assert worker.outbox.take(60).value.unit.notes["top"] == "running top-9 of this stream, 12 images"
    worker.stop(10)


def test_what_supplements_have_new_is_put_by_itself(reader):
    running = Running()
    worker = UnitImagesWorker(lambda: reader, [running])
    assert worker.handle(None) is None
    assert worker.handle(ImagesRequest(Unit("conv1", 0))) == 1.0
    first = worker.outbox.take(0).value.unit
    assert worker.handle(None) == 1.0 and worker.outbox.take(0) is None  # nothing new
    running.images, running.is_unfinished = 13, True
    assert worker.handle(None) == 0.15
    second = worker.outbox.take(0).value.unit
    assert gray(second.top) == 13 and second.version > first.version and second.unit == first.unit


def test_the_standings_of_the_open_folders_scan_come_before_those_of_files(reader):
    standing = UnitStanding(40, 1.0, 0.5, 0.9)
    scanned = {"conv1": (standing,) * 4}
    worker = UnitImagesWorker(lambda: reader, [Running()], lambda layer: scanned.get(layer, ()))
    worker.handle(None)
    worker.handle(ImagesRequest(Unit("conv1", 0), whole_layer=True))
    first = worker.outbox.take(0).value.layer
    assert first.standings is scanned["conv1"]
    worker.handle(None)
    assert worker.outbox.take(0) is None  # nothing new
    scanned["conv1"] = (standing,) * 4 + (standing,)
    worker.handle(None)
    assert worker.outbox.take(0).value.layer.version > first.version
    scanned.clear()
    worker.handle(None)
    assert worker.outbox.take(0).value.layer.standings == ()


def test_without_supplements_it_waits_for_the_next_unit(reader):
    worker = UnitImagesWorker(lambda: reader)
    assert worker.handle(ImagesRequest(Unit("conv1", 0))) is None


def test_a_whole_layer_is_handed_out_once(reader):
    worker = UnitImagesWorker(lambda: reader)
    layers = []
    for channel in range(4):
        worker.handle(ImagesRequest(Unit("conv1", channel), whole_layer=True))
        layers.append(worker.outbox.take(0).value.layer)
    assert layers[0].layer == "conv1" and all(layer is layers[0] for layer in layers)
    worker.handle(ImagesRequest(Unit("fc2", 3), whole_layer=True))
    assert worker.outbox.take(0).value.layer.layer == "fc2"


def test_a_layer_whose_name_is_too_long_for_a_file_has_no_pictures(tmp_path):
    layer = "x" * 300
    info = replace(FAKE_INFO, layers=(LayerInfo(layer, "Convolution", 4, 1, 1),))
    reader = UnitImageReader([tmp_path], info, Commands("--model fake"))
    images = reader.unit(Unit(layer, 3), 1)
    assert (images.optimized, images.top, images.top_back) == (None, None, None)
    assert reader.whole_layer(layer, 2).tiles is None
