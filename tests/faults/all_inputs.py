"""All readers, by name."""

from __future__ import annotations

from tests.faults import (  # noqa: F401  (they enter their readers)
    network_inputs,
    picture_inputs,
    picture_results,
    result_inputs,
    statistics_inputs,
    user_inputs,
)
from tests.faults.input_reader import INPUT_READERS

__all__ = ["INPUT_READERS"]
