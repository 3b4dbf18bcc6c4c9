"""pycaffe's solvers: training is not part of deepvis, and they say so."""

from __future__ import annotations


class TrainingIsOut(NotImplementedError):
    """deepvis runs Caffe networks; it does not train them."""


class Solver:
    """Training is out."""

    def __init__(self, *args, **kwargs) -> None:
        raise TrainingIsOut(
            f"{type(self).__name__}: deepvis runs Caffe networks and does not train them; train with Caffe or PyTorch "
            "and open the .caffemodel here"
        )


class SGDSolver(Solver):
    """Training is out."""


class NesterovSolver(Solver):
    """Training is out."""


class AdaGradSolver(Solver):
    """Training is out."""


class RMSPropSolver(Solver):
    """Training is out."""


class AdaDeltaSolver(Solver):
    """Training is out."""


class AdamSolver(Solver):
    """Training is out."""


def get_solver(path: str):
    """Training is out: raises TrainingIsOut."""
    return Solver(path)
