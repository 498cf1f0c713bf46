"""The kinds of answers that questions wait for: how each is asked, and what an answer to it has.

"How long", "who", "which command", "can I": each waits for something that can be seen in a text without
understanding it. The kinds are few and mean the same in Chinese and English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "words" / "kinds.txt"
EXACT_KINDS = frozenset({"price", "size", "version", "share", "port", "day", "span"})
"""Kinds of values that cannot be mistaken."""
VALUE_KINDS = EXACT_KINDS | {"amount", "time"}
_MORE_EXACT = {
    "amount": frozenset({"size", "version", "share", "port", "day", "span"}),
    "time": frozenset({"day", "span"}),
    "place": frozenset({"port"}),
}
"""Kinds that are no more asked for where one is that can be told from other texts more surely."""
APART = frozenset({"default", "off", "must", "path", "disabled"})
"""Kinds that have features of their own."""
ONE_THING = VALUE_KINDS | {"person", "place", "default", "trouble"}
"""Kinds of questions that ask for one thing, whatever their form: "what is the limit"."""


def _read() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    """For each kind of question how it is asked and what an answer has, from words/kinds.txt."""
    read: dict[str, dict[str, list[str]]] = {}
    section: list[str] = []
    for line in _FILE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        head = re.fullmatch(r"\[(\w+) (asks|has)\]", line)
        if head:
            section = read.setdefault(head.group(1), {}).setdefault(head.group(2), [])
        else:
            section += line.split("  ")
    flags = re.IGNORECASE | re.MULTILINE
    return {
        kind: (re.compile("|".join(parts["asks"]), flags), re.compile("|".join(parts["has"]), flags))
        for kind, parts in read.items()
    }


_KINDS = _read()
"""For each kind how it is asked and what an answer has; kept where the expressions can be measured."""


def kinds_asked(text: str) -> frozenset[str]:
    """The kinds of answers that a question waits for: no bare amount beside a size or a version."""
    kinds = frozenset(kind for kind, (asks, _) in _KINDS.items() if asks.search(text))
    return kinds - {broad for broad, exact in _MORE_EXACT.items() if kinds & exact}


@lru_cache(maxsize=16_384)
def answers_kind(kind: str, text: str) -> bool:
    """Whether a text has what an answer of this kind has; remembered, as pages are read again and again."""
    return bool(_KINDS[kind][1].search(text))


def found_of_kind(kind: str, text: str) -> Iterator[str]:
    """Each piece of a text that an answer of this kind has."""
    return (match.group() for match in _KINDS[kind][1].finditer(text))
