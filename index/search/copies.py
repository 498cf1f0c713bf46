"""Which documents are one page: the Chinese and the English copy, told by path and confirmed by content.

Projects keep translations beside each other (docs/en/faq.md and docs/zh_cn/faq.md, README.md and
README_zh-CN.md). A reader wants one of them, in the language asked, and not the same page twice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from index.search.embed import Vectors, normalised
from index.search.store.arrays import Rows
from index.search.store.places import DocumentPlace

COPY_COSINE = 0.5
"""Copies in two languages agree at least this much in the mean of their chunks' vectors."""

_LANGUAGE = r"(?:en|en[-_]us|english|zh|cn|zh[-_]cn|zh[-_]hans|chinese)"
_FOLDER = re.compile(_LANGUAGE, re.IGNORECASE)
_SUFFIX = re.compile(rf"[-_.]{_LANGUAGE}$", re.IGNORECASE)


def page_key(source: str, path: str) -> tuple[str, str]:
    """The same for the copies of one page in several languages: source and path without language names."""
    *folders, file = path.split("/")
    stem, dot, suffix = file.partition(".") if file.count(".") == 1 else file.rpartition(".")
    kept = [folder for folder in folders if not _FOLDER.fullmatch(folder)]
    return _SUFFIX.sub("", source), "/".join([*kept, _SUFFIX.sub("", stem) + dot + suffix]).lower()


def page_numbers(places: Sequence[DocumentPlace], mean: Callable[[DocumentPlace], Vectors]) -> Rows:
    """For every document the number of its page; copies share one where their vectors agree.

    `mean` gives the mean of a document's text vectors, (d,); it is asked of copies only.
    """
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, place in enumerate(places):
        groups[page_key(place.source, place.path)].append(number)
    pages = np.zeros(len(places), dtype=np.int64)
    following = 0
    for copies in groups.values():
        page = following
        means = normalised(np.stack([mean(places[one]) for one in copies])) if len(copies) > 1 else None
        for row, copy in enumerate(copies):
            if means is None or float(means[row] @ means[0]) >= COPY_COSINE:
                pages[copy] = page
            else:
                following += 1
                pages[copy] = following
        following += 1
    return pages
