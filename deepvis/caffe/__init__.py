"""pycaffe's interface for inference, over this project's engine: ``import deepvis.caffe as caffe``.

What is here: Net, Blob, Layer, Classifier, Detector, io, net_spec (layers, params, NetSpec, to_proto), proto,
the modes, and the toolbox fork's back passes. Training is not: solvers say so. Source: pycaffe of BVLC Caffe 1.0.
"""

from deepvis.caffe import coord_map, io, net_spec, proto
from deepvis.caffe.blob import Blob
from deepvis.caffe.classifier import Classifier
from deepvis.caffe.detector import Detector
from deepvis.caffe.mode import set_device, set_mode_cpu, set_mode_gpu, set_random_seed
from deepvis.caffe.net import TEST, TRAIN, Net
from deepvis.caffe.net_spec import NetSpec, layers, params, to_proto
from deepvis.caffe.python_layer import Layer
from deepvis.caffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    TrainingIsOut,
    get_solver,
)
from deepvis.formats.caffe.layer import LAYERS as _LAYERS
from deepvis.formats.caffe.training import DATA_TYPES as _DATA_TYPES

__version__ = "1.0.0"  # the version of Caffe whose interface this is


def layer_type_list() -> list[str]:
    """The names of all layer types that can be run, and of the data layers that are understood."""
    return sorted({*_LAYERS, *_DATA_TYPES, "HDF5Output", "Input", "Python"})


def init_log(*args) -> None:
    """Nothing: deepvis uses Python's logging."""


def log(message: str) -> None:
    """Write to Python's logging, under the name ``caffe``."""
    import logging

    logging.getLogger("caffe").info(message)


__all__ = [
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Blob",
    "Classifier",
    "Detector",
    "Layer",
    "NesterovSolver",
    "Net",
    "NetSpec",
    "RMSPropSolver",
    "SGDSolver",
    "TrainingIsOut",
    "coord_map",
    "get_solver",
    "init_log",
    "io",
    "layer_type_list",
    "layers",
    "log",
    "net_spec",
    "params",
    "proto",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_random_seed",
    "to_proto",
]
