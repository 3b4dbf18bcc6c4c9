"""What pycaffe says of the process: its log, its clock, and the several solvers that there never are here."""

from __future__ import annotations

import logging
import time

from deepvis.caffe.solver import TrainingIsOut
from deepvis.formats.caffe.data import DATA_TYPES
from deepvis.formats.caffe.layer import LAYERS


def layer_type_list() -> list[str]:
    """The names of all layer types that can be run, and of the data layers that are understood."""
    return sorted({*LAYERS, *DATA_TYPES, "HDF5Output", "Input", "Python"})


def init_log(*args) -> None:
    """Nothing: deepvis uses Python's logging."""


def log(message: str) -> None:
    """Write to Python's logging, under the name ``caffe``."""
    logging.getLogger("caffe").info(message)


def solver_count() -> int:
    """1: this process alone."""
    return 1


def solver_rank() -> int:
    """0: the first and only one."""
    return 0


set_solver_count = set_solver_rank = set_multiprocess = init_log  # there are no solvers


def has_nccl() -> bool:
    """False: there are no solvers that would need it."""
    return False


class NCCL:
    """Training is out."""

    def __init__(self, *args, **kwargs) -> None:
        raise TrainingIsOut("NCCL: deepvis runs Caffe networks and does not train them; train with Caffe or PyTorch")


class Timer:
    """A clock: ``start``, ``stop``, and the milliseconds, microseconds or seconds between the two."""

    def __init__(self) -> None:
        self._began = self._ended = 0.0

    def start(self) -> None:
        self._began = self._ended = time.perf_counter()

    def stop(self) -> None:
        self._ended = time.perf_counter()

    @property
    def seconds(self) -> float:
        return self._ended - self._began

    @property
    def ms(self) -> float:
        return 1e3 * self.seconds

    @property
    def us(self) -> float:
        return 1e6 * self.seconds
