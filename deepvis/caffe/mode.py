"""Which device new passes run on: pycaffe's process-wide mode, and its random seed."""

from __future__ import annotations

import numpy as np
import torch

_device = torch.device("cpu")
_gpu_index = 0
_rng = np.random.default_rng()


def set_mode_cpu() -> None:
    """Run on the processor (the default)."""
    global _device
    _device = torch.device("cpu")


def set_mode_gpu() -> None:
    """Run on the CUDA device chosen by ``set_device`` (0 by default). Raises RuntimeError where there is none."""
    global _device
    if not torch.cuda.is_available():
        raise RuntimeError("set_mode_gpu: PyTorch finds no CUDA device here; stay with set_mode_cpu()")
    _device = torch.device("cuda", _gpu_index)


def set_device(index: int) -> None:
    """Choose the CUDA device for ``set_mode_gpu``. Raises RuntimeError where there is no such device."""
    global _gpu_index, _device
    if index < 0 or index >= torch.cuda.device_count():
        raise RuntimeError(f"set_device({index}): PyTorch finds {torch.cuda.device_count()} CUDA devices here")
    _gpu_index = int(index)
    if _device.type == "cuda":
        _device = torch.device("cuda", _gpu_index)


def set_random_seed(seed: int) -> None:
    """Make fillers and dropout repeatable. The numbers are not those of Caffe's generator."""
    global _rng
    _rng = np.random.default_rng(seed)
    torch.manual_seed(seed)


def device() -> torch.device:
    return _device


def rng() -> np.random.Generator:
    return _rng
