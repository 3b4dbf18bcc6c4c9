"""Which cameras there are, by number and name, without a wait."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from deepvis.core.words import printable

DEVICES, NAMES = Path("/dev"), Path("/sys/class/video4linux")
MOST_TRIED = 4  # numbers that are tried where nothing lists the cameras


def present_cameras(devices: Path = DEVICES, names: Path = NAMES) -> tuple[tuple[int, str], ...]:
    """(number, name) of each camera of Linux: /dev/video*, without the nodes that give only data beside a picture."""
    found = []
    for device in devices.glob("video*"):
        number = re.fullmatch(r"video(\d+)", device.name)
        if number is None or _read(names / device.name / "index") not in ("", "0"):
            continue  # a camera's second node: its metadata
        found.append((int(number[1]), printable(_read(names / device.name / "name"))))
    return tuple(sorted(found))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def cameras_are_listed() -> bool:
    """True where ``present_cameras`` knows them; elsewhere each number has to be tried, which may take seconds."""
    return sys.platform.startswith("linux")
