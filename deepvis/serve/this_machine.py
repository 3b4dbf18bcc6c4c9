"""What is known of this machine's own addresses."""

from __future__ import annotations

import errno
import ipaddress
import socket

ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # of documentation: nobody has them


def is_ip_address(host: str) -> bool:
    """True for an IPv4 or IPv6 address written in full."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_abbreviated_number(host: str) -> bool:
    """True for what old rules read as an IPv4 address, as 1.2.3 for 1.2.0.3."""
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return not is_ip_address(host)


def can_be_looked_up(host: str) -> bool:
    """True for an IP address, and for a name that this machine can look up."""
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True


def is_of_this_machine(host: str) -> bool:
    """False for an address, or a name of one, that no interface of this machine has."""
    family, kind, protocol, _, place = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    try:
        with socket.socket(family, kind, protocol) as found:
            found.bind(place)
    except OSError as error:
        return error.errno != errno.EADDRNOTAVAIL
    return True


def address_elsewhere(family: socket.AddressFamily = socket.AF_INET) -> str:
    """The number under which others reach this machine, as its routes have it; its name where there is no route.

    Nothing is sent for it: a datagram socket is only told where it would send to.
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.connect((ELSEWHERE[family], 9))
            found = str(asked.getsockname()[0])
    except OSError:
        return socket.gethostname()
    return socket.gethostname() if ipaddress.ip_address(found).is_loopback else found
