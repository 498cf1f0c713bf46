"""Words that stand together with a question's in these documents, and pages that are made of questions.

A member writes other words than the documents do. What the best passages have in common, and the rest of the
index has not, are words of the same subject: searched with, they find the page that says it differently. No
list and no model is needed, and a build has nothing more to do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from index.search.lexical import Lexical
from index.text.split import Chunk
from index.text.terms import terms

PASSAGES = 5
"""Passages whose words are taken."""
WORDS = 8
"""Words that are searched with."""
_LEAST_CHUNKS = 2
"""A word of fewer chunks leads nowhere else."""
_FAQ = re.compile(
    r"faq|frequently.asked|troubleshoot|常见问题|常见错误|问答|疑难|故障|排查|q\s*&\s*a", re.IGNORECASE
)


def related_terms(best: Sequence[tuple[str, float]], own: Sequence[str], lexical: Lexical) -> list[str]:
    """The words most typical of the best passages, each its text and score; the question's own left out."""
    weights: dict[str, float] = defaultdict(float)
    for text, score in best:
        for term in _terms_of(text):
            weights[term] += score
    for term in own:
        weights.pop(term, None)
    known = [term for term in weights if lexical.document_frequency(term) >= _LEAST_CHUNKS]
    known.sort(key=lambda term: (-weights[term] * lexical.idf(term), term))
    return known[:WORDS]


@lru_cache(maxsize=1024)
def _terms_of(text: str) -> frozenset[str]:
    """The terms of a passage; remembered, as the same ones are found for question after question."""
    return frozenset(terms(text))


def is_of_questions(chunk: Chunk) -> bool:
    """Whether a chunk is of a FAQ or of a page on troubles, told by path and headings."""
    return _FAQ.search(f"{chunk.path} {chunk.title} {' '.join(chunk.heading_path)}") is not None
