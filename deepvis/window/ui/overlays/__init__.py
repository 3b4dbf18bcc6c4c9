"""One overlay a file; importing this package registers them in the order in which they are drawn."""

from deepvis.window.ui.overlays import error, help, palette, pressed, recording  # isort: split

from deepvis.window.ui.overlays import hover  # drawn last

__all__ = ["error", "help", "hover", "palette", "pressed", "recording"]
