"""Where a redirect may lead: to the site itself, or to a public address; never into our own network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import NamedTuple

import httpx

from ci_core.web.answer import AnswerProblem

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
PORTS = {"http": 80, "https": 443}
# Translates to an IPv4 address, which may be a private one (RFC 6052).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Target(NamedTuple):
    """Where to ask next; `address` is the IP address that was checked, to be connected to as it is."""

    url: httpx.URL
    address: str | None


def resolved(host: str, port: int) -> list[str]:
    """The IP addresses of a host; raises OSError where it has none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def followed(base: httpx.URL, current: httpx.URL, location: str, resolve: Resolve | None = None) -> Target:
    """Where a redirect leads.

    A host that is not the configured one is looked up once, here, and connected to by the address found: otherwise a
    name could mean something else the second time.

    Raises:
        AnswerProblem: it leads to another scheme, to a private, loopback or link-local address, or nowhere.
    """
    try:
        url = current.join(location)
    except (httpx.InvalidURL, ValueError):
        raise AnswerProblem("it redirects to something that is no address") from None
    if url.scheme not in PORTS or not url.host or (current.scheme == "https" and url.scheme == "http"):
        raise AnswerProblem(f"it redirects to an address that is not followed ({url.scheme or 'none'}:)")
    if not 0 < port_of(url) < 65_536:
        raise AnswerProblem("it redirects to a port that there is not")
    if url.userinfo:
        raise AnswerProblem("it redirects to an address with a password in it, which is not followed")
    if same_origin(url, base):
        return Target(url, None)
    try:
        addresses = (resolve or resolved)(url.host, port_of(url))
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise AnswerProblem(f"it redirects to {url.host}, which cannot be found")
    if not all(is_public(address) for address in addresses):
        raise AnswerProblem(f"it redirects to the private address {url.host}, which is not followed")
    return Target(url, addresses[0])


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether both have the same scheme, host and port."""
    return (one.scheme, one.host, port_of(one)) == (other.scheme, other.host, port_of(other))


def port_of(url: httpx.URL) -> int:
    """The port of an address, also where it is not written."""
    return PORTS.get(url.scheme, 0) if url.port is None else url.port


def is_public(address: str) -> bool:
    """Whether an IP address is one of the Internet, also where it only wraps another one."""
    try:
        ip: Ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.teredo is not None:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast
