"""pycaffe's interface for inference, over this project's engine: ``import deepvis.caffe as caffe``.

What is here: Net, Blob, Layer, Classifier, Detector, io, net_spec (layers, params, NetSpec, to_proto), proto,
the modes, and the toolbox fork's back passes; pycaffe and _caffe hold the names that they hold there. Training is not:
solvers say so. Source: pycaffe of BVLC Caffe 1.0.
"""

from deepvis.caffe import _caffe, coord_map, io, net_spec, proto, pycaffe
from deepvis.caffe._caffe import *  # noqa: F403
from deepvis.caffe._caffe import __version__
from deepvis.caffe.classifier import Classifier
from deepvis.caffe.detector import Detector
from deepvis.caffe.net import TEST, TRAIN
from deepvis.caffe.net_spec import NetSpec, layers, params, to_proto
from deepvis.caffe.solver import TrainingIsOut

__all__ = [
    *_caffe.__all__,
    "TEST",
    "TRAIN",
    "Classifier",
    "Detector",
    "NetSpec",
    "TrainingIsOut",
    "__version__",
    "coord_map",
    "io",
    "layers",
    "net_spec",
    "params",
    "proto",
    "pycaffe",
    "to_proto",
]
