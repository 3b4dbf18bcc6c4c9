"""The table of layer types: entered when asked for, whole when listed, and without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deepvis.formats.caffe import layers
from deepvis.formats.caffe.layer import LAYERS, LayerType, learned_filler, weight_count
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.schema import LayerParameter
from deepvis.network.kinds import Kind


def test_a_network_is_opened_without_torch_and_without_the_layer_types_that_it_has_not(root: Path) -> None:
    code = (
        "import sys\n"
        "from deepvis.models.zoo import load_model\n"
        "model = load_model()\n"
        "assert model.layer_names and model.structure.nodes\n"
        "assert 'torch' not in sys.modules, 'torch'\n"
        "assert 'deepvis.formats.caffe.layers.pooling' in sys.modules\n"
        "assert 'deepvis.formats.caffe.layers.ssd' not in sys.modules, 'ssd'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_every_file_enters_what_its_decorators_say() -> None:
    assert set(layers.files()) == set(LAYERS) and len(LAYERS) == len(layers.files()) > 60
    modules = {path.stem for path in Path(layers.__file__).parent.glob("*.py")} - {"__init__", "_windows"}
    assert set(layers.files().values()) == modules


@pytest.mark.parametrize("name", list(LAYERS))
def test_a_row_holds_all_of_its_type(name: str) -> None:
    row = LAYERS[name]
    assert isinstance(row, LayerType) and (isinstance(row.kind, Kind) or callable(row.kind))
    assert row.bottoms[0] <= row.bottoms[1] and row.tops[0] <= row.tops[1]
    assert row.weights is None or row.weights.count(LayerParameter(type=name, bottom=["x"], top=["y"])) >= 0


def test_unknown_types_have_no_row() -> None:
    assert "Warp" not in LAYERS and LAYERS.get("Warp") is None
    assert weight_count(LayerParameter(type="Warp")) is None
    with pytest.raises(KeyError, match="no layer type is named 'Convolutio'; did you mean 'Convolution'"):
        LAYERS["Convolutio"]


def test_a_learned_filler_falls_back_where_the_parameters_have_none() -> None:
    """A fork's type may have other parameters than Scale and PReLU."""
    spec = load_net("input: 'd' input_shape { dim: [1, 2, 3, 3] } layer { name: 'c' type: 'Convolution' bottom: 'd' "
                    "top: 'c' convolution_param { num_output: 2 kernel_size: 1 } }")  # fmt: skip
    (layer,) = [each for each in spec.layers if each.type == "Convolution"]
    assert learned_filler(0.25)(layer, 0, (2,)).value == 0.25
