"""Which documents are one page: the Chinese and the English copy, told by path and confirmed by content.

Projects keep translations beside each other (docs/en/faq.md and docs/zh_cn/faq.md, README.md and
README_zh-CN.md). A reader wants one of them, in the language asked, and not the same page twice.
"""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import numpy.typing as npt

from index.search.embed import Vectors, normalised
from index.text.split import Chunk

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


def page_numbers(chunks: list[Chunk], vectors: Vectors) -> npt.NDArray[np.int64]:
    """For every chunk the number of its page; copies share one where their vectors agree.

    `vectors`: (chunks, d), the chunks' text vectors.
    """
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, chunk in enumerate(chunks):
        rows[(chunk.source, chunk.path)].append(row)
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for source, path in rows:
        groups[page_key(source, path)].append((source, path))
    numbers = np.zeros(len(chunks), dtype=np.int64)
    next_number = 0
    for copies in groups.values():
        means = normalised(np.stack([vectors[rows[copy]].mean(axis=0) for copy in copies]))
        first = next_number
        for copy, mean in zip(copies, means, strict=True):
            same = float(mean @ means[0]) >= COPY_COSINE
            if same:
                numbers[rows[copy]] = first
            else:
                next_number += 1
                numbers[rows[copy]] = next_number
        next_number += 1
    return numbers
