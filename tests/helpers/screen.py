"""A virtual X server, its pixels, and real key presses; for the tests of the window and the benchmarks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np


class NoScreenError(RuntimeError):
    """There can be no virtual X server here; the sentence says what to install."""


@dataclass(frozen=True)
class Screen:
    """display: the server's name, ":7". framebuffer: the file that holds its pixels."""

    display: str
    framebuffer: Path

    def pixels(self) -> np.ndarray:
        """What the screen shows now, (H, W, 3) uint8 BGR. The file is an X window dump (XWDFile.h)."""
        dump = np.fromfile(self.framebuffer, np.uint8)
        header = dump[:100].view(">u4")
        size, width, height, stride, colours = (int(header[i]) for i in (0, 4, 5, 12, 19))
        start = size + 12 * colours
        return dump[start : start + height * stride].reshape(height, stride // 4, 4)[:, :width, :3]

    def xdotool(self, *arguments: str) -> str:
        environment = {**os.environ, "DISPLAY": self.display}
        done = subprocess.run(["xdotool", *arguments], env=environment, capture_output=True, text=True, timeout=60)
        return done.stdout


@contextmanager
def virtual_screen(folder: Path, height: int = 1000, width: int = 1600) -> Iterator[Screen]:
    """A server on a number that is free. Raises NoScreenError.

    Xvfb picks the number itself and writes it to a pipe once it listens: no race, no waiting.
    """
    missing = [name for name in ("Xvfb", "xdotool") if not shutil.which(name)]
    if missing:
        raise NoScreenError(f"{' and '.join(missing)} not found: apt-get install xvfb xdotool libxtst6")
    reader, writer = os.pipe()
    geometry = ["-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset", "-fbdir", str(folder)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), *geometry], pass_fds=[writer], stdout=log, stderr=log
        )
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()  # "" if the server died
        if not number:
            raise NoScreenError(f"Xvfb did not start: {(folder / 'log').read_text()[-300:]}")
        yield Screen(f":{number}", folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait()
