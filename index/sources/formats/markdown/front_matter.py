"""The facts that stand above a page: YAML between dashes, TOML between plus signs, a JSON object, behind a
comment or not.

Only what reads as such a block is taken for one: a page may as well begin with a line across it.
"""

from __future__ import annotations

import json
import tomllib
from typing import Any

import yaml

from bot.errors import FennelError
from index.text.marks import plain_title

_MOST_LINES = 400
_MOST_CHARACTERS = 50_000
_FENCES = {"---": ("---", "..."), "+++": ("+++",), ";;;": (";;;",)}


class _NoFacts(FennelError):
    """What stands between the fences is no table of facts."""


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """(facts, the page without them); no facts and the whole page where there is no such block."""
    rest = _behind_comments(text)
    first, _, below = rest.partition("\n")
    fence = first.rstrip()
    if rest.startswith("{"):
        return _json(rest) or ({}, text)
    if fence not in _FENCES:
        return {}, text
    lines = below[:_MOST_CHARACTERS].split("\n")[:_MOST_LINES]
    end = next((number for number, line in enumerate(lines) if line.rstrip() in _FENCES[fence]), -1)
    if end < 0:
        return {}, text
    try:
        facts = _facts("\n".join(lines[:end]), fence)
    except _NoFacts:
        return {}, text
    body = below.split("\n", end + 1)
    return facts, body[end + 1] if len(body) > end + 1 else ""


def _json(text: str) -> tuple[dict[str, Any], str] | None:
    """The same of a JSON object over the whole first lines, which says what the page's title or date is."""
    try:
        facts, end = json.JSONDecoder().raw_decode(text[:_MOST_CHARACTERS])
    except (ValueError, RecursionError):
        return None
    below = text[end:]
    known = isinstance(facts, dict) and any(name.lower() in ("title", "date") for name in facts)
    return (facts, below) if known and (not below.strip() or below.lstrip(" \t\r").startswith("\n")) else None


def _behind_comments(text: str) -> str:
    """What stands behind blank lines and comments at the very top."""
    rest = text.lstrip()
    for _ in range(20):
        if not rest.startswith("<!--"):
            break
        end = rest.find("-->", 4, _MOST_CHARACTERS)
        if end < 0:
            break
        rest = rest[end + 3 :].lstrip()
    return rest


def _facts(block: str, fence: str) -> dict[str, Any]:
    try:
        facts = tomllib.loads(block) if fence == "+++" else yaml.safe_load(block)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        facts = _lines_of_facts(block)
        if not facts:
            raise _NoFacts("no facts") from error
    if facts is None:
        return {}
    if not isinstance(facts, dict):
        raise _NoFacts("no facts")
    return {str(key): value for key, value in facts.items()}


def _lines_of_facts(block: str) -> dict[str, str]:
    """`key: value` lines of a block that is no valid YAML, such as a title with a colon in it."""
    facts = {}
    for line in block.split("\n"):
        key, colon, value = line.partition(":")
        if not line.strip() or line[0] in " \t-#":
            continue
        if not colon or not key.replace("_", "").replace("-", "").isalnum():
            return {}
        facts[key] = value.strip().strip("\"'")
    return facts


def title_of(facts: dict[str, Any]) -> str:
    """The title among the facts; empty where there is none."""
    for name in ("title", "Title", "TITLE", "name", "sidebar_label"):
        value = facts.get(name)
        if isinstance(value, (str, int, float)) and (title := plain_title(str(value))):
            return title
    return ""


def slug_in(text: str) -> str:
    """The slug among the facts above a page; empty where there is none."""
    value = split_front_matter(text)[0].get("slug")
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
