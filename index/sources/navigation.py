"""Titles that a documentation site gives its pages in its navigation: mkdocs.yml, _sidebar.md, SUMMARY.md,
Sphinx's toctree, Docusaurus' sidebars.

A page without a heading for the whole would be called after its file, or after its first section, and a
reader knows neither. Navigation files are data: they are parsed, never run, and one that cannot be read gives
no titles.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from index.text.marks import plain_title

MAX_BYTES = 2_000_000
"""A larger navigation file is not read."""
TITLE_CHARACTERS = 200
_LISTS = frozenset({"_sidebar.md", "summary.md", "_navbar.md"})
_SITES = frozenset({"mkdocs.yml", "mkdocs.yaml"})
_SIDEBARS = re.compile(r"sidebars?\.(?:js|cjs|mjs|ts|json)")
_PAGES = (".md", ".mdx", ".markdown", ".rst")
_ENTRY = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[([^\]]+)\]\(\s*<?([^)\s>]+)")
_TOCTREE = re.compile(
    r"^(?P<indent>[ ]*)(?:\.\. toctree::|`{3,}\{toctree\}|:{3,}\{toctree\})[^\n]*\n"
    r"(?P<body>(?:(?P=indent)[^\n]*\n|[ ]*\n)*)",
    re.MULTILINE,
)
_TOC_ENTRY = re.compile(r"^\s*+([^<>\n`]++)<([^<>\s]++)>\s*+$")
_DOC_OBJECT = re.compile(r"\{[^{}]*\}", re.DOTALL)
_PROPERTY = r"""['"]?{}['"]?\s*:\s*(?:'([^'\n]*)'|"([^"\n]*)"|`([^`$]*)`)"""
_ID, _LABEL = re.compile(_PROPERTY.format("id")), re.compile(_PROPERTY.format("label"))


def titles_under(root: Path) -> dict[str, str]:
    """Path relative to `root` -> title, from the navigation files in `root` and the site file above it.

    A path may be without its suffix, as navigations write it; `title_of` looks it up.
    """
    found: dict[str, str] = {}
    for file in _navigation_files(root):
        for path, title in _entries(file):
            place = _relative(file, path, root)
            if place:
                found.setdefault(place, plain_title(title)[:TITLE_CHARACTERS])
    return found


def title_of(path: str, titles: dict[str, str]) -> str:
    """The title of a page; empty where no navigation names it."""
    stem = posixpath.splitext(path)[0]
    folder = posixpath.dirname(path)
    names = [path, stem]
    if posixpath.basename(stem).lower() in ("index", "readme", "_index") and folder:
        names += [folder, f"{folder}/"]
    return next((titles[name] for name in names if name in titles), "")


def _navigation_files(root: Path) -> Iterator[Path]:
    above = [root.parent / name for name in _SITES] if root.is_dir() else []
    inside = sorted(root.rglob("*")) if root.is_dir() else []
    for file in [*above, *inside]:
        name = file.name.lower()
        wanted = name in _LISTS or name in _SITES or _SIDEBARS.fullmatch(name) or _may_hold_toctree(file)
        hidden = any(part.startswith(".") or part == "node_modules" for part in file.parts[len(root.parts) :])
        if wanted and not hidden and file.is_file() and file.stat().st_size <= MAX_BYTES:
            yield file


def _may_hold_toctree(file: Path) -> bool:
    return file.stem.lower() == "index" and file.suffix.lower() in (".rst", ".md")


def _entries(file: Path) -> Iterable[tuple[str, str]]:
    """(path as written, title) of one file; none where it cannot be read."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ()
    name = file.name.lower()
    if name in _SITES:
        return _mkdocs(text)
    if name in _LISTS:
        return _listed(text)
    return _toctree(text) if _may_hold_toctree(file) else _sidebar(text)


def _relative(file: Path, path: str, root: Path) -> str:
    """A path as its navigation writes it -> relative to `root`; empty where it leads elsewhere."""
    if re.match(r"[a-z][a-z0-9+.-]{0,30}:|#", path, re.IGNORECASE):
        return ""
    written = unquote(path.split("#")[0].split("?")[0]).removesuffix("/") or "index"
    try:
        if file.name.lower() in _SITES or _SIDEBARS.fullmatch(file.name.lower()):
            base = _docs_of(file, root)
        else:
            base = file.parent
        if written.startswith("/"):
            base, written = root, written.lstrip("/")
        relative = _real(base / written).relative_to(_real(root))
    except (ValueError, OSError):
        return ""
    return relative.as_posix()


def _real(place: Path) -> Path:
    """Where it lies, links followed; links that go in a circle end where they begin."""
    return Path(os.path.realpath(place))


def _docs_of(file: Path, root: Path) -> Path:
    """The folder that a site file's paths are relative to: its docs_dir, else docs, else its own."""
    named = re.search(r"^docs_dir:\s*['\"]?([^'\"\n#]+)", file.read_text("utf-8"), re.MULTILINE)
    folder = file.parent / (named.group(1).strip() if named else "docs")
    if _real(root) == _real(folder) or folder.is_dir():
        return folder
    return file.parent


class _Loader(yaml.SafeLoader):
    """Reads YAML with tags of other programs (`!!python/name:...`, `!ENV`) as nothing."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: None)


def _mkdocs(text: str) -> Iterator[tuple[str, str]]:
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  # nosec B506: a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError):
        return
    yield from _nav(data.get("nav") if isinstance(data, dict) else None)


def _nav(top: Any) -> Iterator[tuple[str, str]]:
    """Every page with a title, whatever it is nested in; an aliased node is read once."""
    seen: set[int] = set()
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, list | dict):
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            yield from ((value, str(title)) for title, value in node.items() if isinstance(value, str))
        waiting.extend(node.values() if isinstance(node, dict) else node)


def _listed(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            yield entry.group(2), re.sub(r"[`*_]{1,3}(\S[^`*_]*)[`*_]{1,3}", r"\1", entry.group(1))


def _toctree(text: str) -> Iterator[tuple[str, str]]:
    for tree in _TOCTREE.finditer(text):
        for line in tree.group("body").splitlines():
            if line.strip().startswith(("```", ":::")):
                break
            entry = _TOC_ENTRY.match(line)
            if entry:
                yield entry.group(2), entry.group(1).rstrip()


def _sidebar(text: str) -> Iterator[tuple[str, str]]:
    """Docusaurus: objects with an id and a label, in JSON or JavaScript."""
    for match in _DOC_OBJECT.finditer(text):
        found, label = _ID.search(match.group()), _LABEL.search(match.group())
        if found and label:
            yield _value(found), _value(label)


def _value(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group is not None), "")
