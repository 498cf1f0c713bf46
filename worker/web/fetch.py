"""Fetches one web page without being led anywhere: the whole defence against SSRF is here and in addresses.

The name is resolved once, every address it resolves to is checked, and the connection goes to a checked
address while TLS and the Host header keep the name: a DNS answer that changes in between changes nothing.
Redirects come back here and pass every check again. Size, time and type are limited, also against servers
that send one byte a second. No cookies, no credentials. Where a proxy is used it is given the name, and
`worker.web.proxied` refuses what can be refused from here.

aiohttp rather than requests: its resolver is ours to pin, and one deadline ends a fetch wherever it waits.
requests-hardened 1.3.0, the best of the packages compared, checks the first resolved address only, lets
IPv4-compatible and site-local IPv6 addresses through and has no deadline over a whole answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urljoin

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.config.proxies import proxy_for, shown
from bot.errors import FetchRefused
from worker.transports import Transports
from worker.web import proxied
from worker.web.addresses import Target, in_domains, is_public, read_url

USER_AGENT = "FennelBot/0.1 (reads pages to answer a question; follows robots.txt)"
TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 65536
_TOO_LONG = "the page takes longer than its time limit"


def resolve(host: str, port: int) -> list[str]:
    """The addresses a name has now, in the order to try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


class StatusRefused(FetchRefused):
    """The server answered with a status that is neither a page nor a redirect."""

    def __init__(self, status: int, wait: float | None = None) -> None:
        """`wait`: seconds after which the server wants to be asked again, where it says so."""
        super().__init__(f"HTTP {status}")
        self.status = status
        self.wait = wait


class TypeRefused(FetchRefused):
    """The server answered with something that is not text."""


@dataclass(frozen=True)
class Rules:
    """What may be fetched."""

    timeout: float = 8.0
    """Seconds for a page, redirects included."""
    max_bytes: int = 2_000_000
    """Bytes of a body, decompressed."""
    redirects: int = 4
    domains: tuple[str, ...] = ()
    """Where given, only these and their subdomains."""
    ports: dict[str, tuple[int, ...]] = field(default_factory=lambda: {"http": (80,), "https": (443,)})
    permitted: Callable[[str], bool] = is_public
    """Whether an IP address may be connected to."""
    resolve: Callable[[str, int], list[str]] = resolve
    proxy: Callable[[str], str] = proxy_for
    """The proxy for an address; '' goes straight there."""


@dataclass(frozen=True)
class FetchedPage:
    """A fetched body."""

    url: str
    """Where it came from in the end."""
    media_type: str
    body: bytes
    etag: str = ""
    modified: str = ""
    """As the server's Last-Modified says it."""


