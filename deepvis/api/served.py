"""``deepvis.show(..., serve=True)``: where the window is then, and how a notebook shows it."""

from __future__ import annotations

import html
import sys

from deepvis.core.user_error import UsageError
from deepvis.serve.address import ServeAddress, serve_address
from deepvis.serve.served_window import InBrowsers

FRAME_HEIGHT = 720  # pixels, in a notebook


def served_place(serve: bool | str) -> InBrowsers:
    """Where the window is. serve: True for loopback and a free port, or HOST:PORT. Raises UsageError."""
    if serve is not True and not isinstance(serve, str):
        raise UsageError(f"show: serve is {serve!r}, expected True or HOST:PORT")
    address: ServeAddress = serve_address("" if serve is True else serve)
    return InBrowsers(address, _say_address)


def frame_html(address: str) -> str:
    """The served window as an element of a page."""
    return (
        f'<iframe src="{html.escape(address)}" width="100%" height="{FRAME_HEIGHT}" allow="camera; fullscreen; '
        'clipboard-read" style="border:0"></iframe>'
    )


def show_frame(address: str) -> None:
    """Embed the served window in the notebook's output; nothing where there is no notebook."""
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython
    from IPython.display import HTML, display

    if get_ipython() is not None:
        display(HTML(frame_html(address)))


def is_interactive() -> bool:
    """True where somebody types at Python: in a notebook, or at its prompt."""
    ipython = sys.modules.get("IPython")
    return hasattr(sys, "ps1") or (ipython is not None and ipython.get_ipython() is not None)


def _say_address(url: str, _view_url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
