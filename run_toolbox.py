#!/usr/bin/env python3
"""The same as ``deepvis``: run_toolbox.py --help lists the arguments and the subcommands."""

import sys

try:
    from deepvis.cli.environment import run_script
except KeyboardInterrupt:
    sys.stderr.write("deepvis: interrupted\n")
    sys.exit(130)

if __name__ == "__main__":
    run_script()
