"""One pane a file; importing this package registers them all."""

from deepvis.window.ui.panes import (
    aux,
    back,
    control,
    error,
    help,
    input,
    jpgvis,
    layers,
    palette,
    status,
)  # isort: split

from deepvis.window.ui.panes import hover  # drawn last

__all__ = ["aux", "back", "control", "error", "help", "hover", "input", "jpgvis", "layers", "palette", "status"]
