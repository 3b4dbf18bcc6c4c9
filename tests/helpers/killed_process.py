"""The mark of a program that is no more, as it stands in names of files that it was writing."""

from __future__ import annotations

import subprocess
import sys

from deepvis.core.temporary_names import machine


def killed_mark() -> str:
    """<machine>-<process>-<digits> of a process of this machine that has ended."""
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    return f"{machine()}-{ended.pid}-0123abcd"
