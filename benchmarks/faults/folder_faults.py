"""A folder whose photos are deleted, half written and replaced while the window shows them."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.faults.camera_faults import GRAYS, Found, grown, median, returns
from benchmarks.faults.driven_window import INPUT_PANE, driven_window
from benchmarks.faults.screen_watch import ScreenWatch
from tests.helpers.screen import Screen

LONGEST_SEEN = 30.0  # seconds
PHOTOS = 12


def gray_photo(gray: int) -> bytes:
    """A JPEG file of one gray."""
    jpeg = cv2.imencode(".jpg", np.full((240, 320, 3), gray, np.uint8))[1]
    return bytes(jpeg)


def fill(folder: Path, gray: int, *, is_halved: bool = False) -> None:
    """Write the photos; ``is_halved``: each is cut in two for a while, as by a copy that is under way."""
    content = gray_photo(gray)
    folder.mkdir(exist_ok=True)
    for number in range(PHOTOS):
        path = folder / f"photo{number}.jpg"
        if is_halved:
            path.write_bytes(content[: len(content) // 2])
            time.sleep(0.05)
        path.write_bytes(content)


def empty(folder: Path, draw: random.Random) -> None:
    """Delete all photos one by one, or the folder with them."""
    if draw.random() < 0.5:
        shutil.rmtree(folder)
    else:
        for path in folder.iterdir():
            path.unlink()


def run_folder(screen: Screen, folder: Path, model: str, times: int, seed: int) -> Found:
    """Deleted and filled again ``times`` times, with keys pressed between."""
    draw, watch, photos = random.Random(seed), ScreenWatch(screen), folder / "photos"
    fill(photos, GRAYS[0])
    seconds: list[float | None] = []
    keys: list[float | None] = []
    warm = max(times // 5, 1)  # until every key was pressed some times, and scans have their threads
    before: dict[str, float] = {}
    with driven_window(screen, folder, ["--model", model, "--images", str(photos)]) as window:
        seconds.append(watch.seconds_until_gray(GRAYS[0], INPUT_PANE, LONGEST_SEEN))
        for number in range(1, times + 1):
            if number == warm:
                before = window.figures()
            empty(photos, draw)
            screen.xdotool("key", draw.choice(("e", "w", "F", "G")))
            time.sleep(draw.choice((0.1, 0.6, 1.5, 3.0)))
            if number % 10 == 5:
                keys += window.key_times(watch, 2)
            gray = GRAYS[number % len(GRAYS)]
            fill(photos, gray, is_halved=draw.random() < 0.3)
            seconds.append(watch.seconds_until_gray(gray, INPUT_PANE, LONGEST_SEEN))
        time.sleep(1)
        after = window.figures()
        found = {
            "times": times,
            **returns(seconds),
            **grown(before, after),
            "key_to_pixel_ms_while_empty": median(keys),
        }
        return {**found, "quit": window.quit()}
