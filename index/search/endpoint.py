"""One server that embeds or ranks: JSON posted to an address of the operator's own, with its key.

The proxy of the environment is used, as for everything that goes out, except towards this machine. Passwords
in ~/.netrc are left alone; they would take the place of the key. A reply is bounded in size and time as a
whole, and the words of a refusal are cut where they repeat what was sent: people's questions are in that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from bot.config.proxies import is_this_machine, proxy_for

UNAVAILABLE = (requests.RequestException, ValueError, KeyError, TypeError, IndexError, OverflowError)
"""What a call and the reading of its reply raise where the server is not to be had or says nonsense."""
_AGAIN = (408, 409, 429, 500, 502, 503, 504)
"""HTTP statuses after which the same call may succeed."""
MOST_BYTES = 64 << 20
"""A batch of a hundred vectors of 4,096 numbers is a tenth of that."""
SHOWN_CHARACTERS = 200
ECHO_CHARACTERS = 12
"""So much of what was sent in a row, and a server's words are an echo of it."""


class Endpoint:
    """Calls from many threads over one pool of connections."""

    def __init__(self, base_url: str, path: str, key: str, *, timeout: float, retries: int = 0) -> None:
        """`timeout`: seconds to connect, until the reply begins, and from there to its end.

        `retries`: further attempts of one call.
        """
        self._address = f"{base_url.rstrip('/')}/{path}"
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = not is_this_machine(urlsplit(base_url).hostname or "")
        self._session.auth = _leave_alone
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if key:
            self._session.headers["Authorization"] = f"Bearer {key}"
        again = Retry(
            retries,
            status_forcelist=_AGAIN,
            allowed_methods=None,
            backoff_factor=0.5,
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=16, max_retries=again))

    def post(self, body: dict[str, Any]) -> Any:
        """The reply's JSON. Raises one of UNAVAILABLE."""
        proxy = proxy_for(self._address)
        proxies = {"http": proxy, "https": proxy} if proxy else {"no_proxy": "*"}
        try:
            reply = self._session.post(
                self._address, json=body, timeout=self._timeout, proxies=proxies, stream=True
            )
            raw = self._whole(reply)
        except (requests.RequestException, HTTPError, OSError) as error:  # its text is of pools and retries
            raise requests.ConnectionError(f"no answer from {self._address}: {_kind(error)}") from error
        if not reply.ok:
            raise requests.HTTPError(f"HTTP {reply.status_code}: {_without_echo(raw, body)}")
        try:
            return json.loads(raw)
        except RecursionError as error:
            raise ValueError("what it sent is nested too deep") from error

    def _whole(self, reply: requests.Response) -> bytes:
        """The reply's body, read as it comes."""
        found, until = bytearray(), time.monotonic() + self._timeout
        with reply:
            while piece := reply.raw.read1(65_536, decode_content=True):
                found += piece
                if len(found) > MOST_BYTES:
                    raise ReplyTooLarge
                if time.monotonic() > until:
                    raise ReplyTooSlow
        return bytes(found)


class ReplyTooLarge(requests.RequestException):
    """A reply of more bytes than any has reason for."""


class ReplyTooSlow(requests.RequestException):
    """A reply that was not whole in time."""


def _without_echo(raw: bytes, body: dict[str, Any]) -> str:
    """What a server says, up to where it repeats the texts that it was sent."""
    said = raw[: 8 * SHOWN_CHARACTERS].decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        said = json.dumps(json.loads(raw), ensure_ascii=False)
    said, sent = said[:SHOWN_CHARACTERS], "\n".join(_texts(body))
    for start in range(len(said) - ECHO_CHARACTERS + 1):
        if said[start : start + ECHO_CHARACTERS] in sent:
            return f"{said[:start]}…"
    return said


def _texts(body: dict[str, Any]) -> Iterator[str]:
    for name in ("input", "query", "documents"):
        value = body.get(name, ())
        yield from (value,) if isinstance(value, str) else value


def _kind(error: Exception) -> str:
    """What the last attempt met, by its name."""
    held = error.args[0] if error.args else None
    return type(getattr(held, "reason", None) or error).__name__


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
