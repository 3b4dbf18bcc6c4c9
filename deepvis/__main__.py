"""``python -m deepvis``: the same as the command ``deepvis``."""

import sys

from deepvis.cli import main

sys.exit(main())
