"""What a word of a question tells of what is asked, and which words of the pages stand for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from index.text.chinese import is_chinese
from index.text.general_words import LEAST, open_general_words
from index.text.glossary import covers, translated
from index.text.terms import STOP_WORDS, is_noun, terms

_WORDS = Path(__file__).parent / "words"
LIKE, SAME = 0.4, 0.8
"""What a like word of the list counts of the word itself, and one that means the same in any text."""


def in_the_other_language(
    word: str, known: Callable[[str], bool], near: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """What pages in the other language have for a word that no page has, each with what it counts of it.

    Asked for where the pages lack most of a question's words, so that nothing else can be found there: the
    surest counts as the word itself.
    """
    from index.search.store.crossing import LEAST as SURE_ENOUGH
    from index.search.store.like_words import SURE

    found = {
        term: worth / SURE
        for term, worth in near.get(word, {}).items()
        if is_chinese(term) != is_chinese(word) and worth >= SURE_ENOUGH
    }
    listed = translated(word) if covers(word) or not found else ()
    return found | {term: 1.0 for term in listed if known(term)}


def surest_of(word: str, across: Mapping[str, Mapping[str, float]]) -> str:
    """The word of the pages by which it is told how much a word of the question tells."""
    found = across.get(word)
    return max(found, key=lambda term: found[term]) if found else word


def like_of(word: str, near: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """What stands for a word: by the list, and by the meaning of the documents' own words."""
    listed = dict.fromkeys(like_words().get(word, ()), LIKE) | dict.fromkeys(same_words().get(word, ()), SAME)
    return listed | {term: max(worth, listed.get(term, 0.0)) for term, worth in near.get(word, {}).items()}


START = 5
"""Letters by which an inflected word is known."""


def starts_of(word: str) -> tuple[tuple[str, ...], float]:
    """What stands for the start of a word among words, and what it counts of it."""
    if not word.isascii():
        return ((f"~{word}",), 0.5) if len(word) == 1 else ((), 0.0)
    start = word[:START]
    return ((f"~{start}", start), 0.8) if len(start) == START else ((), 0.0)


def known_pieces(word: str, known: Callable[[str], bool]) -> list[str]:
    """The word; a Chinese one that no page has is taken apart: it may be none, cut in the wrong place.

    A noun stays beside its parts: it is what the question asks about, and no page tells of it.
    """
    if word.isascii() or len(word) < 2 or known(word):
        return [word]
    pieces = [piece for piece in word if piece not in STOP_WORDS and known(piece)]
    return [word, *pieces] if is_noun(word) else pieces or [word]


CALLED = -13.0
"""A Latin word rarer than this in general text (natural logarithm) is what something is called."""


def is_telling(word: str) -> bool:
    """Whether a word that no page has tells by itself that the question is about something else."""
    if not word.isascii():
        return len(word) > 1 and is_noun(word)
    return len(word) > 2 and word.isalnum() and open_general_words().word(word) <= CALLED


GENERAL, SPECIAL = -7.5, -10.0
"""From the one log-probability in general text on a word tells little, up to the other everything."""
WEAK = 0.2
"""What a word tells that any message may have."""


@lru_cache(maxsize=1)
def weak_words() -> frozenset[str]:
    """Words that any message may have, from words/weak.txt."""
    lines = (_WORDS / "weak.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def tells(word: str) -> float:
    """How much a word tells of what is asked, 0 to 1: little where any message may have it."""
    if word in weak_words():
        return WEAK
    if not word.isascii():
        return 0.6 if len(word) == 1 else 1.0
    if not word.isalpha():
        return 1.0
    common = open_general_words().word(word)
    if common <= LEAST:
        return 1.0
    return min(1.0, max(WEAK, (GENERAL - common) / (GENERAL - SPECIAL)))


@lru_cache(maxsize=1)
def like_words() -> dict[str, frozenset[str]]:
    """For every word of the groups in words/like.txt, the others of its groups; as terms."""
    return _grouped(line.removeprefix("=") for line in _like_lines())


@lru_cache(maxsize=1)
def same_words() -> dict[str, frozenset[str]]:
    """The same of the groups that begin with "=": their words mean the same."""
    return _grouped(line[1:] for line in _like_lines() if line.startswith("="))


def _like_lines() -> list[str]:
    lines = (_WORDS / "like.txt").read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def _grouped(lines: Iterable[str]) -> dict[str, frozenset[str]]:
    """For every word of a line, the others; as terms."""
    found: dict[str, set[str]] = {}
    for line in lines:
        group = {term for word in line.split() for term in terms(word)[:1]}
        for term in group:
            found.setdefault(term, set()).update(group - {term})
    return {term: frozenset(others) for term, others in found.items()}
