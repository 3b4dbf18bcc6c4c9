"""The window on a network that is open, and its handle."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from typing import Any, Generic, TypeVar

from deepvis.api.refresher import Refresher, renew
from deepvis.api.renewable import RenewableModel
from deepvis.api.served import Names, Tls, frame_html, is_interactive, served_place, show_frame
from deepvis.api.window_thread import WINDOWS, RunningWindow
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import NETWORK
from deepvis.network.model_error import ModelError
from deepvis.serve.served_window import InBrowsers
from deepvis.settings.table import SETTINGS, ConfigError, Settings, checked
from deepvis.window.app import TITLE, check_sources
from deepvis.window.first_state import is_moving_by_itself
from deepvis.window.options import RunOptions

# what may be said of the window, by the settings' names; everything else is said of the network
ELSEWHERE = {*NETWORK.rows, "images", "caffe_root", "key_bindings", "compare"}
WINDOW_OPTIONS = tuple(name for name in SETTINGS.rows if name not in ELSEWHERE)
N = TypeVar("N", bound=RenewableModel)


class ShownNetwork(Generic[N]):
    """A window that is open, or was; made by ``deepvis.show``. network: what it shows.

    ``refresh`` is for the thread that trains; all methods may be called from any.
    """

    def __init__(
        self, network: N, window: RunningWindow, every: float | None = None, place: InBrowsers | None = None
    ) -> None:
        self.network, self._window, self._place = network, window, place
        self._refresher = None if every is None else Refresher(network, window, every)

    @property
    def is_open(self) -> bool:
        return not self._window.is_over

    @property
    def address(self) -> str:
        """Where a served window is opened in a browser, token included; "" of a window on the screen."""
        return "" if self._place is None else self._place.server.url

    @property
    def view_address(self) -> str:
        """The same for those who look on and control nothing; "" where there is none."""
        return "" if self._place is None else self._place.server.view_url

    @property
    def error(self) -> str:
        """Why the window ended by itself, "" if it did not."""
        return self._window.error

    def refresh(self, *, may_capture: bool = True) -> bool:
        """Show the weights that the module has now; False where the window is closed.

        They are copied in the calling thread: call it between two steps. Earlier pictures are marked "older weights".
        may_capture: the module may be captured anew where its weights alone do not do, which is not for other threads.
        Raises ModelError for a network that is no module in memory.
        """
        return renew(self.network, self._window, may_capture=may_capture)

    def close(self) -> None:
        """Close the window, and wait until it is gone; a second call does nothing."""
        if self._refresher is not None:
            self._refresher.stop()
        self._window.close()
        if self._place is not None:
            self._place.close()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the user closes the window, seconds at most; True once it is closed."""
        return self._window.wait(timeout)

    def __enter__(self) -> ShownNetwork[N]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ShownNetwork {self.network.name}: {'open' if self.is_open else 'closed'}>"

    def _repr_html_(self) -> str | None:
        """In a notebook: the served window itself, as long as it is open."""
        return frame_html(self.address) if self.address and self.is_open else None


def show_network(
    network: N,
    images: str | os.PathLike[str] | None = None,
    *,
    block: bool | None = True,
    every: float | None = None,
    keys: str = "",
    serve: bool | int | str = False,
    tls: Tls = None,
    serve_unencrypted: bool = False,
    serve_name: Names = (),
    serve_view: bool = False,
    **window: Any,
) -> ShownNetwork[N]:
    """The same for a network that is open. window: settings by name."""
    is_served = serve is not False
    if block is None:
        block = not (is_served and is_interactive())
    if every is not None:
        if not every > 0:
            raise ModelError(f"every is {every!r}, expected seconds above 0")
        network.check_is_live()
    settings = _settings(network, images, window)
    if sys.platform == "darwin" and not block and not is_served:
        raise ModelError(
            "show: on macOS a window belongs to the main thread, which block=False leaves to you; leave it out"
        )
    starts_moving = any(window.get(name) is not None for name in ("camera", "video")) or (
        images is None and is_moving_by_itself(settings)
    )
    options = RunOptions(keys=tuple(keys.split()))
    place: InBrowsers | None = None
    try:
        check_sources(settings)
        place = served_place(serve, tls, unencrypted=serve_unencrypted, names=serve_name, view=serve_view)
        running = WINDOWS.open(
            settings, options, network.model, starts_moving=starts_moving, title=_title(network), place=place
        )
    except UsageError as error:
        if place is not None:
            place.close()
        raise ModelError(str(error)) from error
    shown = ShownNetwork(network, running, every, place)
    if block and place is not None:
        show_frame(place.server.url)
    if block:
        try:
            shown.wait()
        finally:
            shown.close()
        if shown.error:
            raise ModelError(shown.error)
    return shown


def _settings(network: RenewableModel, images: str | os.PathLike[str] | None, window: dict[str, Any]) -> Settings:
    """Raises ModelError for an option that is none, or has another value than it may."""
    for name in window:
        if name not in WINDOW_OPTIONS:
            raise ModelError(f"show: there is no option {name!r}; there are {', '.join(WINDOW_OPTIONS)}")
    named = {"device": network.device, "images": None if images is None else os.fspath(images)}
    if images is not None and not isinstance(images, (str, os.PathLike)):
        raise ModelError(
            f"show: images is a {type(images).__name__}, expected a folder, a photo or a text file of paths"
        )
    try:
        values = {name: checked(name, value, "show") for name, value in {**named, **window}.items()}
    except ConfigError as error:
        raise ModelError(str(error)) from error
    return replace(Settings(), **values)


_numbers = iter(range(1, sys.maxsize))
_numbers_lock = threading.Lock()


def _title(network: RenewableModel) -> str:
    """No two windows have the same: each hears its own keys by it."""
    with _numbers_lock:
        return f"{TITLE}: {network.name} ({next(_numbers)})"
