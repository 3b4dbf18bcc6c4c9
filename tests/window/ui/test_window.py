"""Windows: in memory, and real ones under a virtual X server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepvis.window.ui.display import display_problem
from deepvis.window.ui.events import Closed, Key, Mouse, Resized
from deepvis.window.ui.window import MemoryWindow


def test_a_memory_window_gives_back_what_was_sent_in_order() -> None:
    window = MemoryWindow("x", 100, 200)
    events = [Key(106), Mouse("press", 3, 4), Resized(50, 60), Closed()]
    for event in events:
        window.send(event)
    assert window.poll(1) == events and window.size == (50, 60)
    assert window.poll(1) == []


def test_a_memory_window_copies_what_it_shows() -> None:
    window, picture = MemoryWindow(), np.zeros((4, 5, 3), np.uint8)
    window.show(picture)
    picture[:] = 9
    assert (window.picture == 0).all()
    window.show(picture)
    window.show(np.ones((2, 2, 3), np.uint8))
    assert window.picture.shape == (2, 2, 3) and window.shown == 3
    window.close()


@pytest.mark.skipif(sys.platform != "linux", reason="displays are asked for on Linux only")
def test_a_missing_display_is_said_before_qt_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "--headless" in display_problem()
    monkeypatch.setenv("DISPLAY", ":4711")
    assert "DISPLAY=:4711 does not answer" in display_problem()
    monkeypatch.setenv("DISPLAY", "nonsense")
    assert "does not answer" in display_problem()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert display_problem() == ""


SCRIPT = """
import json, os, subprocess, sys, time
import numpy as np
from deepvis.window.ui.events import Closed
from deepvis.window.ui.window import OpenCVWindow
from tests.helpers.close_window import close_window

def until(wanted, seconds=60):
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        found += window.poll(10)
        if wanted(found):
            break
    return found

def said(events):
    return [str(event) for event in events if getattr(event, "kind", "") != "move"]

window = OpenCVWindow("deepvis window test", 500, 800)
window.show(np.zeros((500, 800, 3), np.uint8))
until(lambda found: False, 0.3)
search = subprocess.run(["xdotool", "search", "--name", "deepvis window test"], capture_output=True, text=True)
number = search.stdout.split()[-1]
xdotool = lambda *words: subprocess.run(["xdotool", *words], check=True)
xdotool("mousemove", "--window", number, "300", "200", "click", "1", "click", "4", "click", "5")
report = {"mouse": said(until(lambda found: len(said(found)) >= 3))}
xdotool("key", "--window", number, "Left")
report["key"] = said(until(lambda found: found))
xdotool("windowsize", number, "640", "420")
report["resized"] = said(until(said))
report["size"] = window.size
close_window(os.environ["DISPLAY"], int(number))
report["closed"] = said(until(lambda found: Closed() in found))
window.show(np.zeros((10, 10, 3), np.uint8))
report["after"] = said(window.poll(5))
window.close()
print(json.dumps(report))
"""


def run_on(display: str, root: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script that opens windows on the virtual screen."""
    environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(root)}
    environment.pop("WAYLAND_DISPLAY", None)
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, cwd=root)


@pytest.mark.window
def test_a_real_window_speaks_in_events(display: str, root: Path) -> None:
    done = run_on(display, root, SCRIPT)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["mouse"][0] == str(Mouse("press", 200, 300))
    assert [event[:20] for event in report["mouse"][1:]] == ["Mouse(kind='wheel', "] * 2
    assert "steps=1" in report["mouse"][1] and "steps=-1" in report["mouse"][2]
    assert report["key"] == [str(Key(0xFF51))]
    assert report["resized"] == [str(Resized(420, 640))] and report["size"] == [420, 640]
    assert report["closed"][-1] == "Closed()" and report["after"] == []


EARLY = """
import os, subprocess, sys, threading, time
from deepvis.window.ui.events import Key
from deepvis.window.ui.window import OpenCVWindow

def press_at_once():
    found = ""
    while not found:
        search = ["xdotool", "search", "--onlyvisible", "--name", "deepvis early keys"]
        found = subprocess.run(search, capture_output=True, text=True).stdout.split("\\n")[0]
    subprocess.run(["xdotool", "mousemove", "--window", found, "5", "5", "key", "o"])
    subprocess.run(["xdotool", "key", "Down"])
    subprocess.run(["xdotool", "key", "Right"])

presser = threading.Thread(target=press_at_once)
presser.start()
window = OpenCVWindow("deepvis early keys", 300, 400)
codes, end = [], time.monotonic() + 60
while len(codes) < 3 and time.monotonic() < end:
    codes += [event.code for event in window.poll(10) if isinstance(event, Key)]
presser.join()
window.close()
print(*codes)
"""


@pytest.mark.window
def test_keys_pressed_the_moment_the_window_is_seen_count(display: str, root: Path) -> None:
    runs = [run_on(display, root, EARLY) for _ in range(6)]
    missed = [done for done in runs if done.stdout.split() != [str(ord("o")), str(0xFF54), str(0xFF53)]]
    # without care for the first keys one run in two misses one; a busy X server may lose the keys of one by itself
    assert len(missed) <= 1, [(done.stdout, done.stderr) for done in missed]
