"""The file of a dictionary: directions of a layer's channel space, and the network with them as a further layer.

An npz, version 1, without pickle; K atoms, C channels::

    version ()        int
    network ()        str       identity of the network
    layer   ()        str       whose channels
    method  ()        str       nmf or dictionary
    seed    ()        int
    photos  ()        str       digest of the photos that it was learned from
    atoms   (K, C)    float32   directions, of norm 1
    encoder (K, C)    float32   the pseudo-inverse of the atoms: a = max(0, encoder x) is how much of each is in x

Beside it lies a json of the same name, with the figures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.files import written_beside
from deepvis.core.program import program
from deepvis.network.atoms import AtomLayer, channels_of, with_atoms
from deepvis.network.graph import Graph
from deepvis.network.identity import identity
from deepvis.network.model_error import ModelError
from deepvis.network.ref import Opened
from deepvis.network.shapes import infer_shapes
from deepvis.schema.npz_file import npz_of

VERSION = 1
_WORDS = ("network", "layer", "method", "photos")
_TABLES = ("atoms", "encoder")


@dataclass(frozen=True, eq=False)
class Dictionary:
    """What the file holds, see above."""

    network: str
    layer: str
    method: str
    seed: int
    photos: str
    atoms: np.ndarray
    encoder: np.ndarray

    @property
    def name(self) -> str:
        """Of the further layer: inception_4c/output~64."""
        return f"{self.layer}~{len(self.atoms)}"

    def as_layer(self) -> AtomLayer:
        return AtomLayer(self.layer, self.name, self.encoder)


def write_dictionary(path: Path, dictionary: Dictionary) -> None:
    """Not compressed: the same numbers give the same bytes, whatever zlib is at hand. Raises OSError."""
    with written_beside(path) as file:
        table: Any = {name: np.array(value) for name, value in vars(dictionary).items()}
        np.savez(file, version=np.array(VERSION), **table)


def read_dictionary(path: Path) -> Dictionary:
    """Raises ModelError where the file is not there or holds something else."""
    with npz_of(path, ("seed", *_WORDS, *_TABLES), VERSION, partial(_no_dictionary, path)) as found:
        atoms, encoder = (found[name].astype(np.float32) for name in _TABLES)
        if atoms.ndim != 2 or 0 in atoms.shape or atoms.shape != encoder.shape:
            raise _no_dictionary(path, f"its atoms have the shape {atoms.shape}, its encoder {encoder.shape}")
        if not (np.isfinite(atoms).all() and np.isfinite(encoder).all()):
            raise _no_dictionary(path, "not all of its numbers are finite")
        words = {name: str(found[name]) for name in _WORDS}
        return Dictionary(seed=int(found["seed"]), atoms=atoms, encoder=encoder, **words)


def _no_dictionary(path: Path, why: str) -> ModelError:
    return ModelError(f"{path} holds no dictionary ({why}); {program()} dictionary writes such a file")


def opened_with(opened: Opened, dictionary: Dictionary, path: Path, preprocessing: bytes) -> Opened:
    """The network with the dictionary as a further layer; its weights are compared when they are read.

    path: of the dictionary, for errors. preprocessing: ``Preprocessor.signature``. A network that has the layer
    already, as a module whose weights have changed since it was opened, stays as it is. Raises ModelError.
    """
    if dictionary.name in opened.structure.added:
        return opened
    if dictionary.layer not in opened.structure and dictionary.layer not in opened.structure.unavailable:
        raise ModelError(
            f"{path} is a dictionary of layer {dictionary.layer!r}, which this network has not; open the network that "
            "it was learned from"
        )

    @cache
    def weighted() -> Graph:
        graph = opened.weighted()
        check_fits(graph, dictionary, path, preprocessing)
        return with_atoms(graph, dictionary.as_layer())

    return replace(opened, structure=with_atoms(opened.structure, dictionary.as_layer()), weighted=weighted)


def check_fits(graph: Graph, dictionary: Dictionary, path: Path, preprocessing: bytes) -> None:
    """Raises ModelError where the dictionary is of another network, or of another number of channels."""
    found = identity(graph, preprocessing)
    if found != dictionary.network:
        raise ModelError(
            f"{path} is a dictionary of another network ({dictionary.network}, this one is {found}: weights, "
            f"definition or preprocessing differ); learn one of this network with {program()} dictionary"
        )
    if graph.refusal is not None:
        return
    channels = channels_of(infer_shapes(graph, graph.inputs), dictionary.layer)
    if channels != dictionary.atoms.shape[1]:
        raise ModelError(
            f"{path} has atoms of {dictionary.atoms.shape[1]} channels, but layer {dictionary.layer!r} has {channels}; "
            f"learn a dictionary of it with {program()} dictionary"
        )
