"""A camera on the network: pictures of one gray each, MJPEG over HTTP, that can stall, change its size and be gone."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

BOUNDARY = b"picture"
PICTURES_PER_SECOND = 8  # few: TCP keeps what a busy reader has not taken, which a camera would drop
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=" + BOUNDARY + b"\r\n\r\n"


@dataclass
class Shown:
    """What the camera gives. gray: 0..255. height, width: pixels. stalls: it stays connected and gives nothing."""

    gray: int = 60
    height: int = 240
    width: int = 320
    stalls: bool = False


class PictureStream:
    """Serves ``shown`` on a port of this machine; ``go`` and ``come_back`` close the port and open the same again."""

    def __init__(self) -> None:
        self.shown = Shown()
        self.opened = 0  # connections so far
        self.port = 0
        self._server: socket.socket | None = None
        self._connections: list[socket.socket] = []
        self.come_back()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/pictures.mjpg"

    def come_back(self) -> None:
        """Listen, on the port of the last time."""
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", self.port))
        server.listen()
        self.port, self._server = server.getsockname()[1], server
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()

    def go(self) -> None:
        """As a camera that is pulled out: connections end, and new ones are refused."""
        if self._server is not None:
            self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
            self._server = None
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # ends a send that waits, which closing does not
            connection.close()
        self._connections = []

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            self.opened += 1
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.recv(4096)
            connection.sendall(HEAD)
            while True:
                if not self.shown.stalls:
                    connection.sendall(self._part())
                time.sleep(1 / PICTURES_PER_SECOND)
        except OSError:
            connection.close()

    def _part(self) -> bytes:
        shown = self.shown
        jpeg = _jpeg(shown.gray, shown.height, shown.width)
        head = b"--" + BOUNDARY + b"\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
        return head + jpeg + b"\r\n"


@lru_cache(maxsize=8)
def _jpeg(gray: int, height: int, width: int) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), gray, np.uint8))[1].tobytes()
