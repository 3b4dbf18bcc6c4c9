"""Photos on a network share whose server does not answer for a while, or not any more."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.faults.camera_faults import GRAYS, Found, grown, median, returns
from benchmarks.faults.driven_window import INPUT_PANE, DrivenWindow, driven_window
from benchmarks.faults.folder_faults import gray_photo
from benchmarks.faults.screen_watch import ScreenWatch
from benchmarks.faults.stalling_share import NoShareError, StallingShare, stalling_share
from tests.helpers.screen import Screen

STALL_SECONDS = 6.0
LONGEST_SEEN = 30.0
OTHER_GRAY = 240


def run_share(screen: Screen, folder: Path, model: str, times: int, seed: int) -> Found:
    """A tenth of ``times`` stalls, then a quit while it stalls. The seed is not used: nothing is drawn."""
    served, mounted = folder / "served", folder / "mounted"
    served.mkdir()
    mounted.mkdir()
    for number, gray in enumerate(GRAYS):
        (served / f"photo{number}.jpg").write_bytes(gray_photo(gray))
    try:
        with stalling_share(served, mounted) as share:
            found = _stalled(screen, folder, model, share, mounted, max(times // 10, 2))
            return {**found, "named_at_the_start_while_it_stalls": _begun(screen, folder, model, share, mounted)}
    except NoShareError as error:
        return {"left_out": str(error)}


def _stalled(screen: Screen, folder: Path, model: str, share: StallingShare, mounted: Path, times: int) -> Found:
    watch = ScreenWatch(screen)
    with driven_window(screen, folder, ["--model", model, "--images", str(mounted)]) as window:
        seconds = [watch.seconds_until_gray(GRAYS[0], INPUT_PANE, LONGEST_SEEN)]
        time.sleep(3)
        plays = median(window.key_times(watch, 5))
        before = window.figures()
        keys: list[float | None] = []
        for number in range(1, times + 1):
            seconds.append(_one_stall(window, watch, share, GRAYS[number % len(GRAYS)], keys))
        found: Found = {"times": times, **returns(seconds), **grown(before, window.figures())}
        found["key_to_pixel_ms"] = {"answers": plays, "stalls": median(keys), "unseen": keys.count(None)}
        found["others_while_it_stalls"] = _others(window, watch, share, folder / "other.jpg")
        share.stall()
        screen.xdotool("key", "e")
        time.sleep(1)
        return {**found, "quit_while_it_stalls": window.quit()}


def _begun(screen: Screen, folder: Path, model: str, share: StallingShare, mounted: Path) -> Found:
    """The program is started on a share that hangs: seconds until its window, what it says, and back when it answers.

    The window's seconds are those from the program's start, libraries and all; ``answers`` has those of a share that
    does not hang.
    """
    watch, seconds = ScreenWatch(screen), {}
    for name, stalls in (("answers", False), ("stalls", True)):
        if stalls:
            share.stall()
        else:
            share.go_on()
        began = time.monotonic()
        with driven_window(screen, folder, ["--model", model, "--images", str(mounted)]) as window:
            seconds[name] = round(time.monotonic() - began, 1)
            time.sleep(STALL_SECONDS)
            keys = window.key_times(watch, 3)
            share.go_on()
            back = watch.seconds_until_gray(GRAYS[0], INPUT_PANE, LONGEST_SEEN)
            ended = window.quit()
    return {"window_after_seconds": seconds, "key_to_pixel_ms": median(keys), "back_seconds": back, "quit": ended}


def _others(window: DrivenWindow, watch: ScreenWatch, share: StallingShare, other: Path) -> Found:
    """While it stalls: a photo of this machine is opened, then a path of the share is typed; back when it answers."""
    other.write_bytes(gray_photo(OTHER_GRAY))
    share.stall()
    window.screen.xdotool("key", "e")
    time.sleep(1)
    _type_path(window, str(other))
    seconds = watch.seconds_until_gray(OTHER_GRAY, INPUT_PANE, LONGEST_SEEN)
    _type_path(window, "mounted")
    keys = window.key_times(watch, 2)
    share.go_on()
    time.sleep(2)
    _type_path(window, "mounted")
    back = [watch.seconds_until_gray(gray, INPUT_PANE, 1.0) for gray in GRAYS]
    return {"opened_seconds": seconds, "first_key_ms": keys[0], "is_back": any(each is not None for each in back)}


def _type_path(window: DrivenWindow, path: str) -> None:
    """Open a path with the palette; one in the program's folder by its name."""
    window.screen.xdotool("key", "slash")
    window.screen.xdotool("type", "--delay", "30", path if "/" in path else f"./{path}")
    window.screen.xdotool("key", "Return", "Escape")


def _one_stall(
    window: DrivenWindow, watch: ScreenWatch, share: StallingShare, gray: int, keys: list[float | None]
) -> float | None:
    """The next photo is asked for while nothing is answered: keys meanwhile; seconds until it is seen afterwards."""
    share.stall()
    window.screen.xdotool("key", "e")
    began = time.monotonic()
    keys += window.key_times(watch, 4)
    time.sleep(max(0.0, STALL_SECONDS - (time.monotonic() - began)))
    share.go_on()
    return watch.seconds_until_gray(gray, INPUT_PANE, LONGEST_SEEN)
