"""One server that embeds or ranks: JSON posted to an address of the operator's own, with its key.

The proxy of the environment is used, as for everything that goes out, except towards this machine. Passwords
in ~/.netrc are left alone; they would take the place of the key.
"""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from bot.config.proxies import is_this_machine, proxy_for

UNAVAILABLE = (requests.RequestException, ValueError, KeyError, TypeError, IndexError)
"""What a call and the reading of its reply raise where the server is not to be had or says nonsense."""
_AGAIN = (408, 409, 429, 500, 502, 503, 504)
"""HTTP statuses after which the same call may succeed."""


class Endpoint:
    """Calls from many threads over one pool of connections."""

    def __init__(self, base_url: str, path: str, key: str, *, timeout: float, retries: int = 0) -> None:
        """`timeout`: seconds to connect, and between bytes; `retries`: further attempts of one call."""
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
            reply = self._session.post(self._address, json=body, timeout=self._timeout, proxies=proxies)
        except requests.RequestException as error:  # its own text is of pools and retries
            raise requests.ConnectionError(f"no answer from {self._address}: {_kind(error)}") from error
        if not reply.ok:
            raise requests.HTTPError(f"HTTP {reply.status_code}: {reply.text[:200]}")
        return reply.json()


def _kind(error: Exception) -> str:
    """What the last attempt met, by its name."""
    held = error.args[0] if error.args else None
    return type(getattr(held, "reason", None) or error).__name__


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
