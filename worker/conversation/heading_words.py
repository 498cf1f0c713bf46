"""The words of a heading within a sentence: with the capitals of names alone, and with its articles.

A heading gives its first word a capital, or all of them, and leaves articles out.
What of its capitals are names' is told by the text under it. Pure.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "words"


@cache
def words_of(name: str) -> tuple[str, ...]:
    """The words of a list of this package; several modules have the same ones."""
    lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


_COUNTABLE = frozenset(words_of("countable"))
_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "for",
        "in",
        "on",
        "with",
        "to",
        "and",
        "or",
        "from",
        "is",
        "are",
        "not",
        "if",
        "do",
        "does",
        "my",
        "work",
        "works",
    ]
)
_DETERMINED = re.compile(
    r"(an?|the|your|our|my|all|any|each|every|this|that|one|another|no|some|their|its)(?![a-z])",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"[A-Z][a-z]*(-[A-Za-z][a-z]*)*[.,:)]?|[(]?[A-Z][a-z]+\W?")
_PREPOSITION = re.compile(r" (from|on|in|to|with|without|into|for|of|at|by|using|via|as|and|or) ")
_CASE_TELLS = re.compile(r"[a-z]{4,}|is|are|do|does|my|it|if|not|can")
"""Words that have a capital in a heading which gives its words capitals."""


def lowered(words: str, text: str) -> str:
    """A heading's words within a sentence: without a capital where the text under it writes them so."""
    plain, names = _written(text)
    return " ".join(word.lower() if _is_ordinary(word, plain, names) else word for word in words.split())


def _written(text: str) -> tuple[set[str], set[str]]:
    """The words of a text that it writes without a capital, and those with one amid a sentence."""
    plain = set(re.findall(r"(?<![\w./-])[a-z][a-z-]*", text))
    return plain, set(re.findall(r"(?<=[a-z,] )[A-Z][\w-]*", text))


def _is_ordinary(word: str, plain: set[str], names: set[str]) -> bool:
    if not _CAPITAL.fullmatch(word) or word == "I" or word in names:
        return False
    small = word.lower()
    return bool({small, f"{small}s", small.removesuffix("s")} & (plain | _SMALL | _COUNTABLE))


def is_of_unknown_case(words: str, heading: str, text: str, *, known: str = "") -> bool:
    """Whether some of `words` has a capital in the heading that may be a name's or the heading's alone.

    A heading that writes its ordinary words without capitals has them for names only, but for its first.
    """
    plain, names = _written(text)
    first = heading.split(maxsplit=1)[0]
    sentence_case = any(_CASE_TELLS.fullmatch(word) for word in heading.split()[1:])
    return any(
        (word.istitle() or (word == first and _CAPITAL.fullmatch(word) is not None))
        and word not in ("I", known)
        and word not in names
        and not _is_ordinary(word, plain, names)
        and (word == first or not sentence_case)
        for word in words.split()
    )


def with_article(thing: str, verb: str) -> str:
    """With the article that a heading leaves out; empty where more than one is left out."""
    pieces = _PREPOSITION.split(thing)
    bare = [piece for piece in pieces[::2] if _wants_article(piece)]
    if not bare:
        return thing
    if len(bare) > 1 or bare[0] != pieces[0]:
        return ""
    article = "the"
    if verb in ("add", "create", "write", "make", "define", "build", "run", "launch"):
        article = "an" if re.match(r"[aeio]", thing, re.IGNORECASE) else "a"
    return f"{article} {thing}"


def _wants_article(piece: str) -> bool:
    words = piece.split()
    return bool(words) and words[-1] in _COUNTABLE and not _DETERMINED.match(piece) and "'s " not in piece
