"""One pane a file; importing this package registers them all."""

from deepvis.window.ui.panes import aux, back, control, error, help, input, jpgvis, layers, palette, status

__all__ = ["aux", "back", "control", "error", "help", "input", "jpgvis", "layers", "palette", "status"]
