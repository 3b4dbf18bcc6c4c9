"""``--list-models`` and ``--list-layers``: text on standard output."""

from __future__ import annotations

import importlib.util
import sys

from deepvis.live.backends.base import BackendError, open_backend
from deepvis.models.zoo import DEFAULT_MODEL, list_models
from deepvis.network.errors import ModelError
from deepvis.settings.table import Settings
from deepvis.window.app import opened
from deepvis.window.options import UsageError


def print_models() -> int:
    """The models that come with the project, and what is missing of each."""
    try:
        cards = list_models()
    except ModelError as error:
        raise UsageError(str(error)) from error
    for card in cards:
        name = card.folder.name
        missing = [key for key in card.file_keys if not ((path := card.path(key)) and path.is_file())]
        state = f"get it with: scripts/fetch_model.py {name}" if missing else "ready"
        if (needed := card.library) and importlib.util.find_spec(needed) is None:
            state = f"{state}; needs {needed}: pip install 'deepvis[{needed}]'"
        default = " (the default)" if name == DEFAULT_MODEL else ""
        sys.stdout.write(f"{name:24} {state}{default}\n")
    return 0


def print_layers(settings: Settings) -> int:
    """What the network is fed with, what does not fit, and the layers that the window shows.

    Of a layer: name, type, channels x height x width, name in the list.
    """
    model = opened(settings)
    try:
        backend = open_backend(settings.backend, model, settings.device)
    except (BackendError, ModelError) as error:
        raise UsageError(str(error)) from error
    for sentence in (backend.info.input_words, *backend.info.notes):
        sys.stdout.write(f"# {sentence}\n" if sentence else "")
    width = max(len(layer.name) for layer in backend.info.layers)
    for layer in backend.info.layers:
        shape = f"{layer.channels}x{layer.height}x{layer.width}" if layer.is_spatial else f"{layer.channels}"
        sys.stdout.write(f"{layer.name:{width}}  {layer.type:14}  {shape:12}  {layer.title}\n".rstrip() + "\n")
    backend.close()
    return 0
