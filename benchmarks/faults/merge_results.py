#!/usr/bin/env python3
"""Put what a campaign's script printed into its part of benchmarks/results/faults.json.

python benchmarks/faults/merge_results.py server=figures.json disk=other.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results" / "faults.json"


def main(words: list[str]) -> int:
    parts = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for word in words:
        name, _, path = word.partition("=")
        parts[name] = json.loads(Path(path).read_text(encoding="utf-8"))
    RESULTS.write_text(json.dumps(dict(sorted(parts.items())), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
