"""Whether a window can be opened here."""

from __future__ import annotations

import os
import socket
import sys


def display_problem() -> str:
    """Why no window can be opened here, in a sentence; "" if nothing is known to be in the way.

    Qt ends the whole process where it reaches no display, so this asks before.
    """
    if sys.platform != "linux" or os.environ.get("WAYLAND_DISPLAY") or _qt_needs_no_display():
        return ""
    display = os.environ.get("DISPLAY", "")
    advice = "start it in a graphical session (or ssh -X, or xvfb-run), or run with --headless"
    if not display:
        return f"there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set; {advice}"
    if not _answers(display):
        return f"the display DISPLAY={display} does not answer; {advice}"
    return ""


def _qt_needs_no_display() -> bool:
    return os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in ("offscreen", "minimal", "vnc")


def _answers(display: str) -> bool:
    """True if something listens where an X display named ``[host]:number[.screen]`` should."""
    host, _, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not number.isdigit():
        return False
    places: list[tuple[int, object]] = [
        (socket.AF_UNIX, f"\0/tmp/.X11-unix/X{number}"),
        (socket.AF_UNIX, f"/tmp/.X11-unix/X{number}"),
    ]
    if host and host != "unix":
        places = [(socket.AF_INET, (host, 6000 + int(number)))]
    for family, address in places:
        with socket.socket(family) as probe:
            probe.settimeout(2)
            try:
                probe.connect(address)  # type: ignore[arg-type]
            except OSError:
                continue
            return True
    return False
