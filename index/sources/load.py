"""Sources -> documents: files, folders, git repositories, question-answer pairs, Feishu documents.

One unreadable file never stops the rest: it becomes a LoadError in the report, with its path and what to do.
What a document says is data: nothing in it is ever run, followed or used as a path.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from bot.config.settings import SourceSettings
from bot.errors import LoadError
from index.sources import formats
from index.sources import git as repository
from index.sources.asked import Reader, Unread, name_of, place_of
from index.sources.question_pairs import read_pairs
from index.text.document import Document
from index.text.terms import language_of

MAX_FILE_BYTES = 20_000_000
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


@dataclass
class LoadReport:
    """What could not be read, gathered while the documents stream by."""

    errors: list[LoadError] = field(default_factory=list)


def load(
    sources: Iterable[SourceSettings],
    clones: Path,
    report: LoadReport,
    ask: Reader | None = None,
) -> Iterator[Document]:
    """Every document of every source.

    `clones` is the folder that git repositories are kept in. `ask` reads what must be asked over a
    network (index/sources/asked); without it such sources are reported.
    """
    for source in sources:
        try:
            yield from _load_source(source, clones, report, ask)
        except LoadError as error:
            report.errors.append(error)


def _load_source(
    source: SourceSettings, clones: Path, report: LoadReport, ask: Reader | None
) -> Iterator[Document]:
    if source.path is not None:
        yield from _load_path(source, source.path, report)
    elif source.git is not None:
        yield from _load_git(source, source.git, clones, report)
    elif source.qa is not None:
        yield from _load_pairs(source, source.qa)
    elif ask is None:
        raise LoadError(f"{place_of(source)}: nobody here can ask for such a source")
    else:
        yield from _asked(source, ask, report)


def _asked(source: SourceSettings, ask: Reader, report: LoadReport) -> Iterator[Document]:
    for read in ask(source):
        if isinstance(read, Unread):
            report.errors.append(LoadError(f"{name_of(source)}: {read.path}: {read.why}"))
        else:
            yield read


def _load_path(source: SourceSettings, root: Path, report: LoadReport) -> Iterator[Document]:
    if not root.exists():
        raise LoadError(f"{root}: no such file or folder; see index.sources")
    name = source.name or (root.resolve().stem if root.is_file() else root.resolve().name)
    base = root.parent if root.is_file() else root
    for file in [root] if root.is_file() else _files(root, source):
        path = file.relative_to(base).as_posix()
        url = f"{source.url.rstrip('/')}/{quote(path)}" if source.url else ""
        yield from _read(file, name, path, url, file.stat().st_mtime, report)


def _load_git(source: SourceSettings, address: str, clones: Path, report: LoadReport) -> Iterator[Document]:
    checkout = repository.update(address, source.branch, clones)
    name = source.name or checkout.name
    for file in _files(checkout.folder, source):
        path = file.relative_to(checkout.folder).as_posix()
        url = f"{source.url.rstrip('/')}/{quote(path)}" if source.url else checkout.web_address(path)
        yield from _read(file, name, path, url, checkout.committed_at, report)


def _load_pairs(source: SourceSettings, file: Path) -> Iterator[Document]:
    name = source.name or file.stem
    updated_at = file.stat().st_mtime if file.is_file() else 0.0
    for pair in read_pairs(file):
        text = f"# {pair.question}\n\n{pair.answer}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        yield Document(
            source=name,
            path=f"{file.name}/{hashlib.sha256(pair.question.encode()).hexdigest()[:10]}",
            title=pair.question,
            text=text,
            url=pair.url or source.url,
            language=language_of(f"{pair.question}\n{pair.answer}"),
            updated_at=updated_at,
            digest=digest,
        )


def _read(
    file: Path, source: str, path: str, url: str, updated_at: float, report: LoadReport
) -> Iterator[Document]:
    """The document in one file; none where it is empty or, told in the report, unreadable."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise LoadError(f"larger than {MAX_FILE_BYTES // 1_000_000} MB; split it or exclude it")
        raw = file.read_bytes()
        page = formats.read(file.suffix.lower(), raw)
    except (LoadError, OSError) as error:
        report.errors.append(LoadError(f"{source}: {path}: {error}"))
        return
    if not page.text.strip():
        return
    yield Document(
        source=source,
        path=path,
        title=page.title or _title_from(path),
        text=page.text,
        url=url,
        language=language_of(page.text),
        updated_at=updated_at,
        digest=hashlib.sha256(raw).hexdigest(),
    )


def _title_from(path: str) -> str:
    """A title for a page without one: its file's name, or its folder's for an index or README."""
    parts = path.split("/")
    stem = parts[-1].rsplit(".", 1)[0]
    if stem.lower().split("_")[0].split("-")[0] in ("index", "readme") and len(parts) > 1:
        stem = parts[-2]
    return re.sub(r"[_\-]+", " ", stem).strip() or path


def _files(root: Path, source: SourceSettings) -> Iterator[Path]:
    """Readable files under `root` in a stable order, through the source's include and exclude globs."""
    includes = [glob_pattern(glob) for glob in source.include]
    excludes = [glob_pattern(glob) for glob in source.exclude]
    inside = root.resolve()
    for file in sorted(root.rglob("*")):
        relative = file.relative_to(root)
        if file.suffix.lower() not in formats.SUFFIXES or _skipped(relative) or not file.is_file():
            continue
        path = relative.as_posix()
        if includes and not any(pattern.fullmatch(path) for pattern in includes):
            continue
        if any(pattern.fullmatch(path) for pattern in excludes):
            continue
        if file.resolve().is_relative_to(inside):
            yield file


def _skipped(relative: Path) -> bool:
    """Folders of tools, and hidden ones other than .github; build files that only look like text."""
    folders = relative.parts[:-1]
    hidden = any(name.startswith(".") and name != ".github" for name in relative.parts)
    return hidden or relative.name == "CMakeLists.txt" or any(name in _SKIPPED_FOLDERS for name in folders)


def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob over paths with forward slashes: `*` and `?` stay within a folder, `**` crosses folders."""
    expression = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob.removeprefix("./")):
        expression += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    return re.compile(expression)
