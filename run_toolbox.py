#!/usr/bin/env python3
"""The same as ``deepvis``: run_toolbox.py --help lists the arguments and the subcommands."""

from deepvis.cli.environment import run_script

if __name__ == "__main__":
    run_script()
