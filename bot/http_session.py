"""The kind of HTTP session that everything outbound shares: pooled, without cookies, for many threads.

Proxies are those of bot.config.proxies, never towards this machine itself.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import exceptions as urllib3
from urllib3.exceptions import HTTPError

from bot.config.proxies import proxy_for

POOL_SIZE = 64
"""Connections kept open to one host; more threads than that open short-lived ones."""
CONNECT_TIMEOUT = 3.0
"""Seconds until a connection counts as not to be had."""


_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((requests.exceptions.ProxyError, urllib3.ProxyError), "the proxy does not let it through"),
    ((requests.exceptions.SSLError, urllib3.SSLError), "its certificate is not trusted here"),
    (urllib3.NameResolutionError, "no machine of that name is known"),
    (ConnectionRefusedError, "nothing listens there"),
    (urllib3.NewConnectionError, "it cannot be reached"),
    ((requests.ConnectTimeout, urllib3.ConnectTimeoutError), "it cannot be reached in time"),
    ((requests.ReadTimeout, urllib3.ReadTimeoutError), "it does not answer in time"),
    ((requests.exceptions.InvalidURL, requests.exceptions.MissingSchema), "that is no web address"),
    (ValueError, "what answers there is no JSON"),
    (requests.ConnectionError, "it breaks off the connection"),
)
_DEEPEST = 8
"""Causes of causes that are looked at."""


class EndlessAnswer(requests.RequestException):
    """A body of more bytes, or longer on its way, than it may be."""


class TooLarge(EndlessAnswer):
    """One of more bytes."""


def read_whole(answer: requests.Response, most: int, seconds: float) -> bytes:
    """The body of an answer that was asked for with `stream=True`.

    It is read as it comes: `iter_content` and `content` wait for whole pieces, for hours where a byte comes
    now and then. Raises TooLarge, EndlessAnswer for more than `seconds`, requests.ConnectionError.
    """
    found, until = bytearray(), time.monotonic() + seconds
    with answer:
        while piece := _next_of(answer):
            found += piece
            if len(found) > most:
                raise TooLarge(f"more than {most} bytes")
            if time.monotonic() > until:
                raise EndlessAnswer(f"not whole after {seconds:.0f} s")
    return bytes(found)


def _next_of(answer: requests.Response) -> bytes:
    """What has come of a body, at least a byte; empty at its end."""
    try:
        return bytes(answer.raw.read1(65_536, decode_content=True))
    except (HTTPError, OSError) as error:
        raise requests.ConnectionError(f"the answer broke off: {type(error).__name__}") from error


class Session(requests.Session):
    """Reads the environment once for each host: at every call, as requests does, it takes as long as sending.

    Passwords in ~/.netrc are left alone; they would take the place of a token.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = _leave_alone
        self._read: dict[tuple[Any, ...], Any] = {}

    def merge_environment_settings(
        self, url: Any, proxies: MutableMapping[str, str] | None, stream: Any, verify: Any, cert: Any
    ) -> Any:
        parts = urlsplit(str(url))
        host = parts.hostname or ""
        place = (parts.scheme, parts.netloc, *sorted((proxies or {}).items()), stream, verify, cert)
        if place not in self._read:
            straight = {**(proxies or {}), "no_proxy": host}  # what requests itself would read stays unread
            found = super().merge_environment_settings(url, straight, stream, verify, cert)
            proxy = proxy_for(str(url))
            found["proxies"] = {parts.scheme: proxy} if proxy else {}
            self._read[place] = found
        return dict(self._read[place])

    def rebuild_proxies(
        self, prepared_request: requests.PreparedRequest, proxies: MutableMapping[str, str] | None
    ) -> dict[str, str]:
        """The proxies after a redirect: those of the new address."""
        url = str(prepared_request.url)
        proxy = proxy_for(url)
        return {urlsplit(url).scheme: proxy} if proxy else {}

    def straight(
        self, method: str, url: str, headers: dict[str, str], content: bytes, timeout: tuple[float, float]
    ) -> requests.Response:
        """One request as it is given, its answer not read and no redirect followed.

        What requests does around any other call (cookies, hooks, taking an address apart) takes half as long
        again as sending it. Raises what requests raises.
        """
        request = requests.PreparedRequest()
        request.method, request.url, request.body, request.hooks = method, url, content, {}
        own: dict[str, Any] = {**self.headers, **headers, "Content-Length": str(len(content))}
        request.headers = CaseInsensitiveDict(own)
        settings = self.merge_environment_settings(url, None, True, None, None)
        return self.get_adapter(url).send(request, timeout=timeout, **settings)


def _leave_alone(request: Any) -> Any:
    return request


def new_session() -> Session:
    """A session of its own pool; cookies, a session's only state that threads would share, are off."""
    session = Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=8, pool_maxsize=POOL_SIZE)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def in_words(error: BaseException) -> str:
    """Why a call came to nothing, for people: what libraries say names their own classes and pools."""
    if isinstance(error, EndlessAnswer):
        return f"its answer does not end: {error}"
    causes = [error]
    while len(causes) < _DEEPEST and (deeper := _cause(causes[-1])) is not None:
        causes.append(deeper)
    found = (words for kind, words in _WORDS if any(isinstance(cause, kind) for cause in causes))
    return next(found, type(error).__name__)


def _cause(error: BaseException) -> BaseException | None:
    """What an error of requests or urllib3 holds of the one before it."""
    held = (getattr(error, "reason", None), *error.args, error.__cause__, error.__context__)
    return next((one for one in held if isinstance(one, BaseException)), None)
