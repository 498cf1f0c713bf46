"""Words that stand together with a question's in these documents, and pages that are made of questions.

A member writes other words than the documents do. What the best passages have in common, and the rest of the
index has not, are words of the same subject: searched with, they find the page that says it differently. No
list and no model is needed, and a build has nothing more to do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index.search.lexical import Lexical
from index.text.split import Chunk
from index.text.terms import terms

Scores = npt.NDArray[np.float32]
PASSAGES = 5
"""Passages whose words are taken."""
WORDS = 8
"""Words that are searched with."""
_LEAST_CHUNKS = 2
"""A word of fewer chunks leads nowhere else."""
_FAQ = re.compile(
    r"faq|frequently.asked|troubleshoot|常见问题|常见错误|问答|疑难|故障|排查|q\s*&\s*a", re.IGNORECASE
)


def related_terms(scores: Scores, chunks: Sequence[Chunk], own: Sequence[str], lexical: Lexical) -> list[str]:
    """The words most typical of the best passages by `scores` (chunks,), the question's own left out."""
    count = min(PASSAGES, len(scores))
    best = np.argpartition(-scores, count - 1)[:count] if count else np.empty(0, np.int64)
    weights: dict[str, float] = defaultdict(float)
    for row in sorted(map(int, best)):
        for term in set(terms(chunks[row].text)):
            weights[term] += float(scores[row])
    for term in own:
        weights.pop(term, None)
    known = [term for term in weights if lexical.document_frequency(term) >= _LEAST_CHUNKS]
    known.sort(key=lambda term: (-weights[term] * lexical.idf(term), term))
    return known[:WORDS]


def made_of_questions(chunks: Sequence[Chunk]) -> Scores:
    """1 for each chunk of a FAQ or of a page on troubles, told by path and headings, else 0; (chunks,)."""
    places = (f"{chunk.path} {chunk.title} {' '.join(chunk.heading_path)}" for chunk in chunks)
    return np.array([_FAQ.search(place) is not None for place in places], dtype=np.float32)
