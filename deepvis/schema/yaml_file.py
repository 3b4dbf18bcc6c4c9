"""A YAML file that a user has written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def read_yaml(path: Path) -> Any:
    """What the file holds. Raises OSError, and ValueError, whose message is a line, for what is no YAML."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:  # of dates and numbers that cannot be, too
        raise ValueError(" ".join(str(error).split())) from None
