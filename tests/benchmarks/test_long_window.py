"""The campaign of hours, for some seconds: the random user, what is measured, what is made of it."""

from __future__ import annotations

import gc
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.faults.long_window import parser, run, summary
from benchmarks.faults.process_figures import process_figures
from benchmarks.faults.program_with_figures import cache_bytes
from benchmarks.faults.random_user import FILLING, HABITS, ONCE, RandomUser
from deepvis.core.cache import ByteCache
from deepvis.core.history import undoable
from deepvis.core.state import AppState, HistoryStep, InputState
from deepvis.core.types import Frame, PastPicture
from tests.window.ui.scenes import INFO

if TYPE_CHECKING:
    from tests.helpers.screen import Screen


def test_the_same_seed_does_the_same_and_nothing_quits() -> None:
    acts = [[user.next_act() for _ in range(2000)] for user in (RandomUser(3, "7", (930, 1500)) for _ in range(2))]
    assert acts[0] == acts[1] != [RandomUser(4, "7", (930, 1500)).next_act() for _ in range(2000)]
    words = Counter(word for act in acts[0] for step in act for word in step)
    assert {"q", "ctrl+c"}.isdisjoint(words)
    assert {"x", "G", "v", "mousemove", "click"} <= set(words)


def test_while_caches_fill_half_of_what_is_done_fills_them() -> None:
    user = RandomUser(3, "7", (930, 1500))
    filling = {habit.keys for habit in FILLING}
    shares = []
    user.fills = True
    once = [user.next_act()[0][3:] for _ in ONCE]
    assert sorted(once) == sorted(habit.keys for habit in ONCE)
    for user.fills in (True, False):
        acts = [tuple(step[3:]) for _ in range(1000) for step in user.next_act() if step[0] == "key"]
        shares.append(sum(act in filling for act in acts) / 1000)
    assert 0.4 < shares[0] < 0.6 and shares[1] < 0.01


def test_what_is_bounded_is_counted_by_what_holds_it() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    cache: ByteCache[np.ndarray] = ByteCache(100, lambda each: each.nbytes)
    gc.collect()  # of other tests
    before = cache_bytes()
    cache.put("a", picture)
    past = PastPicture(1, 0.0, picture)
    gives = replace(undoable(AppState(INFO)), input=InputState(held=Frame(1, picture)))
    steps = [HistoryStep(gives), HistoryStep(gives)]  # a frame counts once
    gc.collect()  # they have lived for some time
    more = {name: count - before[name] for name, count in cache_bytes().items()}
    assert more == {"ByteCache": 48, "PastPicture": 48, "HistoryStep": 48, "PictureBook": 0, "RunningTables": 0}
    assert past and steps


def test_what_opens_a_field_is_left_with_escape_or_enter() -> None:
    opening = {"slash", "ctrl+p", "ctrl+t", "asciicircum", "h", "3"}
    for habit in HABITS:
        if opening & set(habit.keys[:1]):
            assert habit.keys[-1] in ("Escape", "Return")


def test_growth_is_of_the_minutes_after_warming_up() -> None:
    lines: list[dict[str, object]] = [
        {
            "minute": float(minute),
            "rss_mb": 500.0 + min(minute, 20) * 10 + minute * 0.1,
            "anonymous_mb": 300.0,
            "threads": 12,
            "descriptors": 10,
            "key_to_pixel_ms": None if minute == 50 else 20.0,
            "pictures_per_second": 25.0,
        }
        for minute in range(121)
    ]
    found = summary(lines)
    assert found["rss_mb_growth_by_fit"] == pytest.approx(10, abs=0.1)
    assert found["rss_mb_growth_by_edges"] == pytest.approx(9.6, abs=0.1)
    assert found["anonymous_mb_growth_by_fit"] == 0 and found["threads_start_end"] == [12, 12]
    assert [summary(lines[: last + 1])["from_minute"] for last in (120, 75, 40, 30)] == [20, 20, 20, 6]


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux tells it")
def test_what_a_process_holds_is_read() -> None:
    figures = process_figures(os.getpid())
    with open(__file__) as _:
        assert process_figures(os.getpid())["descriptors"] == figures["descriptors"] + 1
    assert figures["rss_mb"] >= figures["anonymous_mb"] > 1 and figures["threads"] >= 1


@pytest.mark.window
def test_some_seconds_of_the_real_window(screen: Screen, video: Path, photos: Path, tmp_path: Path) -> None:
    folder, lines = tmp_path / "run", tmp_path / "lines.jsonl"
    folder.mkdir()
    words = ["--minutes", "0.05", "--every", "8", "--video", str(video), "--images", str(photos), "--seed", "2"]
    found = run(parser().parse_args([*words, "--lines", str(lines)]), folder, screen)
    assert found["quit"] == {"exit_code": 0, "quit_seconds": found["quit"]["quit_seconds"], "said": ""}  # type: ignore[index]
    assert len(lines.read_text().splitlines()) == len(found["lines"]) >= 2  # type: ignore[arg-type]
    first = found["lines"][0]  # type: ignore[index]
    assert first["keys_unseen"] == 0 and first["key_to_pixel_ms"] > 0 and first["pictures_per_second"] > 0
