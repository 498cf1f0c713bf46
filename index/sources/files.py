"""The files of a folder: found without following links out of it, named so that every name can be printed.

Names are bytes to the system and may be anything: GBK from a zip packed on Windows, line ends, both halves of
two different encodings. A folder that cannot be listed is told; the rest is found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.config.settings import SourceSettings

_OF_TOOLS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_UNTOLD = frozenset(
    {".git", ".gitignore", ".gitattributes", ".gitmodules", ".gitkeep", ".hg", ".hgignore", ".svn"}
    | {".DS_Store", "__pycache__"}
)
"""Names of which nobody asks why they are not read."""
_VERSION = frozenset({"manifest.json", "documents.json", "origins.json"})
_OF_INDEX = frozenset({"CURRENT", "readings.sqlite", "embeddings.sqlite"})
"""What lies beside `versions`; a build that was broken off early has no CURRENT."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Found:
    """One file of a folder."""

    file: Path
    path: str
    """Relative to the folder, with forward slashes, printable; no two files of a folder share one."""
    size: int
    updated_at: float
    """Unix seconds."""
    link: str = ""
    """Where a symbolic link points to; empty for a file."""

    @property
    def suffix(self) -> str:
        """Lower case, with its dot; empty for a name without one."""
        return self.file.suffix.lower()


Unreadable = Callable[[str, str], None]
"""Told (path of a folder relative to the root, why) for a folder that cannot be listed."""
LeftOut = Callable[[str, str], None]
"""Told (path relative to the root, why) for what is passed over: "hidden", "tools", or "index", a folder that
holds an index of Fennel, ours or another's."""
IS_INDEX = "is an index of Fennel, not documents"


def files_in(
    root: Path,
    source: SourceSettings,
    unreadable: Unreadable,
    own: Path | None = None,
    outside: Callable[[str], None] = lambda path: None,
    left_out: LeftOut = lambda path, why: None,
) -> Iterator[Found]:
    """The regular files under `root` in a stable order, through the source's include and exclude globs.

    `own`: the folder that the bot keeps its own files in. The word lists of an index that lies among the
    documents are none. `outside` is told the path of a link that leads out of the folder: what it leads to is
    not read.
    """
    includes = [glob_pattern(glob) for glob in source.include]
    excludes = [glob_pattern(glob) for glob in source.exclude]
    inside = os.path.realpath(root)
    taken: set[str] = set()

    def wanted(path: str) -> bool:
        chosen = not includes or any(pattern.fullmatch(path) for pattern in includes)
        return chosen and not any(pattern.fullmatch(path) for pattern in excludes)

    def passed_over(path: str, why: str) -> None:
        if wanted(f"{path}/page.md") and path.rpartition("/")[2] not in _UNTOLD:
            left_out(path, why)

    for entry in _walk(os.fspath(root), unreadable, os.path.realpath(own) if own else "", passed_over):
        path = printable(os.path.relpath(entry.path, root))
        if not wanted(path) or entry.name == "CMakeLists.txt":  # a build file that only looks like text
            continue
        if entry.name.startswith("."):
            if entry.name not in _UNTOLD:
                left_out(path, "hidden")
            continue
        if entry.is_symlink() and not _is_inside(entry.path, inside):
            outside(path)
        elif found := _found(entry, path):
            yield _named_apart(found, taken)


def _walk(root: str, unreadable: Unreadable, own: str, left_out: LeftOut) -> Iterator[os.DirEntry[str]]:
    """Entries that are no folders, depth first in the order of their names; links are not descended into."""
    first = _listed(root, "", unreadable)
    if _is_index(first):
        unreadable("", IS_INDEX)
        return
    waiting = [iter(first)]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif not entry.is_dir(follow_symlinks=False):
            yield entry
        elif os.path.realpath(entry.path) != own:
            path = printable(os.path.relpath(entry.path, root))
            if why := _passed_over(entry.name):
                left_out(path, why)
                continue
            inside = _listed(entry.path, path, unreadable)
            if _is_index(inside):
                left_out(path, "index")
            else:
                waiting.append(iter(inside))


def _is_index(entries: list[os.DirEntry[str]]) -> bool:
    """Whether a folder is an index of Fennel, or one version of one, told by what it holds."""
    names = {entry.name for entry in entries}
    return names >= _VERSION or ("versions" in names and bool(names & _OF_INDEX))


def _listed(folder: str, path: str, unreadable: Unreadable) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listed:
            return sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        unreadable(path, error.strerror or type(error).__name__)
        return []


def _is_inside(path: str, folder: str) -> bool:
    try:
        return os.path.commonpath((folder, os.path.realpath(path))) == folder
    except (OSError, ValueError):
        return False


def _found(entry: os.DirEntry[str], path: str) -> Found | None:
    """The file of an entry; None for what is no regular file."""
    link = ""
    try:
        if entry.is_symlink():
            link = os.readlink(entry.path)
        if not entry.is_file():
            return None
        facts = entry.stat()
    except (OSError, ValueError):
        return Found(Path(entry.path), path, 0, 0.0) if not entry.is_symlink() else None
    return Found(Path(entry.path), path, facts.st_size, facts.st_mtime, link)


def _named_apart(found: Found, taken: set[str]) -> Found:
    path, number = found.path, 2
    while path in taken:
        path = f"{found.path} ({number})"
        number += 1
    taken.add(path)
    return found if path == found.path else Found(found.file, path, found.size, found.updated_at, found.link)


def printable(name: str) -> str:
    """A name as text: bytes that are not UTF-8 are read as GB18030, control signs replaced."""
    raw = os.fsencode(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            text = raw.decode("utf-8", "replace")
    return _CONTROL.sub("�", text)


def _passed_over(name: str) -> str:
    """Why a folder of this name is not looked into; empty for all others."""
    if name in _OF_TOOLS:
        return "tools"
    return "hidden" if name.startswith(".") and name != ".github" else ""


def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob over paths with forward slashes: `*` and `?` stay within a folder, `**` crosses folders."""
    expression = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob.removeprefix("./")):
        expression += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    return re.compile(expression)
