"""The device that a network runs on: one rule for the window, the optimizer, the scan and the scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.core.device_names import EXPECTED, parsed
from deepvis.network.model_error import ModelError

if TYPE_CHECKING:
    import torch


def device_of(name: str | torch.device = "auto") -> torch.device:
    """The device of that name, set to compute as Caffe does; "auto" is the first GPU, or the CPU where there is none.

    Raises ModelError for a name that is none, and for a GPU that is not there.
    """
    import torch

    found = parsed(str(name))
    if found is None:
        raise ModelError(f"there is no device {str(name)!r}; expected {EXPECTED}")
    kind, number = found
    gpus = torch.cuda.device_count() if kind != "cpu" and torch.cuda.is_available() else 0
    if kind == "auto":
        name = "cuda" if gpus else "cpu"
    elif kind == "cuda" and number >= gpus:
        there = ", ".join(["cpu", *(f"cuda:{n}" for n in range(gpus))])
        raise ModelError(f"the device {str(name)!r} is not there; there are: {there}")
    if gpus:
        torch.backends.cudnn.allow_tf32 = False  # its 10 bits of mantissa would be 1e-3 away from Caffe
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """ "cpu", or "cuda (NVIDIA H100)"."""
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)
