"""``deepvis.show``: the window on a network of this process, beside a training loop if need be."""

from __future__ import annotations

import os
from typing import Any

from deepvis.api.open_network import open as open_network
from deepvis.api.opened_network import Network
from deepvis.api.served import Names, Tls
from deepvis.api.shown_network import WINDOW_OPTIONS, ShownNetwork, show_network
from deepvis.network.model_error import ModelError


def show(
    what: Any,
    images: str | os.PathLike[str] | None = None,
    *,
    block: bool | None = None,
    every: float | None = None,
    weights: Any = None,
    keys: str = "",
    serve: bool | int | str = False,
    tls: Tls = None,
    serve_unencrypted: bool = False,
    serve_name: Names = (),
    serve_view: bool = False,
    **options: Any,
) -> ShownNetwork[Network]:
    """Open the window on a network. Raises ModelError, one sentence.

    what, weights: as of ``deepvis.open``, or a Network. images: a folder, a photo or a text file of paths; None: the
    camera, or sample photos. block: come back when the window is closed; False: at once, with a handle; None: at once
    only for a served window in a notebook or at Python's prompt. every: take the weights of a module that trains up
    every so many seconds. keys: to begin with, as "s" for the pictures of all units. serve: the window is in browsers,
    True, a port, or HOST:PORT; its address, token included, is printed and in the handle, which is the window in a
    notebook. tls: files of the certificate and its key, for https. serve_unencrypted: beyond loopback without them.
    serve_name: a further name by which browsers find it, or several, as of a reverse proxy. serve_view: a second
    address is printed, to look on without control. options: of ``deepvis.open``, and of the window by the settings'
    names: camera, video, window_size, ...
    """
    window = {name: options.pop(name) for name in WINDOW_OPTIONS if name in options and name != "device"}
    if isinstance(what, Network):
        if options or weights is not None:
            raise ModelError(
                f"show: found {', '.join(options) or 'weights'} for a network that is open already; give it to "
                "deepvis.open"
            )
        network = what
    else:
        network = open_network(what, weights, **options)
    served: dict[str, Any] = {"serve": serve, "tls": tls, "serve_unencrypted": serve_unencrypted}
    served |= {"serve_name": serve_name, "serve_view": serve_view}
    return show_network(network, images, block=block, every=every, keys=keys, **served, **window)
