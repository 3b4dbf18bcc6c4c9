"""Where the window is served: HOST:PORT as the user writes it, the address with its token, and what it means."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from deepvis.core.regular_file import instead_of_file
from deepvis.core.user_error import UsageError
from deepvis.serve.option_words import COMMAND_LINE, OptionWords
from deepvis.serve.this_machine import (
    address_elsewhere,
    can_be_looked_up,
    is_abbreviated_number,
    is_ip_address,
    is_of_this_machine,
)

LOOPBACK = "127.0.0.1"
NAMES_OF_LOOPBACK = frozenset({"localhost"})


@dataclass(frozen=True)
class ServeAddress:
    """host, port: 0 for a free one. tls: files of the certificate and its key. token: what every request must bring.

    is_unencrypted_allowed: beyond loopback without a certificate, for one who has secured the way otherwise.
    view_token: lets a page look on and never control; "": there is none. names: by which browsers may find it besides.
    words: how its options are written in sentences.
    """

    host: str = LOOPBACK
    port: int = 0
    tls: tuple[Path, Path] | None = None
    is_unencrypted_allowed: bool = False
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    view_token: str = field(default="", repr=False)
    names: tuple[str, ...] = ()
    words: OptionWords = COMMAND_LINE

    @property
    def is_loopback(self) -> bool:
        """True if no other machine can reach it."""
        return is_loopback_name(self.host)

    def with_view_token(self) -> ServeAddress:
        """The same, with a token of its own for those who look on."""
        return replace(self, view_token=secrets.token_urlsafe(32))

    @property
    def is_for_all(self) -> bool:
        """True for all addresses of this machine."""
        return self.host in ("0.0.0.0", "::", "")

    def with_names(self, names: Iterable[str]) -> ServeAddress:
        """The same, found by further names too: of a DNS alias, of a reverse proxy. Raises UsageError."""
        for name in names:
            if not (is_ip_address(name) or re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name)):
                raise UsageError(f"{self.words.name.format(name)}: expected a host name alone, as in gpu1.example.org")
        return replace(self, names=tuple(names))

    def url(self, port: int, token: str | None = None) -> str:
        """What is opened in the browser; of an address for all of the machine's, one that works elsewhere too.

        token: that of those who look on; else the one that controls.
        """
        host = self.host
        if self.is_for_all:
            family = socket.AF_INET6 if host == "::" else socket.AF_INET
            host = self.names[0] if self.names else address_elsewhere(family)
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls else 'http'}://{shown}:{port}/?token={token or self.token}"


def is_loopback_name(host: str) -> bool:
    """True for the names and numbers that mean this machine alone."""
    if host.lower() in NAMES_OF_LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve_address(
    text: str = "",
    tls: tuple[str, str] | None = None,
    *,
    unencrypted: bool = False,
    words: OptionWords = COMMAND_LINE,
) -> ServeAddress:
    """From HOST:PORT, HOST, :PORT or PORT; "" is loopback and a free port. Raises UsageError, one sentence."""
    host, port = _split(text.strip(), words)
    given = words.given(text)
    if is_abbreviated_number(host):
        raise UsageError(f"{given}: {host} is no IP address, which has four numbers; {words.expected}")
    if not can_be_looked_up(host):
        raise UsageError(f"{given}: this machine knows no host {host!r}; {words.expected}")
    files = None if tls is None else (Path(os.path.expanduser(tls[0])), Path(os.path.expanduser(tls[1])))
    address = ServeAddress(host, port, files, unencrypted, words=words)
    if not (address.is_loopback or is_of_this_machine(host)):
        raise UsageError(
            f"{given}: {host} is no address of this machine; give one that is, 0.0.0.0 for all of them, or "
            f"{words.alone} for loopback"
        )
    if not address.is_loopback and files is None and not unencrypted:
        raise UsageError(
            f"{given}: {meaning(address)}; give {words.any_tls}, or leave it on loopback and make a tunnel from "
            f"your own machine: ssh -L {port or 8000}:{LOOPBACK}:{port or 8000} USER@THIS_MACHINE "
            f"(where the way is secured otherwise, as in a container whose port is published on loopback: "
            f"{words.unencrypted})"
        )
    if files is not None:
        certificate(files, words)
    return address


def meaning(address: ServeAddress) -> str:
    """What it means to serve beyond loopback, as part of a sentence."""
    who = "every machine that reaches this one" if address.is_for_all else "other machines"
    if address.tls is not None:
        return f"{who} can open the window with its token, see what it shows, and press its keys"
    return (
        f"{who} can open the window with its token, and the pictures, the keys, the camera and the token itself go "
        "over the network unencrypted"
    )


def certificate(files: tuple[Path, Path], words: OptionWords = COMMAND_LINE) -> ssl.SSLContext:
    """The context of a certificate and its key. Raises UsageError."""
    for path, what in zip(files, ("certificate", "key"), strict=True):
        if not path.is_file():
            raise UsageError(
                f"{words.tls.format(path)}: there is {instead_of_file(path)}, expected the {what} in PEM format"
            )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(*files, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise UsageError(
            f"{words.tls.format(f'{files[0]} {files[1]}')}: these are no certificate and its key ({reason}), expected "
            "PEM files without a password"
        ) from error
    return context


def _split(text: str, words: OptionWords) -> tuple[str, int]:
    """(host, port)."""
    if text.isdecimal():
        return LOOPBACK, _port(text, text, words)
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise UsageError(f"{words.given(text)}: {words.expected}")
        port = rest[1:]
    elif text.count(":") > 1:
        host, port = text, ""
    else:
        host, _, port = text.partition(":")
    host = host or LOOPBACK
    if any(char.isspace() or char in "/@?#%" for char in host):
        raise UsageError(f"{words.given(text)}: {host!r} is no host; {words.expected}")
    return host, _port(port, text, words) if port else 0


def _port(digits: str, text: str, words: OptionWords) -> int:
    if not (digits.isascii() and digits.isdecimal()) or int(digits) > 65535:
        raise UsageError(f"{words.given(text)}: {digits!r} is no port from 0 to 65535; {words.expected}")
    return int(digits)
