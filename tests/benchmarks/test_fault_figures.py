"""What docs/faults.md says in figures is what benchmarks/results/faults.json holds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return json.loads((ROOT / "benchmarks/results/faults.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def text() -> str:
    return " ".join((ROOT / "docs/faults.md").read_text(encoding="utf-8").split())


def whole(number: float) -> int:
    """Rounded, halves up."""
    return math.floor(number + 0.5)


def test_two_hours(results: dict[str, Any], text: str) -> None:
    before, now = results["long_two_hours_before"], results["long_two_hours"]
    rss, older = now["rss_mb_start_end"], before["rss_mb_start_end"]
    late = {round(line["minute"]): line for line in now["lines"] if line["minute"] >= now["from_minute"]}
    memory = {minute: line["rss_mb"] for minute, line in late.items()}
    low, high = min(memory, key=memory.__getitem__), max(memory, key=memory.__getitem__)
    assert f"{before['rss_mb_growth_by_edges']:.0f} MB more ({before['rss_mb_growth_by_fit']:.0f})" in text
    assert f": {older[0]:,.0f} to {older[1]:,.0f} |" in text
    assert f"{-now['rss_mb_growth_by_edges']:.0f} MB less** ({now['rss_mb_growth_by_fit']:.0f} more" in text
    assert f"{rss[0]:,.0f} to {rss[1]:,.0f}, lowest {memory[low]:,.0f} in minute {low}" in text
    assert f"highest {memory[high]:,.0f} in minute {high}" in text
    keys = {minute: whole(line["key_to_pixel_ms"]) for minute, line in late.items()}
    one, two, three = sorted(keys, key=keys.__getitem__)[:-4:-1]  # the slowest minutes
    ends = [*before["key_to_pixel_ms_start_end"], *now["key_to_pixel_ms_start_end"]]
    assert "{} ms, {} ms | {} ms, {} ms (single minutes".format(*map(whole, ends)) in text
    assert f"from 20 on {min(keys.values())} to {keys[one]}, with what ran beside it: " in text
    slow = f"{keys[one]} in minute {one}, {keys[two]} in {two}, the others up to {keys[three]})"
    assert slow in text
    assert f"({before['acts']:,} acts)" in text.replace("30 November, ", "(") and f"{now['acts']:,} acts" in text


def test_disks_and_kills(results: dict[str, Any], text: str) -> None:
    full, killed = (results["disk"][part]["commands"] for part in ("disk_full", "killed"))

    def total(part: dict[str, Any], name: str) -> int:
        return sum(each[name] for each in part.values())

    assert f"{total(full, 'sizes')} disks of {len(full)} commands, {total(full, 'full')} of them full" in text
    moments = f"{total(killed, 'moments')} moments of all {len(killed)} commands with {total(killed, 'kills'):,} kills"
    assert moments in text
    assert not [fault for part in (full, killed) for each in part.values() for fault in each["faults"]]
    assert min(each["moments"] for each in killed.values()) >= 50


def test_mutated_files(results: dict[str, Any], text: str) -> None:
    inputs = results["inputs"]
    readers = inputs["readers"]
    assert f"{inputs['tried']:,} mutated files" in text and f"mutated files on {len(readers)} readers" in text
    assert inputs["tried"] == sum(each["tried"] for each in readers.values())
    assert min(each["tried"] for each in readers.values()) >= 2000
    assert inputs["faults_left"] == 0 == sum(len(each["faults_left"]) for each in readers.values())
