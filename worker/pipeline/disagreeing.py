"""Pages that an answer met and that cannot both be right, or have not been looked at for long.

Two sentences of two pages that say the same but for a number (a port, a limit, a version) contradict each
other; a page that says of itself that it is out of date, or has not changed for two years, may be. Both are
only noted, in the Trace, for whoever keeps the documents. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from index.text.chinese import CHARACTERS
from worker.excerpts import Excerpt

OLD = 730 * 86_400.0
"""Seconds since a page changed, from which on it may be out of date."""
ALIKE = 0.6
"""Share of common character pairs from which on two sentences say the same."""
_END = re.compile(r"[。！？!?;；\n]|\.(?=\s)")
_LENGTHS = range(8, 201)
"""Characters of a sentence that is compared."""
_MOST = 15
"""Sentences with a number that are compared, of one page."""
_NUMBER = re.compile(rf"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])|(?<![\w.])\d+(?:\.\d+)*(?=[{CHARACTERS}a-zA-Z%])")
_SAYS_OLD = re.compile(
    r"已(?:经)?(?:废弃|过时|弃用|停用|失效)|不再(?:维护|支持|适用)|本(?:页|文)(?:档)?已过期"
    r"|(?:this|the) (?:page|document|guide|section) is (?:outdated|out of date|obsolete|deprecated)"
    r"|(?:is|are|was) (?:deprecated|no longer (?:supported|maintained))",
    re.IGNORECASE,
)


def contradictions(cited: Sequence[Excerpt], met: Sequence[Excerpt]) -> list[tuple[str, str]]:
    """Paths of a cited page and of another that was met, which say the same with another number."""
    own = [(excerpt, _told(excerpt.text)) for excerpt in cited if _is_page(excerpt)]
    others = [(excerpt, _told(excerpt.text)) for excerpt in met if _is_page(excerpt)]
    found = {
        _pair(one.path, other.path): None
        for one, said in own
        for other, told in others
        if one.path != other.path and one.language == other.language
        if any(_differ(first, second) for first in said for second in told)
    }
    return list(found)


def outdated(cited: Sequence[Excerpt], now: float) -> list[str]:
    """Paths of cited pages that say they are out of date, or have not changed for long.

    `now` is in Unix seconds.
    """
    return [
        excerpt.path
        for excerpt in cited
        if _is_page(excerpt) and (_SAYS_OLD.search(excerpt.text) or 0 < excerpt.updated_at < now - OLD)
    ]


def _is_page(excerpt: Excerpt) -> bool:
    return bool(excerpt.path) and not excerpt.web


def _pair(one: str, two: str) -> tuple[str, str]:
    return (one, two) if one <= two else (two, one)


@lru_cache(maxsize=512)
def _told(text: str) -> tuple[tuple[frozenset[str], tuple[str, ...]], ...]:
    """What `_sentences` finds; remembered, as the same passages are met for question after question."""
    return tuple(_sentences(text))


def _sentences(text: str) -> Iterator[tuple[frozenset[str], tuple[str, ...]]]:
    """The sentences that hold a number: what they say without it, and the numbers."""
    given = 0
    for sentence in _END.split(text):
        numbers = tuple(_NUMBER.findall(sentence)) if len(sentence) in _LENGTHS else ()
        if not numbers:
            continue
        plain = re.sub(r"[\W_]+", "", _NUMBER.sub("", sentence.lower()))
        pairs = frozenset(plain[at : at + 2] for at in range(len(plain) - 1))
        if len(pairs) >= 5:
            yield pairs, numbers
            given += 1
        if given >= _MOST:
            return


def _differ(one: tuple[frozenset[str], tuple[str, ...]], two: tuple[frozenset[str], tuple[str, ...]]) -> bool:
    if len(one[1]) != len(two[1]) or one[1] == two[1]:
        return False
    return len(one[0] & two[0]) >= ALIKE * len(one[0] | two[0])
