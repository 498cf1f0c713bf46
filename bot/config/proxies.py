"""Which proxy an outbound call takes: the one that a setting names, else the environment's, else none.

Most developers behind Clash or a company proxy have http_proxy or ALL_PROXY set and few set no_proxy; nothing
that talks to this machine may go there. Every HTTP client of Fennel asks here.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

NONE = "none"


@dataclass
class _Chosen:
    proxy: str = ""
    no_proxy: tuple[str, ...] = ()


_CHOSEN = _Chosen()


def use(proxy: str, no_proxy: tuple[str, ...] = ()) -> None:
    """Sets what `network.proxy` and `network.no_proxy` say, for this process."""
    _CHOSEN.proxy, _CHOSEN.no_proxy = proxy, no_proxy


def proxy_for(url: str) -> str:
    """The proxy's address for a call to `url`, such as `http://user:word@host:3128` or `socks5h://host:1080`.

    '' goes straight there; always for this machine.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if not host or is_this_machine(host) or _CHOSEN.proxy == NONE:
        return ""
    environment = getproxies_environment()
    exempt = [*_CHOSEN.no_proxy, *re.split(r"[,\s]+", environment.get("no", ""))]
    if any(_matches(host, parts.port, rule) for rule in exempt if rule):
        return ""
    return plain_proxy(_CHOSEN.proxy or environment.get(parts.scheme) or environment.get("all") or "")


def plain_proxy(proxy: str) -> str:
    """A proxy's address with a scheme, names resolved by the proxy: `socks://` and `host:port` are common."""
    if not proxy:
        return ""
    if "://" not in proxy:
        return f"http://{proxy}"
    scheme, _, rest = proxy.partition("://")
    return {"socks": "socks5h", "socks5": "socks5h", "socks4": "socks4a"}.get(
        scheme.lower(), scheme
    ) + f"://{rest}"


def shown(proxy: str) -> str:
    """The same without user and password, for people and logs."""
    parts = urlsplit(proxy)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def is_this_machine(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost") or host == socket.gethostname().lower():
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _matches(host: str, port: int | None, rule: str) -> bool:
    """`*`, a host, a domain with or without its dot, a network (10.0.0.0/8), each with or without a port."""
    rule = rule.strip().lower()
    if rule == "*":
        return True
    name, _, wanted = rule.rpartition(":")
    if name and wanted.isdecimal() and name.count(":") == 0:
        if port is not None and port != int(wanted):
            return False
        rule = name
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        rule = rule.removeprefix("*").lstrip(".")
        return bool(rule) and (host == rule or host.endswith(f".{rule}"))
