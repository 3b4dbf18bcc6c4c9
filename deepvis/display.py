"""Is there a screen to open a window on? Asked before Qt is, since Qt ends the whole process where there is none."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping

HINT = "run with --headless (and --screenshot FILE.png), or log in with a display (ssh -X)"


def display_problem(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str | None:
    """One sentence on why no window can be opened, None where one probably can."""
    if not platform.startswith("linux") or environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal", "vnc"):
        return None
    name = environ.get("DISPLAY", "")
    if not name:
        return f"there is no display (DISPLAY is not set): {HINT}"
    parts = re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d+)(\.\d+)?", name)
    if not parts or not _answers(parts["host"], int(parts["number"])):
        return f"the display {name!r} does not answer: {HINT}"
    return None


def _answers(host: str, number: int) -> bool:
    """True if an X server takes a connection, over TCP or its socket in /tmp (with the abstract one of Linux)."""
    if host and host != "unix":
        addresses: list[tuple[int, object]] = [(socket.AF_INET, (host, 6000 + number))]
    else:
        path = f"/tmp/.X11-unix/X{number}"
        addresses = [(socket.AF_UNIX, path), (socket.AF_UNIX, "\0" + path)]
    for family, address in addresses:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(5)
            try:
                probe.connect(address)
                return True
            except OSError:
                continue
    return False
