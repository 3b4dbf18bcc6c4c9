"""What a process holds, as Linux tells it: memory, threads, descriptors, processor time."""

from __future__ import annotations

import os
from pathlib import Path

MEGA = 1e6


def process_figures(pid: int) -> dict[str, float]:
    """Of a process and no child: rss, pss, anonymous and file memory in MB (10**6 bytes), counts, processor seconds.

    Raises OSError where the process is gone.
    """
    proc = Path("/proc") / str(pid)
    rollup = _kilobytes((proc / "smaps_rollup").read_text())
    status = _kilobytes((proc / "status").read_text())
    return {
        "rss_mb": _mega(status["VmRSS"]),
        "pss_mb": _mega(rollup["Pss"]),
        "anonymous_mb": _mega(rollup["Anonymous"]),
        "file_mb": _mega(status["RssFile"]),
        "peak_mb": _mega(status["VmHWM"]),
        "threads": len(list((proc / "task").iterdir())),
        "descriptors": len(list((proc / "fd").iterdir())),
        "processor_seconds": round(processor_seconds(pid), 1),
    }


def processor_seconds(pid: int) -> float:
    """What a process has used; 0 where it is gone, or the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def _kilobytes(text: str) -> dict[str, int]:
    rows = (line.split() for line in text.splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in rows if len(words) == 3 and words[2] == "kB"}


def _mega(kilobytes: int) -> float:
    return round(kilobytes * 1024 / MEGA, 2)
