"""robots.txt, respected as RFC 9309 has it.

A file that is not there allows everything; one that cannot be read (server errors, no answer) allows
nothing. The longest rule that matches decides, `*` and a final `$` are wildcards: the standard library's
parser takes the first rule and knows no wildcards, and would fetch what a site does not want fetched. What a
file said is kept in Redis for a day, as the RFC asks.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import FetchRefused
from bot.redis_keys import ROBOTS
from worker.web.addresses import Target
from worker.web.cache import WebCache
from worker.web.fetch import Fetcher, StatusRefused, TypeRefused

AGENT = "fennelbot"
KEPT_UNREADABLE = 600
MAX_CHARACTERS = 500_000
"""What RFC 9309 asks a crawler to read at least."""


@dataclass(frozen=True)
class Rule:
    """One Allow or Disallow line."""

    allow: bool
    pattern: str


class Robots:
    """Answers for all hosts."""

    def __init__(self, fetcher: Fetcher, cache: WebCache) -> None:
        self._fetcher = fetcher
        self._cache = cache

    def check(self, target: Target) -> None:
        """Raises FetchRefused where the host does not want this page fetched."""
        text = self._text(target.origin)
        if text is None:
            raise FetchRefused("the site's robots.txt could not be read")
        if not allowed(read_rules(text), target.path):
            raise FetchRefused("the site's robots.txt does not allow it")

    def _text(self, origin: str) -> str | None:
        """The file, empty where there is none, None where it cannot be read."""
        key = ROBOTS.of(origin)
        kept = self._cache.get(key)
        if kept is not None:
            known: str | None = kept["text"]
            return known
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


def read_rules(text: str, agent: str = AGENT) -> list[Rule]:
    """The rules for `agent`: those of the groups that name it, else those for everybody."""
    groups: dict[str, list[Rule]] = {}
    named: list[str] = []
    in_rules = False
    for line in text.splitlines():
        field, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        field = field.lower()
        if field == "user-agent":
            named = [value.lower()] if in_rules else [*named, value.lower()]
            in_rules = False
            groups.setdefault(value.lower(), [])
        elif field in ("allow", "disallow"):
            in_rules = True
            if value:
                for name in named:
                    groups[name].append(Rule(field == "allow", value))
    return groups[agent] if agent in groups else groups.get("*", [])


def allowed(rules: list[Rule], path: str) -> bool:
    """Whether `path` (with its query) may be fetched; /robots.txt itself always may."""
    if path == "/robots.txt":
        return True
    matching = [rule for rule in rules if matches(rule.pattern, path)]
    return not matching or max(matching, key=lambda rule: (len(rule.pattern), rule.allow)).allow


def matches(pattern: str, path: str) -> bool:
    """Whether a rule's path pattern matches from the start of `path`; in time linear in its pieces."""
    anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    for number, piece in enumerate(rest):
        if anchored and number == len(rest) - 1:
            return len(path) - len(piece) >= place and path.endswith(piece)
        found = path.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return not anchored or bool(rest) or place == len(path)
