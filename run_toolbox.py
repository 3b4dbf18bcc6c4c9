#!/usr/bin/env python3
"""Opens the toolbox: run_toolbox.py --help lists the arguments."""

import sys

try:
    from deepvis.cli.window import entry
except ModuleNotFoundError as error:
    if (error.name or "deepvis").startswith("deepvis"):
        raise
    sys.stderr.write(f"deepvis: the package {error.name!r} is missing; start with scripts/run.sh, which installs it\n")
    sys.exit(2)

if __name__ == "__main__":
    entry()
