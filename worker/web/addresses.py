"""Which web addresses may be fetched, decided from the address alone and from what its name resolves to.

An address in a search result is somebody else's text. It may name this machine, its network or the cloud's
metadata service, in many notations, and its name may resolve to them. So only plain http and https addresses
on the usual ports are read, and every address the name resolves to must be public.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from bot.errors import FetchRefused

MAX_LENGTH = 2048
"""Characters of a URL."""
PORTS = {"http": 80, "https": 443}
_REFUSED_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments, some of which Python counts as global
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's host, which answers every virtual machine under a public address
        "2001::/23",  # Teredo, ORCHID and other protocol assignments: IPv4 addresses inside
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
    )
)
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
"""The only IPv6 space given out for the internet; outside it are the local, mapped and translated ones."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\\u0080-\u00a0\u2028\u2029\ufeff]")
_NUMERIC_HOST = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+\.?", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """A URL taken apart: where to connect and what to ask for."""

    scheme: str
    host: str
    """ASCII; an IPv6 address without brackets."""
    port: int
    path: str
    """Path and query, percent-encoded."""

    @property
    def origin(self) -> str:
        """Scheme, host and port, as robots.txt applies to them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet and to nothing nearer."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _GLOBAL_IPV6 or ip.scope_id):
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    return not any(ip.version == network.version and ip in network for network in _REFUSED_NETWORKS)


def read_url(url: str, ports: dict[str, tuple[int, ...]] | None = None) -> Target:
    """Takes a URL apart. `ports`: the allowed ones of each scheme; by default the scheme's own.

    Raises FetchRefused for anything but a plain web address.
    """
    if len(url) > MAX_LENGTH or _UNSAFE.search(url):
        raise FetchRefused("the address is too long or holds characters that no address has")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise FetchRefused("the address is malformed") from error
    if parts.scheme not in PORTS:
        raise FetchRefused("only http and https addresses are fetched")
    if parts.username is not None or parts.password is not None:
        raise FetchRefused("the address carries a user name")
    port = PORTS[parts.scheme] if port is None else port
    allowed = (ports or {}).get(parts.scheme, (PORTS[parts.scheme],))
    if port not in allowed:
        raise FetchRefused(f"port {port} is not a web server's")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return Target(parts.scheme, _host(host, bracketed="[" in parts.netloc), port, path)


def _host(host: str, *, bracketed: bool) -> str:
    """The host in the form it is looked up in. Raises FetchRefused for odd notations."""
    if bracketed:
        return _ipv6(host)
    try:
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError as error:
        raise FetchRefused("the host name is malformed") from error
    if _NUMERIC_HOST.search(name):
        return _ipv4(name)
    if not _HOST.fullmatch(name) or len(name) > 253:
        raise FetchRefused("the host name is not one of the public internet")
    return name.lower().rstrip(".")


def _ipv4(host: str) -> str:
    """Only the usual four decimal numbers: 0x7f.1, 2130706433 and 127.1 are ways to hide an address."""
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError as error:
        raise FetchRefused("the host is an IP address in an odd notation") from error


def _ipv6(host: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError as error:
        raise FetchRefused("the host is not an IPv6 address") from error


def in_domains(host: str, domains: tuple[str, ...]) -> bool:
    """Whether a host is one of `domains` or below one; no domains allow every host."""
    names = [domain.lower().strip(".") for domain in domains]
    return not names or any(host == name or host.endswith(f".{name}") for name in names)
