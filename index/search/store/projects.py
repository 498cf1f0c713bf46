"""Which project a question names: somebody who writes mmpose wants mmpose's pages.

A project is a source, or a folder at the top of a source that has a README or a docs folder of its own. A
name may be cut short from four letters on, as people do: mmdet is mmdetection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from index.search.store.places import DocumentPlace

_WORDS = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_LEAST_LETTERS = 4
"""A shorter word must be the whole name."""


def project_folders(places: Sequence[DocumentPlace]) -> list[str]:
    """For every document the name of the folder it stands in that is a project, lower case; else empty."""
    folders = {_top_folder(place) for place in places if _shows_project(place.path)}
    return [_top_folder(place)[1].lower() if _top_folder(place) in folders else "" for place in places]


def named(query: str, names: Iterable[str]) -> set[str]:
    """Those of the projects' names (lower case) that the question says.

    A word may be a name cut short; a piece of one, as in mmdeploy-runtime, must be the whole name: the "file"
    of file.lock is no filesystem.
    """
    words = {word.lower() for word in _WORDS.findall(query)}
    pieces = {piece for word in words for piece in re.split(r"[-_.]", word)}
    long = [word for word in words if len(word) >= _LEAST_LETTERS]
    return {name for name in names if name in words | pieces or any(map(name.startswith, long))}


def _top_folder(place: DocumentPlace) -> tuple[str, str]:
    return place.source, place.path.split("/")[0]


def _shows_project(path: str) -> bool:
    """Whether this path shows that its top folder is a project: NAME/README.md or NAME/docs/..."""
    parts = path.lower().split("/")
    return len(parts) > 1 and (parts[1] == "docs" or (len(parts) == 2 and parts[1].startswith("readme")))
