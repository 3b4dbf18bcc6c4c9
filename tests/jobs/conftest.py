"""The small network and the photos of other rooms' tests; and tasks that lie where worker processes can import them."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.optimize.conftest import tiny_files as tiny_files
from tests.scan.conftest import collection as collection
from tests.scan.conftest import small_chunks as small_chunks

sys.path.insert(0, str(Path(__file__).resolve().parent))
