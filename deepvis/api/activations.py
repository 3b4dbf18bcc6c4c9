"""The values of layers, by their names in the graph, or by the paths of the modules that make them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from deepvis.core.nearest import nearest
from deepvis.formats.torch.module_input import Captured
from deepvis.models.model import Model
from deepvis.network.maps import as_maps
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.scan.network import ScanNetwork


class Values:
    """Runs a network for the values of layers.

    What the window lists, and every other value of the graph, comes from the graph. The path of a module that is not
    in the list stands for what that module returns in its first call, which may be no value of the graph (an Identity,
    an attention of several parts): it is heard by hooks on the captured copy, before an activation in place changes it.
    """

    def __init__(self, network: ScanNetwork) -> None:
        self._network = network
        self._model: Model = network.model
        own = self._model.opened.own()
        self._captured = own if isinstance(own, Captured) else None
        self._parts = dict(self._captured.module.named_modules()) if self._captured else {}
        self._takes_several = self._model.graph.batch != 1

    def check(self, names: Collection[str]) -> None:
        """Raises ModelError for a name that is neither a layer nor a module's path."""
        for name in names:
            if name not in self._model.structure and name not in self._parts:
                names_there = [*self._model.layer_names, *self._model.structure.versions, *filter(None, self._parts)]
                raise ModelError(
                    f"{self._model.name} has no layer {name!r}; "
                    f"{nearest(name, dict.fromkeys(names_there), f'there are: {_some(names_there)}')}"
                )

    def of(self, batches: Iterator[np.ndarray], names: Sequence[str]) -> dict[str, np.ndarray]:
        """Name -> (N, C, H, W) or (N, C), of all batches."""
        found: dict[str, list[np.ndarray]] = {name: [] for name in names}
        for batch in batches:
            for piece in self._pieces(batch, names):
                for name, value in piece.items():
                    found[name].append(value)
        return {name: np.concatenate(values) for name, values in found.items()}

    def _pieces(self, batch: np.ndarray, names: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
        """The batch at once, or picture by picture where the network takes no more."""
        if len(batch) > 1 and self._takes_several:
            try:
                found = self._run(batch, names)
            except ModelError:
                found = None
            if found is not None:
                yield found
                return
            self._takes_several = False
        for row in range(len(batch)):
            single = self._run(batch[row : row + 1], names)
            if single is None:
                raise ModelError(f"{self._model.name}: a layer has no values for one picture, expected one row")
            yield single

    def _run(self, batch: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray] | None:
        """None where a layer has not one row for each picture of several."""
        found = self._module_outputs(batch, names)
        outputs = set(found)
        from_graph = [name for name in names if name not in outputs]
        if from_graph:
            net: GraphNet = self._network.net
            blobs = net.forward(self._network.inputs(batch), keep=set(from_graph)).blobs
            found.update({name: blobs[name].detach().cpu().numpy() for name in from_graph})
        if len(batch) > 1 and any(value.shape[:1] != (len(batch),) for value in found.values()):
            return None
        return {
            name: value if name in outputs and value.shape[:1] == (len(batch),) else rows_of(value, len(batch))
            for name, value in found.items()
        }

    def _module_outputs(self, batch: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Of the names that are modules' paths and are not in the list. Raises ModelError for one not called."""
        paths = {name for name in names if name in self._parts and name not in self._model.layer_names}
        if not paths or self._captured is None:
            return {}
        outputs = captured_outputs(self._captured, self._parts, paths, batch)
        for path in paths - outputs.keys():
            if path not in self._model.structure:
                raise ModelError(
                    f"the module {path!r} returned no tensor in this pass, expected one; is it called at all?"
                )
        return outputs


def rows_of(value: np.ndarray, pictures: int) -> np.ndarray:
    """A blob as (N, C, H, W), or (N, C) where it is a vector for each picture; float32, its own memory."""
    if value.ndim == 2 and len(value) == pictures:
        return np.array(value, np.float32)
    if value.ndim == 1 and len(value) == pictures > 1:  # one number for each picture
        return np.array(value, np.float32).reshape(pictures, 1, 1, 1)
    if pictures == 1 or value.ndim < 2:
        return np.array(as_maps(value)[np.newaxis], np.float32)
    return np.stack([as_maps(value[row : row + 1]) for row in range(pictures)]).astype(np.float32)


def captured_outputs(
    captured: Captured, parts: dict[str, nn.Module], paths: Collection[str], batch: np.ndarray
) -> dict[str, np.ndarray]:
    """Path -> what the module returned in its first call; nothing of those that are not called."""
    outputs: dict[str, np.ndarray] = {}
    with ExitStack() as hooks, torch.no_grad():
        for path in paths:
            hooks.enter_context(parts[path].register_forward_hook(partial(_record_output, outputs, path)))
        captured.taking(torch.from_numpy(batch))
    return outputs


def _record_output(outputs: dict[str, np.ndarray], path: str, module: nn.Module, given: Any, returned: Any) -> None:
    tensors = [leaf for leaf in tree_leaves(returned) if isinstance(leaf, Tensor)]
    if path not in outputs and tensors:
        outputs[path] = tensors[0].detach().float().clone().numpy()


def _some(names: Sequence[str], most: int = 40) -> str:
    shown = list(dict.fromkeys(names))
    return ", ".join(shown[:most]) + (", ..." if len(shown) > most else "")
