"""What befalls a camera while the window shows it: it goes and comes back, stalls, changes its size."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.faults.driven_window import INPUT_PANE, DrivenWindow, driven_window
from benchmarks.faults.picture_stream import PictureStream
from benchmarks.faults.screen_watch import ScreenWatch
from tests.helpers.screen import Screen

CAMERA_PROGRAM = Path(__file__).resolve().with_name("program_with_camera.py")
LONGEST_BACK = 60.0  # seconds: between two tries of the window lie 30 at most
GRAYS = (30, 75, 120, 165, 210)  # told from each other on the screen
SIZES = (  # height, width
    *((16, 16), (48, 64), (57, 101), (120, 160), (240, 320), (480, 640), (640, 360)),
    *((720, 1280), (1080, 1920), (2160, 3840)),
)
SLOW_SECONDS = 5.0
WARM_TIMES = 3  # until what is counted is compared
Found = dict[str, object]


class CameraCampaign:
    """A window that shows a camera, and the camera. times: how often each fault befalls it."""

    def __init__(self, window: DrivenWindow, watch: ScreenWatch, stream: PictureStream, seed: int) -> None:
        self._window, self._watch, self._stream = window, watch, stream
        self._draw = random.Random(seed)
        self._count = 0
        changes = list(itertools.product(SIZES, (False, True)))  # in the same connection, in a new one
        self._draw.shuffle(changes)
        self._changes = itertools.cycle(changes)
        self.slow: list[str] = []  # sizes whose pictures were long in coming

    def _new_gray(self) -> int:
        self._count += 1
        self._stream.shown.gray = gray = GRAYS[self._count % len(GRAYS)]
        return gray

    def gone_and_back(self) -> float | None:
        """Seconds from its return to its picture on the screen."""
        self._stream.go()
        time.sleep(self._draw.choice((0.05, 0.2, 0.5, 1.0, 2.0)))
        gray = self._new_gray()
        self._stream.come_back()
        return self._watch.seconds_until_gray(gray, INPUT_PANE, LONGEST_BACK)

    def stalled(self) -> float | None:
        """The same after a stall: shorter than what the window waits, longer, and longer than OpenCV waits."""
        self._stream.shown.stalls = True
        time.sleep(self._draw.choice((1.0, 3.0, 6.0, 10.0)))
        gray = self._new_gray()
        self._stream.shown.stalls = False
        return self._watch.seconds_until_gray(gray, INPUT_PANE, LONGEST_BACK)

    def of_another_size(self) -> float | None:
        """The same with pictures of another size, in the same connection or in a new one."""
        shown = self._stream.shown
        (shown.height, shown.width), is_anew = next(self._changes)
        if is_anew:
            seconds = self.gone_and_back()
        else:
            seconds = self._watch.seconds_until_gray(self._new_gray(), INPUT_PANE, LONGEST_BACK)
        if seconds is None or seconds > SLOW_SECONDS:
            where = "connected anew" if is_anew else "in the same connection"
            self.slow.append(f"{shown.width} x {shown.height}, {where}: {seconds}")
        return seconds

    def repeated(self, fault: Callable[[], float | None], times: int) -> Found:
        """The fault again and again: seconds until its picture is back, and what the process holds more than before."""
        seconds: list[float | None] = [fault() for _ in range(min(WARM_TIMES, times))]
        before = self._window.figures()
        seconds += [fault() for _ in range(times - len(seconds))]
        time.sleep(1)
        return {"times": times, **returns(seconds), **grown(before, self._window.figures())}

    def key_times(self, presses: int, *, is_gone: bool) -> list[float | None]:
        """Milliseconds from key to pixel, while the camera gives pictures or hangs."""
        self._stream.shown.stalls = is_gone
        time.sleep(0.5)
        times = self._window.key_times(self._watch, presses)
        self._stream.shown.stalls = False
        return times


def returns(seconds: list[float | None]) -> Found:
    """How soon the picture was there again."""
    seen = [each for each in seconds if each is not None]
    return {
        "never_back": len(seconds) - len(seen),
        "back_seconds_median": round(float(np.median(seen)), 2) if seen else None,
        "back_seconds_max": round(max(seen), 2) if seen else None,
    }


def grown(before: dict[str, float], after: dict[str, float]) -> Found:
    return {f"{name}_more": round(after[name] - before[name], 1) for name in ("rss_mb", "threads", "descriptors")}


@contextmanager
def campaign_of(screen: Screen, folder: Path, model: str, seed: int) -> Iterator[tuple[CameraCampaign, DrivenWindow]]:
    """A window that shows the camera. Raises RuntimeError where its picture does not come."""
    stream, watch = PictureStream(), ScreenWatch(screen)
    os.environ["CAMERA_ADDRESS"] = stream.address
    with driven_window(screen, folder, ["--model", model, "--camera", "0"], CAMERA_PROGRAM) as window:
        if watch.seconds_until_gray(stream.shown.gray, INPUT_PANE, LONGEST_BACK) is None:
            raise RuntimeError(f"the camera's picture does not come: {window.said()[-300:]}")
        time.sleep(3)
        yield CameraCampaign(window, watch, stream, seed), window


def run_camera(screen: Screen, folder: Path, model: str, times: int, seed: int) -> Found:
    """Gone and back ``times`` times, then a tenth as many stalls."""
    with campaign_of(screen, folder, model, seed) as (campaign, window):
        keys = {word: campaign.key_times(9, is_gone=is_gone) for word, is_gone in (("plays", False), ("hangs", True))}
        found: Found = {"key_to_pixel_ms": {word: median(each) for word, each in keys.items()}}
        found["gone_and_back"] = campaign.repeated(campaign.gone_and_back, times)
        found["stalled"] = campaign.repeated(campaign.stalled, max(times // 10, 2))
        return {**found, "quit": window.quit()}


def run_sizes(screen: Screen, folder: Path, model: str, times: int, seed: int) -> Found:
    """Pictures of another size, a fifth of ``times``: with 100 each size in both ways."""
    with campaign_of(screen, folder, model, seed) as (campaign, window):
        found = campaign.repeated(campaign.of_another_size, max(times // 5, 2))
        return {**found, "slow": campaign.slow, "quit": window.quit()}


def median(times: list[float | None]) -> float | None:
    seen = [each for each in times if each is not None]
    return round(float(np.median(seen)), 1) if seen else None
