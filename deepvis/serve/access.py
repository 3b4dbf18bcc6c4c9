"""Who may speak to the server: the token, and the names by which a browser may have found it. Pure."""

from __future__ import annotations

import hmac
import socket
from urllib.parse import urlsplit

from deepvis.serve.address import ServeAddress, is_loopback_name
from deepvis.serve.this_machine import is_ip_address


class Access:
    """Looks at one request after the other. machine: further names under which this machine is reached."""

    def __init__(self, address: ServeAddress, machine: tuple[str, ...] | None = None) -> None:
        self._token, self._view_token = address.token.encode(), address.view_token.encode()
        self._is_loopback = address.is_loopback
        own = (socket.gethostname(), socket.getfqdn()) if machine is None else machine
        self._given_names = {name.lower() for name in address.names}
        self._names = {name.lower() for name in (address.host, *own) if name}

    def refusal(self, token: str | None, host: str | None, origin: str | None) -> tuple[int, str] | None:
        """(status, sentence) for a request that is refused, else None.

        host, origin: the headers. A name in Host that is not this machine's is how DNS rebinding looks; an Origin that
        is another than Host is a page of somebody else's.
        """
        if not self._is_own_host(host):
            return 403, (
                "this name is not the server's: open the address that deepvis has printed, or start deepvis with "
                "--serve-name and the name that the browser has"
            )
        if origin is not None and not _is_same_place(origin, host or ""):
            return 403, "the request comes from a page of another address"
        if not token:
            return 401, "the token is missing: open the whole address that deepvis has printed"
        if not self.may_control(token) and not _is_same(token, self._view_token):
            return 403, "the token is another: deepvis was started anew perhaps; open the address that it has printed"
        return None

    def may_control(self, token: str | None) -> bool:
        """True for the token that controls; the one of those who look on is none."""
        return _is_same(token or "", self._token)

    def _is_own_host(self, host: str | None) -> bool:
        name = host_name(host or "")
        if name is None:
            return False
        if is_loopback_name(name) or name in self._given_names:
            return True
        if self._is_loopback:
            return False
        return name in self._names or is_ip_address(name)  # a number needs no DNS, so nobody can rebind it


def _is_same(token: str, expected: bytes) -> bool:
    """Compared in constant time; nothing is the same as no token."""
    return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), expected) and expected != b""


def host_name(host: str) -> str | None:
    """The name in a Host header, without its port, in small letters; None for none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        return None
    return parts.hostname


def _is_same_place(origin: str, host: str) -> bool:
    """True if the page's own address, as Origin has it, is the server's. "null" is not."""
    try:
        page = urlsplit(origin)
        port = page.port or {"http": 80, "https": 443}.get(page.scheme)
        server = urlsplit(f"{page.scheme}://{host}")
        return page.scheme in ("http", "https") and (page.hostname, port) == (
            server.hostname,
            server.port or {"http": 80, "https": 443}.get(page.scheme),
        )
    except ValueError:
        return False
