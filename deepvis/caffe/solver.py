"""pycaffe's solvers: training is not part of deepvis, and they say so."""

from __future__ import annotations


class TrainingIsOut(NotImplementedError):
    """deepvis runs Caffe networks; it does not train them."""


class _Solver:
    def __init__(self, *args, **kwargs) -> None:
        raise TrainingIsOut(
            f"{type(self).__name__}: deepvis runs Caffe networks and does not train them; train with Caffe or PyTorch "
            "and open the .caffemodel here"
        )


class Solver(_Solver):
    """Training is out."""


class SGDSolver(_Solver):
    """Training is out."""


class NesterovSolver(_Solver):
    """Training is out."""


class AdaGradSolver(_Solver):
    """Training is out."""


class RMSPropSolver(_Solver):
    """Training is out."""


class AdaDeltaSolver(_Solver):
    """Training is out."""


class AdamSolver(_Solver):
    """Training is out."""


def get_solver(path: str):
    """Training is out: raises TrainingIsOut."""
    return Solver(path)
