"""Connections of aiohttp through a SOCKS proxy, which is given the name of a host, not an address of it."""

from __future__ import annotations

from typing import Any

from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError

ProxyProblem = (ProxyError, ProxyConnectionError, ProxyTimeoutError)
"""What a SOCKS proxy, or the way to it, fails with."""


def connector(proxy: str, **options: Any) -> ProxyConnector:
    """What connects through a proxy as bot.config.proxies gives it; `options` are TCPConnector's.

    Made on the loop that it is used on.
    """
    scheme, _, rest = proxy.partition("://")
    plain = scheme.removesuffix("h").removesuffix("a")  # the package knows socks5 and socks4 alone
    return ProxyConnector.from_url(f"{plain}://{rest}", rdns=True, **options)
