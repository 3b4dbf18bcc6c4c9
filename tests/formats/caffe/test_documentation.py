"""Each layer type says what it computes, on which shapes, and where that comes from."""

import pytest

from deepvis.formats.caffe.layer import LAYERS
from deepvis.network.back_modes import BACK_MODES

ROWS = [(name, LAYERS[name]) for name in LAYERS]


@pytest.mark.parametrize(
    "builder, training",
    [
        *(pytest.param(row.build, False, id=name) for name, row in ROWS),
        *(pytest.param(row.training, True, id=f"{name} in training") for name, row in ROWS if row.training),
    ],
)
def test_docstring(builder, training: bool) -> None:
    text = " ".join((builder.__doc__ or "").split())
    assert "Shapes" in text, "no shapes"
    assert "Source:" in text, "no source"
    assert "=" in text or "ormula" in text, "no formula"
    assert "radient" in text or training, "nothing on the gradient"


@pytest.mark.parametrize("mode", list(BACK_MODES))
def test_back_rules_say_where_they_come_from(mode: str) -> None:
    assert BACK_MODES[mode].source
    assert all(rule.__doc__ for rule in BACK_MODES[mode].rules.values())
