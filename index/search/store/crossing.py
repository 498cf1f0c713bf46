"""A question's words in the other language of the documents.

Half of the documentation that Chinese engineers ask about is in English, and a colleague abroad asks in
English about Chinese pages. The glossary knows technical terms. For every other word the embedder says which
words of the documents mean it (`index.search.store.like_words`): no list of ours covers handbooks, printers
and kitchens.
"""

from __future__ import annotations

from collections.abc import Iterable

from index.search.embed import Embedder
from index.search.store.like_words import SURE, LikeWords
from index.text.chinese import has_chinese, is_chinese
from index.text.glossary import covers, translated

OTHER = 0.02
"""From this share of the chunks on, a language is one of the documents'."""
LEAST = 0.2
"""From this worth on, of at most SURE, a word of the documents stands for one of the question."""
EACH = 2
"""Words that stand for one word of the question."""


class Crossing:
    """The other language of one version's documents. Safe to use from many threads."""

    def __init__(self, words: LikeWords, embedder: Embedder, chinese: float) -> None:
        """`chinese`: the share of the chunks that are in Chinese, 0 to 1."""
        self._words = words
        self._embedder = embedder
        self._has = {"zh": chinese >= OTHER, "en": chinese <= 1 - OTHER}

    @property
    def mixed(self) -> bool:
        """Whether the documents are in both languages."""
        return all(self._has.values())

    def is_foreign(self, text: str) -> bool:
        """Whether the documents have no pages in the language of a text."""
        return not self._has["zh" if has_chinese(text) else "en"]

    def terms(self, question: str, each: int = EACH) -> dict[str, float]:
        """Terms of the other language -> how much each counts, up to 1; `each`: most for one word."""
        near = self.near(question)
        rest = question
        for word in near:  # 包 in 面包 is no package
            rest = rest.replace(word, " ")
        found = dict.fromkeys(translated(rest), 1.0)
        for like in near.values():
            for term, worth in list(like.items())[:each]:
                found[term] = max(found.get(term, 0.0), worth / SURE)
        return found

    def ahead(self, questions: Iterable[str]) -> None:
        """Told of questions that are going to be asked, it looks their words up together."""
        self._words.ahead(
            (one for one in questions if self._has["en" if has_chinese(one) else "zh"]), self._embedder
        )

    def near(self, question: str) -> dict[str, dict[str, float]]:
        """Word of the question that the glossary lacks -> words of the other language, the surest first."""
        chinese = has_chinese(question)
        if not self._has["en" if chinese else "zh"]:
            return {}
        found = {}
        for word, like in self._words.near(question, self._embedder).items():
            if is_chinese(word) != chinese or covers(word):
                continue
            other = {
                term: worth for term, worth in like.items() if is_chinese(term) != chinese and worth >= LEAST
            }
            if other:
                found[word] = dict(sorted(other.items(), key=lambda entry: -entry[1]))
        return found
