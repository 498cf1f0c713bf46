"""Which project a question names: somebody who writes mmpose wants mmpose's pages.

A project is a source, or a folder at the top of a source that has a README or a docs folder of its own. A
name may be cut short from four letters on, as people do: mmdet is mmdetection.
"""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import numpy.typing as npt

from index.text.split import Chunk

Scores = npt.NDArray[np.float32]
_WORDS = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_LEAST_LETTERS = 4
"""A shorter word must be the whole name."""


class Projects:
    """The projects of an index and the chunks of each."""

    def __init__(self, chunks: list[Chunk]) -> None:
        self._count = len(chunks)
        folders = {_top_folder(chunk) for chunk in chunks if _shows_project(chunk.path)}
        rows: dict[str, list[int]] = defaultdict(list)
        for row, chunk in enumerate(chunks):
            rows[chunk.source.lower()].append(row)
            if _top_folder(chunk) in folders:
                rows[_top_folder(chunk)[1].lower()].append(row)
        self._rows = {name: np.array(numbers, dtype=np.int64) for name, numbers in rows.items()}

    def named(self, query: str) -> tuple[str, ...]:
        """Projects that the question names, sorted, lower case."""
        words = {
            word.lower() for match in _WORDS.findall(query) for word in (match, *re.split(r"[-_.]", match))
        }
        return tuple(sorted(name for name in self._rows if any(_is_named(name, word) for word in words)))

    def signal(self, query: str) -> Scores:
        """1 for the chunks of the projects that the question names, else 0; (chunks,)."""
        signal = np.zeros(self._count, dtype=np.float32)
        for name in self.named(query):
            signal[self._rows[name]] = 1
        return signal


def _top_folder(chunk: Chunk) -> tuple[str, str]:
    return chunk.source, chunk.path.split("/")[0]


def _shows_project(path: str) -> bool:
    """Whether this path shows that its top folder is a project: NAME/README.md or NAME/docs/..."""
    parts = path.lower().split("/")
    return len(parts) > 1 and (parts[1] == "docs" or (len(parts) == 2 and parts[1].startswith("readme")))


def _is_named(name: str, word: str) -> bool:
    return word == name or (len(word) >= _LEAST_LETTERS and name.startswith(word))
