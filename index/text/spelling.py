"""A misspelt word of a question -> the word of the documents that it stands for.

Only a word that neither the documents nor general text know is looked at, and only what is one letter away
counts: added, left out, changed, or two in the wrong order. Names of other software are not one letter away
from a word of the documents, so a question about them stays one. A short word is one letter away from many:
it stands for a word of general text alone, with the same first letter, that the documents have several times.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from index.text.general_words import LEAST, open_general_words
from index.text.terms import STOP_WORDS, stem

SHORTEST, LONG, LONGEST = 4, 6, 20
"""Letters of a word that is looked at, and of one that is long."""
KNOWN, OFTEN = -15.5, 2
"""What a short word stands for is likelier than this in general text, and in so many passages."""
MOST = 6
"""Words of a question that are looked at."""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_CLOSE = (
    *(row[at : at + 2] for row in _ROWS for at in range(len(row) - 1)),
    "li",
    "lj",
    "ij",
    "vy",
    "aq",
    "sw",
)
"""Letters that are side by side on a keyboard or look alike."""
_INNER_CAPITAL = re.compile("[a-z][A-Z]|[A-Z]{2}[a-z]")
"""Whoever writes capitals within a word, SQLite, writes the name of something as it is written."""
_WORD = re.compile(rf"(?<![\w./:@#$%&+-])[A-Za-z]{{{SHORTEST},{LONGEST}}}(?![\w/:@#+-]|\.\w)")


def spelt(question: str, frequencies: Callable[[Sequence[str]], Sequence[int]]) -> str:
    """The question with its misspelt words as the documents have them; `frequencies` of terms in chunks."""
    left = [MOST]

    def rewritten(match: re.Match[str]) -> str:
        word = match.group()
        known = frequencies([stem(word.lower())])[0] or not _is_strange(word.lower())
        if not left[0] or known or _INNER_CAPITAL.search(word):
            return word
        left[0] -= 1
        is_long = len(word) >= LONG
        near = list(_near(word.lower()))
        counted = zip(frequencies([stem(one) for one in near]), near, strict=True)
        found = [(often, one) for often, one in counted if often >= (1 if is_long else OFTEN)]
        return max((pair for pair in found if is_long or _is_sure(word, pair[1])), default=(0, word))[1]

    return _WORD.sub(rewritten, question)


def _is_strange(word: str) -> bool:
    return word not in STOP_WORDS and open_general_words().word(stem(word)) <= LEAST


def _is_sure(word: str, near: str) -> bool:
    """Whether a short word may stand for one near it, and is no name that is near by chance: slack, stack."""
    word = word.lower()
    if len(near) == len(word) and sorted(near) != sorted(word):
        changed = next({one, other} for one, other in zip(word, near, strict=True) if one != other)
        if len(word) == SHORTEST or not any(changed <= set(close) for close in _CLOSE):
            return False
    if len(near) < len(word) and not any(one == next_one for one, next_one in pairwise(word)):
        return False
    return len(near) >= SHORTEST and near[0] == word[0] and open_general_words().word(stem(near)) > KNOWN


def _near(word: str) -> Iterator[str]:
    """Every string one edit away."""
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in string.ascii_lowercase:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
