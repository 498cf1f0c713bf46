"""Where the pages of a site made by Docusaurus are published: not at the names of their files.

It drops the number that puts a file or folder in order (`02-guides/10-intro.md` is `guides/intro`), the
ending, and the name of a page that is its folder's own. Other generators have rules of their own, and a
folder of plain files none: there a page is at its path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

CONFIG = ("docusaurus.config.js", "docusaurus.config.ts", "docusaurus.config.mjs")
CATEGORY = ("_category_.json", "_category_.yml", "_category_.yaml")
ABOVE = 2
"""Folders above a source in which the site's own settings may lie."""
_PAGES = (".md", ".mdx")
_NUMBER = re.compile(r"\A\d{1,9}\s{0,4}[-_.]{1,4}\s{0,4}(?=[^-_.\s])")
_DATE_OR_VERSION = re.compile(r"\A\d{1,9}[-_.]\d")
"""Numbers that are no order: `2024-05-01-news`, `1.2-changes`."""


def is_docusaurus(root: Path, paths: Iterable[str]) -> bool:
    """Whether a folder is part of such a site: by settings beside or above it, or what names its parts."""
    places = (root, *root.absolute().parents[:ABOVE])
    if any((place / name).is_file() for place in places for name in CONFIG):
        return True
    folders = {str(PurePosixPath(path).parent) for path in paths}
    return any((root / folder / name).is_file() for folder in folders for name in CATEGORY)


def published_at(path: str) -> str:
    """The address of a page below its site; of any other file its path."""
    file = PurePosixPath(path)
    if file.suffix.lower() not in _PAGES:
        return path
    *folders, name = (without_number(part) for part in (*file.parent.parts, file.stem))
    own = name.lower() in ("index", "readme") or (folders and name == folders[-1])
    return "/".join(folders if own else [*folders, name])


def without_number(name: str) -> str:
    """A file's or folder's name without the number that puts it in order."""
    return name if _DATE_OR_VERSION.match(name) else _NUMBER.sub("", name)
