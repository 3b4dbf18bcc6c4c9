#!/usr/bin/env python
"""Write the report of a scan: pages that open from disk, with every unit's patches and histogram.

scripts/report_max_acts.py --scan models/caffenet-mini/unit_jpg_vis
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from deepvis.scan.command import run_command


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--scan", type=Path, required=True, metavar="DIR", help="the --output of find_max_acts.py")
    p.add_argument("--output", type=Path, metavar="DIR", help="folder of the montages, by default the scan's")
    return p


def report(arguments: argparse.Namespace) -> None:
    from deepvis.scan.report import write_report

    print(f"report: {write_report(arguments.scan, arguments.output)}")


if __name__ == "__main__":
    parsed = parser().parse_args()
    sys.exit(run_command(lambda: report(parsed)))
