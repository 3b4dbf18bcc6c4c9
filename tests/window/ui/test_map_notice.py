"""A window whose toolkit believes that it is not on the screen is painted all the same."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from deepvis.window.ui import xlib
from deepvis.window.ui.map_notice import MapNotice
from tests.conftest import ROOT
from tests.helpers.screen import Screen

SCRIPT = """
import sys
import numpy as np
from deepvis.window.ui import window as ui, xlib
from deepvis.window.ui.map_notice import send

UNMAP_NOTIFY = 18
window = ui.OpenCVWindow("unpainted", 300, 400)
window.show(np.full((300, 400, 3), 100, np.uint8))
window.poll(1)
# Qt takes the window for one that is not on the screen, as if it had missed MapNotify
send(xlib.connected(), UNMAP_NOTIFY, window._key_listener.window)
window._map_notice, notice = ui.MapNotice(0), window._map_notice
for _ in range(20):
    window.poll(10)
window.show(np.full((300, 400, 3), 200, np.uint8))  # a still picture: it is shown once
for _ in range(20):
    window.poll(10)
print("before", flush=True)
sys.stdin.readline()
window._map_notice = notice
for _ in range(600):
    window.poll(1)
print("after", flush=True)
sys.stdin.readline()
window.close()
"""


@pytest.mark.window
def test_a_window_that_missed_its_map_notify_is_painted(screen: Screen) -> None:
    script = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, "DISPLAY": screen.display},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert script.stdin is not None and script.stdout is not None
    try:
        assert script.stdout.readline() == "before\n"
        assert not shows(screen, 200), "Qt paints without MapNotify: the test has nothing to test"
        script.stdin.write("\n")
        script.stdin.flush()
        assert script.stdout.readline() == "after\n"
        assert shows(screen, 200)
        script.stdin.write("\n")
        script.stdin.flush()
        assert script.wait(30) == 0
    finally:
        script.kill()
        script.communicate()


def shows(screen: Screen, grey: int) -> bool:
    """True if a picture of that grey fills the middle of the window."""
    return bool(np.all(screen.pixels()[100:200, 100:300] == grey))


@pytest.mark.window
def test_a_window_that_is_gone_gets_nothing(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    server = xlib.connected()
    assert server is not None
    window = server.new_window(server.root, 10)
    assert not server.is_viewable(window)
    server.x.XMapRaised(server.display, window)
    server.x.XSync(server.display, 0)
    assert server.is_viewable(window) and server.is_viewable(server.root)
    server.close()
    notice = MapNotice(window)
    for _ in range(3):
        notice.look()
    notice.close()
    notice.look()
