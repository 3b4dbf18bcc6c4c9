"""deepvis: see what every unit of a convolutional network sees, live."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepvis.api.open_network import open as open
    from deepvis.api.opened_network import Network as Network
    from deepvis.api.show_window import show as show
    from deepvis.network.model_error import ModelError as ModelError

__version__ = "0.1.0"

# OpenMP's threads spin for milliseconds between parallel regions by default. Where they share the cores
# with a window and a video decoder, that costs more than it saves: GoogLeNet's pass took 10 times as long. Some
# microseconds are the best for all: 100000 gave the camera a twentieth more, and took a third from the passes beside
# the live optimizer. To be said before torch is loaded, so it stands here.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# the public names, loaded when first used: the window stands before torch is there
_PUBLIC = {
    "open": "deepvis.api.open_network",
    "Network": "deepvis.api.opened_network",
    "show": "deepvis.api.show_window",
    "ModelError": "deepvis.network.model_error",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'deepvis' has no attribute {name!r}; there are {', '.join(_PUBLIC)}")
    import importlib

    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
