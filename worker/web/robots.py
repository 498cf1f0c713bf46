"""robots.txt, respected as RFC 9309 has it.

A file that is not there allows everything; one that cannot be read (server errors, no answer) allows
nothing. Protego reads it: the longest rule that matches decides, `*` and a final `$` are wildcards, groups
that name us count together. The standard library's parser takes the first rule and knows no wildcards, and
would fetch what a site does not want fetched. What a file said is kept in Redis for a day, as the RFC asks.
"""

from __future__ import annotations

from protego import Protego

from bot.errors import FetchRefused
from bot.redis_keys import ROBOTS
from worker.web.addresses import Target
from worker.web.cache import Cache
from worker.web.fetch import Fetcher, StatusRefused, TypeRefused

AGENT = "fennelbot"
KEPT_UNREADABLE = 600
MAX_CHARACTERS = 500_000
"""What RFC 9309 asks a crawler to read at least."""


class Robots:
    """Answers for all hosts."""

    def __init__(self, fetcher: Fetcher, cache: Cache) -> None:
        self._fetcher = fetcher
        self._cache = cache

    def check(self, target: Target) -> None:
        """Raises FetchRefused where the host does not want this page fetched."""
        text = self._text(target.origin)
        if text is None:
            raise FetchRefused("the site's robots.txt could not be read")
        if not allowed(text, target.path):
            raise FetchRefused("the site's robots.txt does not allow it")

    def sitemaps(self, origin: str) -> list[str]:
        """The sitemaps that a host's file names."""
        try:
            return list(Protego.parse(self._text(origin) or "").sitemaps)
        except ValueError:
            return []

    def delay(self, origin: str) -> float:
        """Seconds between two pages that a host asks for; 0 where it asks for none."""
        try:
            asked = Protego.parse(self._text(origin) or "").crawl_delay(AGENT)
        except ValueError:
            return 0.0
        return float(asked or 0.0)

    def _text(self, origin: str) -> str | None:
        """The file, empty where there is none, None where it cannot be read."""
        key = ROBOTS.of(origin)
        kept = self._cache.get(key)
        if kept is not None:
            known = kept.get("text")
            return known if isinstance(known, str) else None
        text = self._fetch(origin)
        self._cache.put(key, {"text": text}, ROBOTS.seconds if text is not None else KEPT_UNREADABLE)
        return text

    def _fetch(self, origin: str) -> str | None:
        try:
            page = self._fetcher.fetch(f"{origin}/robots.txt", types=("text/plain",))
        except TypeRefused:
            return ""
        except StatusRefused as refused:
            return "" if 400 <= refused.status < 500 and refused.status != 429 else None
        except FetchRefused:
            return None
        return page.body.decode("utf-8", "replace")[:MAX_CHARACTERS]


def allowed(text: str, path: str, agent: str = AGENT) -> bool:
    """Whether the file `text` lets `agent` fetch `path` (with its query); /robots.txt itself always may."""
    try:
        return Protego.parse(text).can_fetch(f"https://host{path}", agent)
    except ValueError:  # An address inside the file that is none: what it forbids is not known.
        return False
