#!/usr/bin/env python
"""What of a network can be shown, before it is: a line for each file, and all that is known of a single one.

    scripts/check.py deploy.prototxt net.caffemodel
    scripts/check.py ~/caffe/models

Takes Caffe's prototxt files with or without weights, ONNX files, modules (FILE.py:NAME), models of --list-models, and
folders of such files. The exit code is 0 if all were opened, in part too, and 2 if one was refused.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from deepvis.cli.check import main

if __name__ == "__main__":
    sys.exit(main())
