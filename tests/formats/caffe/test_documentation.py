"""Each layer type says what it computes, on which shapes, and where that comes from."""

import pytest

import deepvis.formats.caffe.layers  # noqa: F401
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.op import LAYERS, TRAINING


@pytest.mark.parametrize("table, name", [(t, name) for t in (LAYERS, TRAINING) for name in t])
def test_docstring(table, name: str) -> None:
    text = " ".join((table[name].__doc__ or "").split())
    assert "Shapes" in text, "no shapes"
    assert "Source:" in text, "no source"
    assert "=" in text or "ormula" in text, "no formula"
    assert "radient" in text or table is TRAINING, "nothing on the gradient"


@pytest.mark.parametrize("mode", list(BACK_MODES))
def test_back_rules_say_where_they_come_from(mode: str) -> None:
    assert BACK_MODES[mode].source
    assert all(rule.__doc__ for rule in BACK_MODES[mode].rules.values())
