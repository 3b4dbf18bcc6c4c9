"""Who answers at an address: a Dask scheduler, something else, or nobody; known within a bounded time.

Dask's own ``Client`` bounds how long it waits for a connection, but not how long it then waits for an answer: at a web
server, or at a scheduler that was stopped, it waits for good.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from distributed.comm import connect
from distributed.security import Security

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.jobs.workers import JobError

ANSWER_SECONDS = 5  # to wait for an answer, once connected
START = "start one with: dask scheduler, and give the tcp://HOST:PORT that it prints"
NOBODY = "no Dask scheduler answers at {} ({}); " + START
SILENT = "something listens there, but does not answer as one; one that was stopped does not either"
A_WEB_SERVER = (
    "no Dask scheduler answers at {}, but a web server does, as the scheduler's dashboard is; give the tcp://HOST:PORT "
    "that dask scheduler prints, port 8786 by default"
)
NOT_IT = "a {} of a Dask cluster answers at {}, expected its scheduler; give the tcp://HOST:PORT that that one prints"


def check_scheduler(address: str, seconds: float) -> None:
    """Raises JobError where no scheduler answers at ``address``, tcp://HOST:PORT. seconds: to wait for a connection."""

    async def asked() -> Any:
        return await asyncio.wait_for(_identity(address, seconds), seconds + ANSWER_SECONDS)

    try:
        with ThreadPoolExecutor(1) as threads:  # a loop may run in this one, as in a notebook
            found = threads.submit(asyncio.run, asked()).result()
        kind = str(found["type"])
    except (OSError, asyncio.TimeoutError, *CONTENT_ERRORS) as error:
        raise JobError(_why(address, error)) from error
    if kind != "Scheduler":
        raise JobError(NOT_IT.format(kind.lower(), address))


def _why(address: str, error: BaseException) -> str:
    words = str(error).split("\n")[0]
    if "Timed out trying to connect" in words:
        return NOBODY.format(address, words)
    if _is_web_server(address):
        return A_WEB_SERVER.format(address)
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return NOBODY.format(address, SILENT)
    return NOBODY.format(address, words if isinstance(error, (OSError, ValueError)) else "something else does")


async def _identity(address: str, seconds: float) -> Any:
    """What a member of a Dask cluster says of itself."""
    comm = await connect(address, timeout=seconds, **Security().get_connection_args("client"))
    try:
        await comm.write({"op": "identity", "reply": True})
        return await comm.read()
    finally:
        comm.abort()


def _is_web_server(address: str) -> bool:
    try:
        place = urlsplit(address)
        if not place.hostname or not place.port:
            return False
        with socket.create_connection((place.hostname, place.port), ANSWER_SECONDS) as asking:
            asking.settimeout(ANSWER_SECONDS)
            asking.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return asking.recv(5) == b"HTTP/"
    except (OSError, ValueError):
        return False
