"""Text -> terms for the lexical half: Chinese words, English words, identifiers kept whole.

`kv_cache`, `RTMPose-m` and `--cache-max-entry-count` are what technical questions turn on, so an
identifier is a term of its own and its parts are terms too: a question may write "kv cache". Words that
only shape a question (如何, how, the) carry no meaning for retrieval and are left out: in an English
index a rare 如何 would otherwise weigh more than everything else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from index.text.chinese import CHARACTERS

_PIECES = re.compile(rf"[A-Za-z0-9_]+(?:[-./:+][A-Za-z0-9_]+)*\+*|[{CHARACTERS}]+")
_NOT_ASCII = "\x80"
"""A piece is of ASCII or Chinese: its first character says which."""
_JOINTS = re.compile(r"[-./:+_]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

LONGEST_WORD = 20
"""Letters; what is longer is no word."""
STOP_WORDS = frozenset(
    word
    for line in (Path(__file__).parent / "words" / "stop_words.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)


def terms(text: str) -> list[str]:
    """The terms of a text in order, with repeats, lower case; stop words left out."""
    found: list[str] = []
    for piece in _PIECES.findall(unicodedata.normalize("NFKC", text)):
        if piece[0] < _NOT_ASCII:
            found.extend(_latin_terms(piece))
        else:
            found.extend(word for word in _chinese_words(piece) if word not in STOP_WORDS)
    return found


def spellings(text: str) -> Iterator[tuple[str, str]]:
    """(term, how the text writes it) of each plain word of a text; no identifiers, numbers and stop words."""
    for piece in _PIECES.findall(unicodedata.normalize("NFKC", text)):
        if piece[0] >= _NOT_ASCII:
            yield from ((word, word) for word in _chinese_words(piece) if word not in STOP_WORDS)
        elif word := _plain_word(piece):
            yield word


@lru_cache(maxsize=100_000)
def _plain_word(piece: str) -> tuple[str, str] | None:
    """(term, spelling) of a piece that is a word."""
    if not piece.isalpha() or not 2 < len(piece) <= LONGEST_WORD or piece.lower() in STOP_WORDS:
        return None
    return stem(piece.lower()), piece.lower()


def _chinese_words(piece: str) -> list[str]:
    import rjieba  # reads its dictionary: not where there is nothing Chinese

    return list(rjieba.cut_for_search(piece))


def words_in_order(run: str) -> list[str]:
    """The words of Chinese characters in a row, each once: together they are the row."""
    import rjieba

    return list(rjieba.cut(run))


_NOUNS = ("n", "vn", "l", "i", "j")
"""Parts of speech, by jieba's letters, that name a thing: nouns, verbs as nouns, set phrases, short forms."""


@lru_cache(maxsize=10_000)
def is_noun(word: str) -> bool:
    """Whether a Chinese word, taken by itself, is one word that names a thing."""
    import rjieba

    tagged = rjieba.tag(word)
    return len(tagged) == 1 and tagged[0][1].startswith(_NOUNS)


@lru_cache(maxsize=100_000)
def _latin_terms(piece: str) -> tuple[str, ...]:
    """The terms of one piece; pieces repeat from chunk to chunk, so most are known."""
    whole = piece.lower().strip("_")
    parts = [part for part in _JOINTS.split(piece) if part]
    found = [whole] if whole and [whole] != [part.lower() for part in parts] else []
    for part in parts:
        lower = part.lower()
        if lower not in STOP_WORDS:
            found.append(stem(lower))
        camel = _CAMEL.findall(part)
        if len(camel) > 1:
            found.extend(stem(word.lower()) for word in camel if len(word) > 1)
    return tuple(found)


_ENDINGS = (("ies", 5, "y"), ("sses", 5, "ss"), ("ing", 6, ""), ("ed", 5, ""), ("s", 4, ""))
"""(ending, letters of a word that may have it, what stands in its place)."""


def stem(word: str) -> str:
    """A light English stem: plural and -ing, -ed endings go; a word with digits stays as it is."""
    if len(word) < 4 or not word.isalpha() or not word.isascii():
        return word
    if word[-1] in "sgd":
        for ending, least, put in _ENDINGS:
            if word.endswith(ending) and len(word) >= least and not word.endswith(("ss", "us", "is")):
                return _undouble(word[: -len(ending)] + put)
    return word.removesuffix("e") if len(word) > 4 else word


def _undouble(word: str) -> str:
    """running -> run; and configure, configuring, configured meet at configur."""
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word.removesuffix("e") if len(word) > 4 else word
