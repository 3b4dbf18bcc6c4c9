"""The one thread that all windows of a process belong to: the toolkit knows no other way."""

from __future__ import annotations

import atexit
import logging
import queue
import sys
import threading
from collections.abc import Callable

from deepvis.core.mailbox import Mailbox
from deepvis.core.user_error import UsageError
from deepvis.models.model import Model
from deepvis.settings.table import Settings
from deepvis.window.app import Toolbox
from deepvis.window.options import RunOptions
from deepvis.window.place import WindowPlace

log = logging.getLogger(__name__)
CLOSING_SECONDS = 20.0


class RunningWindow:
    """A window in its thread. error: why it ended by itself, once ``is_over``."""

    def __init__(self, make: Callable[[], Toolbox]) -> None:
        self.error = ""
        self.toolbox: Toolbox | None = None  # of the window's thread
        self._make = make
        self._models: Mailbox[Model] = Mailbox()
        self._is_asked_to_close = threading.Event()
        self._over = threading.Event()
        self.opened = threading.Event()  # or it could not be

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def renew(self, model: Model) -> None:
        """Show the same network with other weights."""
        self._models.put(model)

    def close(self) -> None:
        self._is_asked_to_close.set()
        self._over.wait(CLOSING_SECONDS)

    def wait(self, timeout: float | None = None) -> bool:
        return self._over.wait(timeout)

    # --- in the window's thread -------------------------------------------------------------------

    def turn(self) -> bool:
        """One turn of the window; False once it is over."""
        try:
            if self.toolbox is None:
                self.toolbox = self._make()
                self.opened.set()
            loop = self.toolbox.loop
            if (model := self._models.take(0)) is not None:
                self.toolbox.renew(model)
            loop.turn()
            if not (loop.state.quit or self._is_asked_to_close.is_set()):
                return True
        except UsageError as error:
            self.error = str(error)
        except Exception as error:  # of a window in a notebook's or a training loop's process: it must not be lost
            log.exception("the window ended")
            self.error = f"the window ended with {type(error).__name__}: {error}"
        self.end()
        return False

    def end(self) -> None:
        """Let go of the window and its workers."""
        try:
            if self.toolbox is not None:
                self.toolbox.close()
        finally:
            self.toolbox = None
            self._over.set()
            self.opened.set()


class WindowThread:
    """Turns all windows, one after the other; begun with the first, and kept: the toolkit cannot change threads."""

    def __init__(self) -> None:
        self._coming: queue.SimpleQueue[RunningWindow | None] = queue.SimpleQueue()
        self._running: list[RunningWindow] = []
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def open(
        self,
        settings: Settings,
        options: RunOptions,
        model: Model,
        *,
        starts_moving: bool,
        title: str,
        place: WindowPlace | None = None,
    ) -> RunningWindow:
        """A window, once it is there. Raises UsageError where there can be none. place: as of Toolbox."""
        window = RunningWindow(
            lambda: Toolbox(settings, options, model, starts_moving=starts_moving, title=title, place=place)
        )
        if place is None and sys.platform == "darwin" and threading.current_thread() is threading.main_thread():
            while window.turn():
                pass
        else:
            self._begin()
            self._coming.put(window)
            window.opened.wait()
        if window.is_over and window.error:
            raise UsageError(window.error)
        return window

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="windows", daemon=True)
                self._thread.start()
                atexit.register(self._stop)

    def _run(self) -> None:
        before = sys.getswitchinterval()
        while True:
            try:
                window = self._coming.get(block=not self._running)
                if window is None:
                    break
                self._running.append(window)
            except queue.Empty:
                pass
            self._running = [window for window in self._running if window.turn()]
            if not self._running:
                sys.setswitchinterval(before)
        for window in self._running:
            window.end()

    def _stop(self) -> None:
        """At the end of the process: the interpreter must not be taken down under a window."""
        self._coming.put(None)
        if self._thread is not None:
            self._thread.join(CLOSING_SECONDS)


WINDOWS = WindowThread()
