"""Things that are told apart by a number: "mode 2", "level 3", "v4", 方式二, "error 503".

A piece about mode 1 has all the words of a question about mode 2, and a number is a word like any other to
whatever counts words. So a piece that has the name with other numbers alone, or stands under a heading that
has, is taken for one about another thing. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_DIGITS = {sign: str(at) for at, sign in enumerate("一二三四五六七八九", 1)}
_NAMES_ZH = (
    "方式|模式|方法|方案|级别|等级|阶段|版本|类型|情况|场景|策略|步骤|部分|错误码|状态码|错误|章|层|级"
)
_NO_RANGE = r"(?! ?(?:[-–—~,、/]|to|through|and|or|到|至|和|或) ?[\d一二三四五六七八九])"
_NAMED = re.compile(
    r"(?<![a-z0-9])(?P<name>[a-z]{1,30}+)[`*_\"]{0,2}[ =:#-]{0,2}[`*_\"]{0,2}"
    rf"(?P<number>\d{{1,4}}+)(?![.:%][\dx]|[a-z0-9_%]){_NO_RANGE}"
    rf"|(?P<name_zh>{_NAMES_ZH})[ :：]?(?P<number_zh>[一二三四五六七八九]|\d{{1,3}}+)"
    rf"(?![\d十百千万个种次样定般起直些旦致]|[.%]\d){_NO_RANGE}",
    re.IGNORECASE,
)
_RELEASE = re.compile(
    r"(?<![a-z0-9])(?P<name>[a-z]{2,30}+)[`*_\"]{0,2}[ -]{0,2}v?"
    r"(?P<number>\d{1,2}+)\.(?:x|\d{1,3}+(?:\.\d{1,3}+)?)(?![a-z0-9%.])",
    re.IGNORECASE,
)
"""A product and the first number of its release: "Kestrel v2.x"."""
_ANY_RELEASE = re.compile(r"(?<![\d.])(\d{1,2})\.[x\d]", re.IGNORECASE)
_NO_NAMES = frozenset({
    "a", "about", "above", "add", "after", "all", "and", "any", "are", "as", "at", "be", "before",
    "below", "between", "by", "do", "does", "each", "every", "first", "for", "from", "get", "give",
    "has", "have", "i", "in", "is", "it", "just", "last", "least", "less", "like", "most", "more",
    "next", "of", "on", "only", "or", "over", "past", "per", "than", "the", "then", "these", "to",
    "top", "under", "until", "up", "use", "wait", "with", "within",
})  # fmt: skip
"""Words before a number that counts what stands behind it."""


@dataclass(frozen=True)
class Numbered:
    """A name and the number that a question tells one of its kind by."""

    name: str
    number: str


def numbered_in(question: str) -> Numbered | None:
    """The one thing that a question names by a number; None where it names none, or several."""
    found = {one for one in _all(question) if one.name not in _NO_NAMES}
    return next(iter(found)) if len(found) == 1 else None


@lru_cache(maxsize=8192)
def numbers_of(name: str, text: str) -> frozenset[str]:
    """The numbers that the name has in a text."""
    return frozenset(one.number for one in _all(text) if one.name == name)


def is_of_another(asked: Numbered, headings: Iterable[str], text: str) -> bool:
    """Whether a piece under these headings, the nearest first, is about another of the same name."""
    for heading in (*headings, text):
        if numbers := numbers_of(asked.name, heading):
            return asked.number not in numbers
    return False


def release_in(question: str) -> Numbered | None:
    """The one release that a question names, by its first number; None where it names none, or several."""
    found = set(_releases(question))
    return next(iter(found)) if len(found) == 1 else None


def is_of_another_release(asked: Numbered, headings: Iterable[str]) -> bool:
    """Whether a heading names other releases of the product and not this one."""
    for heading in headings:
        if any(one.name == asked.name for one in _releases(heading)):
            return asked.number not in _ANY_RELEASE.findall(heading)
    return False


@lru_cache(maxsize=8192)
def _releases(text: str) -> tuple[Numbered, ...]:
    found = (Numbered(one["name"].lower(), one["number"]) for one in _RELEASE.finditer(text))
    return tuple(one for one in found if one.name not in _NO_NAMES)


def _all(text: str) -> Iterable[Numbered]:
    for found in _NAMED.finditer(text):
        name, number = found["name"] or found["name_zh"], found["number"] or found["number_zh"]
        yield Numbered(name.lower(), _DIGITS.get(number, number.lstrip("0") or "0"))
