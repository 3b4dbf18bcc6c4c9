"""Windows, montages, and the folder that the window reads."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.core.back_modes import DECONV, GRADIENT
from deepvis.core.types import BackRequest, Fit, NetRequest, Unit
from deepvis.core.unit_files import network_in, read_patches, read_stats, unit_image_paths
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.jobs.pool import Where
from deepvis.live.backend import open_backend
from deepvis.models.zoo import open_model
from deepvis.scan import crops
from deepvis.scan.crops import UnitPatches
from deepvis.scan.layout import CropOrder, run_crops
from deepvis.scan.montage import CELL, CHEQUERS, STRIPES, back_tile, montage, patch_tile
from deepvis.scan.network import ScanNetwork
from deepvis.scan.results import montage_path, read_scan
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from deepvis.scan.scan_error import ScanError
from deepvis.scan.windows import Window, Windows, cut
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb


@pytest.fixture(scope="session")
def scanned(ref, collection, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("cropped")
    run_scan(ScanOrder(ref, str(collection), output, top=9))
    return output


@pytest.fixture
def copy(scanned, tmp_path) -> Path:
    shutil.copytree(scanned, tmp_path / "copy")
    return tmp_path / "copy"


# --- windows -------------------------------------------------------------------------------------


def conv(name: str, bottom: str, out: int, kernel: int, stride: int = 1, pad: int = 0, group: int = 1) -> str:
    return (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" convolution_param {{ '
        f"num_output: {out} kernel_size: {kernel} stride: {stride} pad: {pad} group: {group} }} }}\n"
    )


def pool(name: str, bottom: str) -> str:
    return (
        f'layer {{ name: "{name}" type: "Pooling" bottom: "{bottom}" top: "{name}" '
        "pooling_param { pool: MAX kernel_size: 3 stride: 2 } }\n"
    )


CAFFENET = (
    'input: "data" input_dim: 1 input_dim: 3 input_dim: 227 input_dim: 227\n'
    + conv("conv1", "data", 8, 11, 4)
    + pool("pool1", "conv1")
    + conv("conv2", "pool1", 8, 5, 1, 2, 2)
    + pool("pool2", "conv2")
    + conv("conv3", "pool2", 8, 3, 1, 1)
    + conv("conv4", "conv3", 8, 3, 1, 1)
    + conv("conv5", "conv4", 8, 3, 1, 1)
    + pool("pool5", "conv5")
    + 'layer { name: "fc6" type: "InnerProduct" bottom: "pool5" top: "fc6" inner_product_param { num_output: 8 } }'
)


@pytest.fixture(scope="module")
def caffenet(tmp_path_factory) -> Windows:
    path = tmp_path_factory.mktemp("caffenet") / "deploy.prototxt"
    path.write_text(CAFFENET)
    net = caffe_net(load_net(path, on_missing="fill"))
    return Windows(net.graph, net.shapes, "data")


@pytest.mark.parametrize(
    "layer, side", [("conv1", 11), ("conv2", 51), ("conv3", 99), ("conv4", 131), ("conv5", 163), ("fc6", 227)]
)
def test_the_originals_sizes_for_caffenet(caffenet, layer, side) -> None:
    assert caffenet.size(layer) == (side, side)


def test_the_corner_unit_of_conv5_sees_the_first_99_pixels(caffenet) -> None:
    window = caffenet.window("conv5", 0, 0)
    assert (window.top + window.height, window.left + window.width) == (99, 99)
    assert caffenet.window("fc6", 0, 0) == Window(0, 0, 227, 227)
    assert caffenet.window("conv1", 2, 3) == Window(8, 12, 11, 11)


def test_nothing_outside_the_window_moves_the_unit(ref) -> None:
    """Slowly, pixel by pixel: what a unit's value depends on lies inside its window."""
    network = ScanNetwork(open_model(ref))
    rng = np.random.default_rng(0)
    x = rng.normal(0, 50, (1, 3, 16, 16)).astype(np.float32)
    layer, row, col = "mixed/output", 3, 0
    window = crops.windows_of(network).window(layer, row, col)
    changed = np.zeros((16, 16), bool)
    batch = np.repeat(x, 256, axis=0)
    for index in range(256):
        batch[index, :, index // 16, index % 16] += 300
    before = network.net.forward({"data": x}).blobs[layer][0, :, row, col]
    after = network.net.forward({"data": batch}).blobs[layer][:, :, row, col]
    changed = ((after - before).abs().max(dim=1).values > 1e-3).numpy().reshape(16, 16)
    rows, cols = np.nonzero(changed)
    assert window.top <= rows.min() and rows.max() < window.top + window.height
    assert max(window.left, 0) == cols.min() and cols.max() < window.left + window.width
    assert (window.height, window.width) == (8, 8) and window.left == -2


@given(st.integers(-9, 12), st.integers(-9, 12), st.integers(1, 9), st.integers(1, 9))
def test_a_cut_is_filled_where_it_leaves_the_picture(top, left, height, width) -> None:
    pixels = np.arange(1, 8 * 6 + 1).reshape(8, 6)
    got = cut(pixels, Window(top, left, height, width), 0)
    padded = np.pad(pixels, 30)
    assert (got == padded[top + 30 : top + 30 + height, left + 30 : left + 30 + width]).all()


# --- montages ------------------------------------------------------------------------------------


def test_tiles_stand_row_by_row_in_equal_cells() -> None:
    tiles = [np.full((7, 7, 3), 10 * k, np.uint8) for k in range(1, 10)]
    picture = montage(tiles)
    assert picture.shape == (3 * CELL, 3 * CELL, 3)
    centres = picture[CELL // 2 :: CELL, CELL // 2 :: CELL, 0]
    assert centres.tolist() == [[10, 20, 30], [40, 50, 60], [70, 80, 90]]


def test_missing_tiles_are_striped_and_shapes_are_kept() -> None:
    picture = montage([None, np.full((10, 40, 3), 255, np.uint8), *[None] * 7])
    assert set(np.unique(picture[8 : CELL - 8, 8 : CELL - 8])) == set(STRIPES)
    assert picture[CELL // 2, CELL + CELL // 2].tolist() == [255] * 3
    assert picture[CELL // 8, CELL + CELL // 2].tolist() == [128] * 3  # above the flat tile
    assert montage([None] * 4).shape == (2 * CELL, 2 * CELL, 3)


def test_beyond_the_picture_is_chequered_and_black_within_it_stays_black() -> None:
    tile = patch_tile(np.zeros((8, 8, 3), np.uint8), Window(-2, 4, 8, 8))
    assert not tile[2:, :4].any() and set(np.unique(tile[:2])) == set(np.unique(tile[:, 4:])) == set(CHEQUERS)


def test_zero_is_mid_grey_and_each_tile_is_scaled_alone() -> None:
    diff = np.zeros((3, 8, 8), np.float32)
    diff[0, 1, 1], diff[2, 6, 6] = 1e-9, -1e9
    first, second = back_tile(diff, Window(0, 0, 4, 4)), back_tile(diff, Window(4, 4, 6, 6))
    assert first[1, 1].tolist() == [255, 128, 128] and first[0, 0].tolist() == [128] * 3
    assert second[2, 2, 2] <= 1 and second[3, 3].tolist() == [128] * 3
    assert set(np.unique(second[4:])) | set(np.unique(second[:, 4:])) == set(CHEQUERS)  # beyond the input
    assert first.shape == (4, 4, 3) and second.shape == (6, 6, 3)


# --- a layout ------------------------------------------------------------------------------------


def test_the_layout_is_the_windows(scanned, tmp_path) -> None:
    count = run_crops(CropOrder(scanned, tmp_path))
    scan = read_scan(scanned)
    assert count == 6 + 4 + 4 + 8 + 5  # relu1, pool1 and prob borrow
    for layer in scan.top_activations.layers:
        standings = read_stats(unit_image_paths(tmp_path, layer.name).stats)
        assert len(standings) == layer.channels
        assert standings[1].mean == pytest.approx(scan.top_activations.standing(layer.name, 1).mean, rel=1e-5)
        assert sum(standings[1].counts) == 46
    assert not unit_image_paths(tmp_path, "pool1", 0).top.exists()
    for layer in ("conv1", "mixed/a", "mixed/b", "mixed/output", "fc"):
        for channel in range(scan.top_activations.layer(layer).channels):
            paths = unit_image_paths(tmp_path, layer, channel)
            assert read_patches(paths.patches) == scan.patches(layer, channel)
            for path in (paths.top, paths.top_back):
                assert cv2.imread(str(path)).shape == (3 * CELL, 3 * CELL, 3)
    assert (tmp_path / "max_im" / "mixed-output" / "mixed-output_0007.jpg").exists()


def test_patches_and_projections_are_those_of_the_live_backend(ref, collection, scanned) -> None:
    """Every tile of a unit against the backend asked for the same unit, position and mode."""
    scan, model = read_scan(scanned), open_model(ref)
    network, backend = ScanNetwork(model), open_backend("engine", model)
    unit = UnitPatches(Unit("mixed/output", 5), scan.patches("mixed/output", 5))
    pictures = [model.preprocessor.crop(load_rgb(collection / patch.path)) for patch in unit.patches]
    modes = (DECONV, GRADIENT, "guided")
    tiles = crops.back_tiles(network, unit, pictures, modes)
    tops = crops.patch_tiles(network, unit, pictures)
    for index, patch in enumerate(unit.patches):
        window = crops.windows_of(network).window("mixed/output", patch.row, patch.col)
        assert (tops[index] == patch_tile(pictures[index], window)).all()
        for mode in modes:
            request = NetRequest(
                new_frame(load_rgb(collection / patch.path)), BackRequest(unit.unit, mode, (patch.row, patch.col))
            )
            wanted = back_tile(backend.run(request).input_diff, window).astype(int)
            assert np.abs(tiles[mode][index] - wanted).max() <= 1
    assert (tiles["deconv"][0] != tiles["gradient"][0]).any()


def test_montages_that_are_there_stay_and_others_are_made(copy) -> None:
    order = CropOrder(copy, copy, layers=("fc",))
    run_crops(order)
    stamps = {path: path.stat().st_mtime_ns for path in copy.glob("max_*/fc/*.jp*g")}
    assert len(stamps) == 10
    lost = unit_image_paths(copy, "fc", 2).top_back
    lost.unlink()
    run_crops(order)
    changed = {path for path, stamp in stamps.items() if path.stat().st_mtime_ns != stamp}
    assert changed == {lost, unit_image_paths(copy, "fc", 2).top}
    run_crops(replace(order, modes=("deconv", "guided", "gradient")))
    assert montage_path(copy, Unit("fc", 4), "guided") == copy / "max_guided" / "fc" / "fc_0004.jpg"
    assert montage_path(copy, Unit("fc", 4), "guided").exists()
    assert montage_path(copy, Unit("fc", 4), "gradient").exists()


def test_every_file_names_its_network(ref, scanned, tmp_path) -> None:
    run_crops(CropOrder(scanned, tmp_path, layers=("fc",)))
    paths = [unit_image_paths(tmp_path, "fc", channel) for channel in range(5)]
    assert {network_in(path) for each in paths for path in (each.patches, each.stats)} == {open_model(ref).identity}


def test_montages_of_another_network_are_made_anew(ref, copy) -> None:
    """Those that name none, as 0.1.0's, are kept where they are of the same patches, and named."""
    order, identity = CropOrder(copy, copy, layers=("fc",)), open_model(ref).identity
    run_crops(order)
    units = [unit_image_paths(copy, "fc", channel) for channel in range(5)]
    for paths, network in ((units[1], '"network": "0123456789ab",'), (units[2], "")):
        text = paths.patches.read_text()
        assert f'"network": "{identity}",' in text
        paths.patches.write_text(text.replace(f'"network": "{identity}",', network))
    stamps = [paths.top.stat().st_mtime_ns for paths in units]
    run_crops(order)
    changed = [paths.top.stat().st_mtime_ns != stamp for paths, stamp in zip(units, stamps, strict=True)]
    assert changed == [False, True, False, False, False]
    assert {network_in(paths.patches) for paths in units} == {identity}


def test_worker_processes_make_the_same_files(copy, tmp_path) -> None:
    layers = ("mixed/a", "fc")
    run_crops(CropOrder(copy, tmp_path / "one", layers=layers))
    run_crops(CropOrder(copy, tmp_path / "two", layers=layers, where=Where(workers=2)))
    one = {p.relative_to(tmp_path / "one"): p.read_bytes() for p in (tmp_path / "one").rglob("*") if p.is_file()}
    two = {p.relative_to(tmp_path / "two"): p.read_bytes() for p in (tmp_path / "two").rglob("*") if p.is_file()}
    assert len(one) == (4 + 5) * 3 + 2 and one == two


def test_a_photo_that_is_gone_leaves_an_empty_slot(ref, collection, tmp_path) -> None:
    images = tmp_path / "images"
    shutil.copytree(collection / "dogs", images)
    run_scan(ScanOrder(ref, str(images), tmp_path / "out", layers=("fc",)))
    best = read_scan(tmp_path / "out").patches("fc", 0)[0]
    (images / best.path).unlink()
    run_crops(CropOrder(tmp_path / "out", tmp_path / "out"))
    paths = unit_image_paths(tmp_path / "out", "fc", 0)
    for path in (paths.top, paths.top_back):
        picture = cv2.imread(str(path)).astype(int)
        assert picture[8 : CELL - 8, 8 : CELL - 8].mean() < 30
        assert picture[8 : CELL - 8, CELL + 8 : 2 * CELL - 8].std() > 5


def test_what_cannot_be_done_is_one_sentence(ref, copy, tmp_path) -> None:
    with pytest.raises(ScanError, match="no back mode is named 'backprop'; there are deconv, gradient, guided"):
        run_crops(CropOrder(copy, copy, modes=("backprop",)))
    with pytest.raises(ScanError, match="no layer 'nix' was scanned"):
        run_crops(CropOrder(copy, copy, layers=("nix",)))
    with pytest.raises(ScanError, match="no scanned layer has a unit 9999"):
        run_crops(CropOrder(copy, copy, units=(9999,)))
    (tmp_path / "file").write_text("")
    with pytest.raises(ScanError, match="could not be written"):
        run_crops(CropOrder(copy, tmp_path / "file" / "x", layers=("fc",)))
    prototxt = Path(ref.network)
    text = prototxt.read_text()
    try:
        prototxt.write_text(text.replace("stride: 2", "stride: 2 pool: AVE"))
        with pytest.raises(ScanError, match="the model small has changed since the scan"):
            run_crops(CropOrder(copy, tmp_path / "new", layers=("fc",)))
    finally:
        prototxt.write_text(text)


def test_stretched_scans_are_cropped_stretched(ref, collection, tmp_path) -> None:
    run_scan(ScanOrder(ref, str(collection), tmp_path, layers=("fc",), fit=Fit.STRETCH))
    run_crops(CropOrder(tmp_path, tmp_path))
    scan = read_scan(tmp_path)
    best = scan.patches("fc", 0)[0]
    wanted = open_model(ref).preprocessor.crop(load_rgb(collection / best.path), Fit.STRETCH)
    tile = cv2.imread(str(unit_image_paths(tmp_path, "fc", 0).top))[:CELL, :CELL, ::-1]
    nearest = cv2.resize(wanted, (CELL, CELL), interpolation=cv2.INTER_NEAREST).astype(int)
    assert np.abs(nearest - tile).mean() < 25
