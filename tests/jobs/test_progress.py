"""The bar on the terminal."""

from __future__ import annotations

import gc
import sys

import pytest

from deepvis.jobs.progress import TerminalLine


def test_a_bar_that_ctrl_c_leaves_half_made_says_nothing(monkeypatch, capsys):
    """Python closes it when it is collected; an exception of that would stand on the terminal as a traceback."""
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(TerminalLine, "_get_free_pos", interrupted)
    with pytest.raises(KeyboardInterrupt):
        TerminalLine(total=3)
    gc.collect()
    assert not ignored and not capsys.readouterr().err
