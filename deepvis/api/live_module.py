"""A module that may go on training, as a model; and the same model with the weights that the module has by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from deepvis.api.module_copy import copied, fingerprint, left_out_hooks, without_settings
from deepvis.formats.torch.module_input import Captured, InputOptions
from deepvis.formats.torch.number_types import own_types
from deepvis.formats.torch.opener import opened_module
from deepvis.formats.torch.self_test import captured_against_eager, self_test
from deepvis.formats.torch.weights import load_weights
from deepvis.models.model import Model
from deepvis.models.zoo import IN_MEMORY, open_model
from deepvis.network.graph import Graph
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef

_SOURCE_OPTIONS = {"input_size": "input_size", "channels": "channels", "layout": "layout", "data_blob": "data_input"}
_NOT_OF_THE_CARD = (*_SOURCE_OPTIONS, "inputs", "fill", "trust_file")


@dataclass(frozen=True, eq=False)
class LiveModule:
    """The module, which is only read, and what was said of it.

    options: those of a NetworkRef by name. weights: a file that the copies take their weights from, in place of the
    module's own.
    """

    module: nn.Module
    mean: str | tuple[float, ...] | None
    labels: str | None
    options: Mapping[str, Any]
    weights: Path | None = None

    @property
    def name(self) -> str:
        return type(self.module).__name__

    def model(self) -> Model:
        """Its model as it is now, captured anew. Raises ModelError."""
        with undisturbed():
            return self._captured(self._copy())

    def renewed(self, model: Model, *, may_capture: bool = True) -> Model:
        """The same model with the module's weights of now, quickly where its structure has not changed.

        To be called by the thread that trains it, between two steps. may_capture: it may be exported anew, which
        changes torch for all threads as long as it takes. Raises ModelError where the layers are others.
        """
        with undisturbed():
            captured: Captured = model.opened.own()
            copy = self._copy() if own_types(captured.module) else self._copy().float()
            own = Captured(copy, captured.entry)
            graph = _renewed(model.graph, captured.module, own)
            if graph is None and not may_capture:
                raise ModelError(
                    f"{self.name}: its weights must be captured anew, which only the thread that trains can do; call "
                    "refresh() between two steps"
                )
            if graph is None:
                newer = self._captured(copy)
                _check_same(model, newer)
                return newer
            check = partial(self_test, graph, own.taking)
            opened = replace(model.opened, structure=graph, weighted=lambda: graph, own=lambda: own, self_test=check)
            return replace(model, opened=opened)

    def differs(self, model: Model) -> bool:
        """Has the module other weights than the model?"""
        captured: Captured = model.opened.own()
        pairs = zip(_tensors(self.module), _tensors(captured.module), strict=False)
        return any(not torch.equal(mine.detach().to(taken).cpu(), taken) for (_, mine), (_, taken) in pairs)

    def _copy(self) -> nn.Module:
        copy = copied(self.module)
        if self.weights is not None:
            load_weights(copy, self.weights, fill=bool(self.options.get("fill")))
        return copy

    def _captured(self, copy: nn.Module) -> Model:
        source = InputOptions(
            **{own: self.options.get(name) for name, own in _SOURCE_OPTIONS.items()},
            inputs=self.options.get("inputs", ()),
        )
        hooks = left_out_hooks(self.module)
        notes = [f"forward hooks of {', '.join(hooks[:3])} are not run here"] if hooks else []
        opened = opened_module(copy, self.name, source, notes)
        options = {name: value for name, value in self.options.items() if name not in _NOT_OF_THE_CARD}
        ref = NetworkRef(None, f"{IN_MEMORY}:{self.name}", None, self.mean, self.labels, tuple(options.items()))
        return replace(open_model(ref, opened), name=self.name)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is done within leaves torch's random numbers and modes as they are, and is not touched by them."""
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.autocast("cpu", enabled=False):
        yield


def _renewed(graph: Graph, before: nn.Module, now: Captured) -> Graph | None:
    """The graph with the weights of now; None where it must be captured anew.

    Attributes that have changed, as a counter of steps, may change the way of the values or not: the module's own pass
    tells.
    """
    old, new = fingerprint(before), fingerprint(now.module)
    if without_settings(old) != without_settings(new):
        return None
    graph_now = _with_weights(graph, before, now.module)
    if graph_now is None or old == new:
        return graph_now
    return graph_now if captured_against_eager(graph_now, now.taking).is_same else None


def _with_weights(graph: Graph, before: nn.Module, now: nn.Module) -> Graph | None:
    """The graph with the tensors of ``now``; None where that does not give all of the new weights.

    So where a weight of the graph is made from several, as by weight norm, and where a part runs as the module itself.
    """
    names = {_place(tensor): name for name, tensor in _tensors(before) if tensor.numel()}
    newer = dict(_tensors(now))
    arrays = [array for node in graph.nodes for array in node.weights if isinstance(array, Tensor)]
    places = {_place(array) for array in arrays if array.numel()}
    if not places <= names.keys() or any(_place(each) not in places for each in before.parameters() if each.numel()):
        return None
    return graph.with_weights(
        lambda array: newer[names[_place(array)]].detach() if isinstance(array, Tensor) and array.numel() else array
    )


def _tensors(module: nn.Module) -> Sequence[tuple[str, Tensor]]:
    return [
        *module.named_parameters(remove_duplicate=False),
        *module.named_buffers(remove_duplicate=False),
    ]


def _place(tensor: Tensor) -> tuple[int, tuple[int, ...]]:
    """What two names of one tensor have in common."""
    return tensor.data_ptr(), tuple(tensor.shape)


def _check_same(model: Model, newer: Model) -> None:
    same = (
        model.structure.names == newer.structure.names,
        model.layer_names == newer.layer_names,
        model.preprocessor.input_shape == newer.preprocessor.input_shape,
    )
    if not all(same):
        raise ModelError(
            f"{model.name}: the layers of the module are others than those that were opened, expected the same with "
            "other weights; open the module anew"
        )
