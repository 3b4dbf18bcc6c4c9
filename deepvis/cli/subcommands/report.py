"""``deepvis report``: pages that open from disk, with every unit's patches and histogram, of a scan."""

from __future__ import annotations

import argparse
import sys

from deepvis.cli.scan_options import add_scan
from deepvis.cli.subcommand import subcommand


@subcommand(
    "report",
    "write the report of a scan: pages that open from disk, with every unit's patches and histogram",
    "--scan scans/squeezenet",
    arguments=add_scan,
)
def report(arguments: argparse.Namespace) -> int:
    from deepvis.scan.report import write_report

    sys.stdout.write(f"report: {write_report(arguments.scan, arguments.output)}\n")
    return 0
