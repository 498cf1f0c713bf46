"""A misspelt word of a question -> the word of the documents that it stands for.

Only a long word that neither the documents nor general text know is looked at, and only what is one letter
away counts: added, left out, changed, or two in the wrong order. Names of other software are not one letter
away from a word of the documents, so a question about them stays one.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator

from index.text.general_words import LEAST, open_general_words
from index.text.terms import stem

SHORTEST, LONGEST = 6, 20
"""Letters of a word that is looked at: a short one is one letter away from many."""
MOST = 3
"""Words of a question that are looked at."""
_WORD = re.compile(rf"(?<![\w./:@#$%&+-])[A-Za-z]{{{SHORTEST},{LONGEST}}}(?![\w/:@#+-]|\.\w)")


def spelt(question: str, frequency: Callable[[str], int]) -> str:
    """The question with its misspelt words as the documents have them; `frequency` of a term in chunks."""
    left = [MOST]

    def rewritten(match: re.Match[str]) -> str:
        word = match.group()
        if not left[0] or frequency(stem(word.lower())) or not _is_strange(word.lower()):
            return word
        left[0] -= 1
        best = max(_near(word.lower()), key=lambda near: frequency(stem(near)))
        return best if frequency(stem(best)) else word

    return _WORD.sub(rewritten, question)


def _is_strange(word: str) -> bool:
    return open_general_words().word(stem(word)) <= LEAST


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