@cache
def _public_authorities() -> ssl.SSLContext:
    """Trusts what the machine trusts and what certifi lists: a container may bring no certificates."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Fetcher:
    """Fetches under one set of rules. Safe to use from many threads."""

    def __init__(self, rules: Rules, tls: ssl.SSLContext | None = None) -> None:
        self.rules = rules
        self._tls = tls or _public_authorities()

    def fetch(
        self,
        url: str,
        *,
        types: tuple[str, ...] = TYPES,
        may_fetch: Callable[[Target], None] = lambda _: None,
        unless: Mapping[str, str] | None = None,
    ) -> FetchedPage:
        """The page at `url`. `may_fetch` is asked about every hop and raises FetchRefused to stop.

        `unless` are the headers of a conditional request (If-None-Match, If-Modified-Since). Raises
        FetchRefused with the reason; StatusRefused with 304 where nothing changed.
        """
        deadline = time.monotonic() + self.rules.timeout
        for _ in range(self.rules.redirects + 1):
            target = read_url(url, self.rules.ports)
            if not in_domains(target.host, self.rules.domains):
                raise FetchRefused(f"{target.host} is not among web_search.domains")
            may_fetch(target)
            answer = self._get(target, deadline, types, unless or {})
            if isinstance(answer, FetchedPage):
                return replace(answer, url=url)
            url = _redirected(url, answer)
        raise FetchRefused("too many redirects")

    def _get(
        self, target: Target, deadline: float, types: tuple[str, ...], unless: Mapping[str, str]
    ) -> FetchedPage | str:
        """The page, or where the server sends us."""
        proxy = self.rules.proxy(target.origin)
        if proxy:
            proxied.check(target, self.rules.permitted, self.rules.resolve)
        addresses = [] if proxy else self._addresses(target)
        try:
            return asyncio.run(self._ask(target, proxy, addresses, deadline, types, unless))
        except proxied.ProxyProblem as error:
            raise FetchRefused(f"the proxy {shown(proxy)} did not connect: {type(error).__name__}") from error
        except TimeoutError as error:
            raise FetchRefused(_TOO_LONG) from error
        except aiohttp.ClientPayloadError as error:
            raise FetchRefused("the page broke off") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchRefused(f"no answer: {type(_cause(error)).__name__}") from error

    async def _ask(
        self,
        target: Target,
        proxy: str,
        addresses: list[str],
        deadline: float,
        types: tuple[str, ...],
        unless: Mapping[str, str],
    ) -> FetchedPage | str:
        connector, through = self._way(proxy, addresses)
        transports = Transports()
        transports.note(connector)
        async with (
            contextlib.aclosing(transports),
            asyncio.timeout(deadline - time.monotonic()),
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            ) as session,
            session.get(
                _address(target), headers={**_HEADERS, **unless}, allow_redirects=False, proxy=through
            ) as answer,
        ):
            return await self._read(answer, types)

    def _way(self, proxy: str, addresses: list[str]) -> tuple[aiohttp.BaseConnector, str | None]:
        if proxy:
            return proxied.connector(proxy, self._tls)
        pinned = _Pinned(addresses)
        return aiohttp.TCPConnector(
            resolver=pinned, ssl=self._tls, force_close=True, use_dns_cache=False
        ), None

    def _addresses(self, target: Target) -> list[str]:
        try:
            addresses = self.rules.resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise FetchRefused(f"{target.host} has no address") from error
        if not addresses or not all(self.rules.permitted(address) for address in addresses):
            raise FetchRefused(f"{target.host} leads to an address outside the public internet")
        return addresses

    async def _read(self, answer: aiohttp.ClientResponse, types: tuple[str, ...]) -> FetchedPage | str:
        if answer.status in _REDIRECTS:
            return answer.headers.get("Location", "")
        if answer.status != 200:
            raise StatusRefused(answer.status, seconds_of(answer.headers.get("Retry-After", "")))
        media_type = answer.headers.get("Content-Type", "")
        if media_type.split(";")[0].strip().lower() not in types:
            raise TypeRefused(f"the page is not text ({media_type[:60].strip() or 'no content type'})")
        if (answer.content_length or 0) > self.rules.max_bytes:
            raise FetchRefused(f"the page is larger than {self.rules.max_bytes} bytes")
        etag, modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
        return FetchedPage("", media_type, await self._body(answer), etag[:256], modified[:64])

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "deflate"):
            raise FetchRefused("the page is compressed in a way that was not asked for")
        unpack = None if encoding == "identity" else zlib.decompressobj(wbits=47)
        limit, body = self.rules.max_bytes, bytearray()
        async for chunk in answer.content.iter_any():
            try:
                body += unpack.decompress(chunk, limit + 1 - len(body)) if unpack else chunk
            except zlib.error as error:
                raise FetchRefused("the page's compression is broken") from error
            if len(body) > limit:
                raise FetchRefused(f"the page is larger than {limit} bytes")
        return bytes(body)


_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html, text/plain;q=0.9, text/markdown;q=0.9",
    "Accept-Encoding": "gzip, identity",
}


class _Pinned(AbstractResolver):
    """Resolves to checked addresses and nothing else; the first two are tried."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses[:2]

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Holds nothing open."""


def seconds_of(text: str) -> float | None:
    """What Retry-After says, as seconds or as a date; None where it says nothing that can be read."""
    if text.isdecimal() and text.isascii() and len(text) < 7:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time()) if text else None
    except (ValueError, TypeError, OverflowError):
        return None


def _address(target: Target) -> URL:
    return URL(f"{target.origin}{target.path}", encoded=True)


def _cause(error: BaseException) -> BaseException:
    """What lies under aiohttp's name for it: a certificate that is not the name's, a refused connection."""
    for name in ("certificate_error", "os_error"):
        if isinstance(under := getattr(error, name, None), BaseException):
            return under
    return error


def _redirected(url: str, location: str) -> str:
    """Where a redirect leads. Raises FetchRefused when it leaves TLS or leads nowhere."""
    if not location:
        raise FetchRefused("a redirect without an address")
    try:
        following = urljoin(url, location)
    except ValueError as error:
        raise FetchRefused("a redirect to a malformed address") from error
    if url.startswith("https:") and following.startswith("http:"):
        raise FetchRefused("a redirect away from https")
    return following
