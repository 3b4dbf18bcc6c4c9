"""Top 9 of a token channel: the scan, the crops and the projections are those of maps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from deepvis.core.types import Unit
from deepvis.core.unit_files import unit_image_paths
from deepvis.network.ref import NetworkRef
from deepvis.scan.crops import UnitPatches, back_tiles
from deepvis.scan.layout import CropOrder, run_crops
from deepvis.scan.network import ScanNetwork
from deepvis.scan.results import read_scan
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from tests.formats.torch.opened import FILE, model_of, net_of

LAYERS = ("blocks.2", "blocks.0.norm1", "norm [class token]", "blocks.3.attn.softmax")


def test_top_9_of_token_channels(tmp_path: Path) -> None:
    photos, model = tmp_path / "photos", model_of("vit")
    photos.mkdir()
    random = np.random.default_rng(0)
    for number in range(12):
        small = random.integers(0, 255, (4, 6, 3), np.uint8)
        cv2.imwrite(str(photos / f"{number:02}.png"), cv2.resize(small, (48, 32), interpolation=cv2.INTER_NEAREST))
    ref = NetworkRef(network=f"{FILE}:vit")
    run_scan(ScanOrder(ref, str(photos), tmp_path / "scan", layers=LAYERS, top=9))
    scan = read_scan(tmp_path / "scan")
    pre = model.preprocessor
    inputs = {}
    for path in sorted(photos.iterdir()):
        inputs[path.name] = pre.normalised(pre.crop(cv2.imread(str(path))[:, :, ::-1].copy()))
    blobs = net_of("vit").forward({"x": torch.as_tensor(np.stack(list(inputs.values())))}).blobs
    for layer in LAYERS:
        values = blobs[layer][:, 2].reshape(len(inputs), -1).amax(1)
        found = scan.patches(layer, 2)
        np.testing.assert_allclose([patch.value for patch in found], sorted(values.tolist())[::-1][:9], rtol=1e-4)
        best = list(inputs).index(Path(found[0].path).name)
        if blobs[layer].dim() == 4:
            assert float(blobs[layer][best, 2, found[0].row, found[0].col]) == max(values.tolist())
    network = ScanNetwork(model, LAYERS)
    unit = UnitPatches(Unit("blocks.0.norm1", 2), scan.patches("blocks.0.norm1", 2))
    pictures = [pre.crop(cv2.imread(str(photos / Path(p.path).name))[:, :, ::-1].copy()) for p in unit.patches]
    tiles = back_tiles(network, unit, pictures, ("gradient", "deconv"))
    assert all(tile is not None and tile.shape == (8, 8, 3) for tile in tiles["gradient"])  # its own patch
    assert run_crops(CropOrder(tmp_path / "scan", tmp_path / "made", layers=("blocks.2",))) == 24
    assert unit_image_paths(tmp_path / "made", "blocks.2", 2).top.is_file()
