"""How a page is fetched through a proxy, and what is refused before one is asked.

A proxy is given the name of a host and not an address of it: company proxies filter by name, `socks5h` is
there to resolve, and where a proxy is needed at all the names of the internet often have no address here, or
a wrong one. The last word on where a name leads is then the proxy's, and one that serves a bot should refuse
its own network (Squid: `http_access deny to_localhost`, `deny to_linklocal`). What can be told from here is
refused here: an address that is not public, a name that leads to one as seen from here, and the names that
only local networks have.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable

import aiohttp

from bot.errors import FetchRefused
from worker import socks
from worker.web.addresses import Target

ProxyProblem = (*socks.ProxyProblem, aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError)
"""What a proxy, or the way to it, fails with."""
_LOCAL_NAMES = frozenset(
    ("local", "localhost", "localdomain", "internal", "intranet", "private", "lan", "home", "corp", "domain"),
) | {"workgroup", "consul", "svc", "arpa", "test", "invalid", "onion"}
"""Last parts of names that no public name has; `metadata.google.internal` among them."""
_FAKE = ipaddress.ip_network("198.18.0.0/15")
"""What Clash and its like answer for every name (fake-ip), so that calls come to them: no address at all."""


def check(target: Target, permitted: Callable[[str], bool], resolve: Callable[[str, int], list[str]]) -> None:
    """Raises FetchRefused for what is certainly no page of the public internet."""
    refusal = FetchRefused(f"{target.host} leads to an address outside the public internet")
    if _is_address(target.host):
        if not permitted(target.host):
            raise refusal
        return
    try:
        addresses = resolve(target.host, target.port)
    except (OSError, UnicodeError):
        addresses = []
    known = [address for address in addresses if not _is_fake(address)]
    if not all(map(permitted, known)):
        raise refusal
    if not known and target.host.rpartition(".")[2] in _LOCAL_NAMES:
        raise FetchRefused(f"{target.host} is a name of a local network")


def connector(proxy: str, tls: ssl.SSLContext) -> tuple[aiohttp.BaseConnector, str | None]:
    """What connects through `proxy`, and the proxy to name with the request; made on its loop."""
    if not proxy.startswith("socks"):
        return aiohttp.TCPConnector(ssl=tls, force_close=True), proxy
    return socks.connector(proxy, ssl=tls, force_close=True), None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_fake(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return found.version == _FAKE.version and found in _FAKE
