"""Modules that an installed library builds by name: ``torchvision:resnet18``, ``timm:resnet50``."""

from __future__ import annotations

import importlib
import inspect
import logging
from types import ModuleType
from typing import Any

from torch import nn

from deepvis.core.nearest import nearest
from deepvis.core.program import pip_install
from deepvis.formats.torch.user_module import words_of
from deepvis.network.model_error import ModelError

log = logging.getLogger(__name__)


def library_module(library: str, name: str, *, has_weights: bool = False) -> tuple[nn.Module, list[str]]:
    """The module in evaluation mode, its weights random, and a note that says so unless others follow.

    Nothing is downloaded. Raises ModelError where the library is not there, cannot be loaded, or has no such name.
    """
    package = _imported(library, name)
    models: Any = importlib.import_module("torchvision.models") if library == "torchvision" else package
    names = list(models.list_models())
    bare = name.partition(".")[0]  # timm's "resnet50.a1_in1k" names weights behind the dot
    if name not in names and bare not in names:
        raise ModelError(
            f"{library}:{name}: {library} has no model of that name; {nearest(name, names, 'see its list')}"
        )
    try:
        module = _torchvision(models, name) if library == "torchvision" else models.create_model(name, pretrained=False)
    except Exception as error:  # the library's own code
        raise ModelError(f"{library}:{name}: making it ended with {words_of(error)}; try another") from error
    note = f"no weights are given: those of {name} are random; give them with --weights FILE"
    return module.eval().float().cpu(), [] if has_weights else [note]


def _torchvision(models: Any, name: str) -> nn.Module:
    """Without weights: detectors would fetch those of their backbone."""
    builder = models.get_model_builder(name)
    without = ("weights", "weights_backbone")
    return builder(**{key: None for key in without if key in inspect.signature(builder).parameters})


def _imported(library: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise ModelError(
                f"{library}:{name}: {library} cannot be loaded: {words_of(error)}; install that"
            ) from error
        raise ModelError(
            f"{library}:{name}: {library} is not installed; install it with: {pip_install(library)}"
        ) from error
    except Exception as error:  # compiled operators of another build
        log.debug("%s cannot be imported", library, exc_info=True)
        broken = "torchvision" if "torchvision" in str(error) else library  # timm needs it
        raise ModelError(
            f"{library}:{name}: {library} cannot be loaded ({words_of(error)}): its compiled operators are "
            f"of another build than torch; install the {broken} that belongs to this torch, from the same address"
        ) from error
