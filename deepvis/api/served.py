"""``deepvis.show(..., serve=True)``: where the window is then, and how a notebook shows it."""

from __future__ import annotations

import html
import os
import secrets
import sys
from collections.abc import Sequence

from deepvis.core.user_error import UsageError
from deepvis.serve.address import serve_address
from deepvis.serve.option_words import IN_PYTHON
from deepvis.serve.served_window import InBrowsers, say_addresses

FRAME_HEIGHT = 720  # pixels, in a notebook


Names = str | Sequence[str]
Tls = tuple[str | os.PathLike[str], str | os.PathLike[str]] | None


def served_place(
    serve: bool | int | str, tls: Tls = None, *, unencrypted: bool = False, names: Names = (), view: bool = False
) -> InBrowsers | None:
    """Where the window is; None where it is not served. Raises UsageError.

    serve: True for loopback and a free port, a port, or HOST:PORT. tls: files of the certificate and its key.
    unencrypted: beyond loopback without them. names: one or several by which browsers find it besides.
    view: it has a further address, which is to look on.
    """
    if serve is False:
        for given, name in ((tls is not None, "tls"), (unencrypted, "serve_unencrypted"),
                            (names, "serve_name"), (view, "serve_view")):  # fmt: skip
            if given:
                raise UsageError(f"show: {name} needs serve too, as in serve=8000")
        return None
    if not isinstance(serve, (int, str)) or (isinstance(serve, int) and not 0 <= serve <= 65535):
        raise UsageError(f"show: serve is {serve!r}, expected True, a port from 0 to 65535, or 'HOST:PORT'")
    address = serve_address("" if serve is True else str(serve), _files(tls), unencrypted=unencrypted, words=IN_PYTHON)
    address = address.with_names(_names(names))
    return InBrowsers(address.with_view_token() if view else address, say_addresses)


def _names(names: object) -> tuple[str, ...]:
    found = (names,) if isinstance(names, str) else names
    if not isinstance(found, (tuple, list)) or not all(isinstance(each, str) for each in found):
        raise UsageError(f"show: serve_name is {names!r}, expected a host name, or a list of them")
    return tuple(found)


def _files(tls: object) -> tuple[str, str] | None:
    if tls is None:
        return None
    if not isinstance(tls, (tuple, list)) or len(tls) != 2 or not all(isinstance(e, (str, os.PathLike)) for e in tls):
        raise UsageError(f"show: tls is {tls!r}, expected (CERT, KEY), the names of two PEM files")
    return os.fspath(tls[0]), os.fspath(tls[1])


def frame_html(address: str) -> str:
    """The served window as an element of a page; its name is the viewer's, also once that page is loaded anew."""
    return (
        f'<iframe name="deepvis-{secrets.token_hex(8)}" src="{html.escape(address)}" width="100%" '
        f'height="{FRAME_HEIGHT}" allow="camera; fullscreen; clipboard-read" style="border:0"></iframe>'
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
