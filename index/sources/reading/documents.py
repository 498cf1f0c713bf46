"""One request -> documents and their chunks: what the reading process does."""

from __future__ import annotations

import contextlib
import hashlib
import posixpath
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

from bot.config.faults import encodable
from bot.errors import LoadError
from index.sources import formats
from index.sources.addresses import without_number
from index.sources.question_pairs import pairs_in
from index.sources.reading.messages import Loaded, ReadingAnswer, ReadingRequest
from index.sources.reading.open_file import read_bytes
from index.text.chinese import language_of
from index.text.document import Document
from index.text.machine_text import without_machine_text
from index.text.split import split

TITLE_CHARACTERS = 300
_BLANK = b" \t\r\n\xef\xbb\xbf"
_LFS = b"version https://git-lfs.github.com/spec/"
_POINTER = 1_024
_NO_PATH = re.compile(rb"[\s<>|*?\"`]|://")
_NO_SLUG = re.compile(r"\A//|:|\\|(?:\A|/)\.\.(?:/|\Z)")
"""What a slug that leads elsewhere holds: a host, a scheme, a way up."""
_SLUG = 300
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]+")


def carry_out(request: ReadingRequest) -> ReadingAnswer:
    """Reads and splits what is asked for. Raises LoadError, OSError and whatever a library raises."""
    if request.document is not None:
        return _answer(request, [Document(**request.document)], ())
    raw = read_bytes(Path(request.file), request.max_bytes)
    digest = hashlib.sha256(raw).hexdigest()
    if stands_for := _stands_for(request, raw):
        return ReadingAnswer(error=stands_for, digest=digest, passing=True)
    try:
        documents, problems = _pairs(request, raw) if request.kind == "pairs" else _page(request, raw, digest)
    except LoadError as error:
        return ReadingAnswer(error=str(error), digest=digest)
    return replace(_answer(request, documents, problems), digest=digest)


def _answer(request: ReadingRequest, documents: list[Document], problems: tuple[str, ...]) -> ReadingAnswer:
    loaded = tuple(Loaded(one, tuple(split(one))) for one in documents)
    most = request.most_chunks
    longest = max((len(one.chunks) for one in loaded), default=0)
    if longest > most:
        problems = (*problems, f"only its first {most} of {longest} passages are indexed; split it")
        loaded = tuple(Loaded(one.document, one.chunks[:most]) for one in loaded)
    if not request.with_text:
        loaded = tuple(Loaded(replace(one.document, text=""), one.chunks) for one in loaded)
    return ReadingAnswer(loaded, problems)


def _stands_for(request: ReadingRequest, raw: bytes) -> str:
    """Why a file is none of its own but stands for another; empty for all others.

    Git writes pointers for files that Git LFS keeps elsewhere, and where the system has no links, a link as a
    file that holds the path it leads to, without an end of line.
    """
    if raw.startswith(_LFS) and len(raw) < _POINTER:
        return "a Git LFS pointer, the file itself is not here; run `git lfs pull`"
    if len(raw) < _POINTER and b"/" in raw and not _NO_PATH.search(raw):
        target = Path(request.file).parent / raw.decode("utf-8", "replace")
        with contextlib.suppress(OSError, ValueError):
            if target.is_file():
                return f"a link to {raw.decode('utf-8', 'replace')} that Git wrote as text"
    return ""


def _page(request: ReadingRequest, raw: bytes, digest: str) -> tuple[list[Document], tuple[str, ...]]:
    """The document in a file's bytes, none where it holds no text, and what is to be told of it."""
    page = formats.read(request.suffix, raw)
    read = without_machine_text(clean(page.text))
    text, notes = read.text, (*page.notes, *read.notes)
    if not text.strip():
        return [], (*notes, "holds no text") if raw.strip(_BLANK) else notes
    title = " ".join(clean(page.title).split())[:TITLE_CHARACTERS]
    document = Document(
        source=request.source,
        path=request.path,
        title=title or request.title or title_from(request.path),
        text=text,
        url=_at_slug(request, clean(page.slug)) or request.url,
        language=language_of(text),
        updated_at=request.updated_at,
        digest=digest,
    )
    return [document], notes


def _at_slug(request: ReadingRequest, slug: str) -> str:
    """Where a page's own slug says that it is published: from the site's root where it begins with a slash,
    else beside the page's folder, as Docusaurus has it. Empty where it names no place below the site."""
    slug = unquote(slug)
    if not request.site or not slug or len(slug) > _SLUG or _NO_SLUG.search(slug):
        return ""
    folder = posixpath.dirname(request.path)
    if request.numbered:
        folder = "/".join(map(without_number, folder.split("/")))
    whole = slug if slug.startswith("/") else f"{folder}/{slug}"
    parts = [part for part in whole.split("/") if part not in ("", ".")]
    end = "/" if slug.endswith("/") and parts else ""
    return f"{request.site.rstrip('/')}/{quote('/'.join(parts))}{end}"


def _pairs(request: ReadingRequest, raw: bytes) -> tuple[list[Document], tuple[str, ...]]:
    """A document for each question-answer pair of a file, and what is wrong with the others."""
    pairs, problems = pairs_in(request.suffix, raw)
    documents = []
    for pair in pairs:
        text = clean(f"# {pair.question}\n\n{pair.answer}")
        question = clean(pair.question)
        documents.append(
            Document(
                source=request.source,
                path=f"{request.path}/{hashlib.sha256(question.encode()).hexdigest()[:10]}",
                title=question[:TITLE_CHARACTERS],
                text=text,
                url=pair.url or request.url,
                language=language_of(f"{pair.question}\n{pair.answer}"),
                updated_at=pair.updated_at or request.updated_at,
                digest=hashlib.sha256(text.encode()).hexdigest(),
            )
        )
    return documents, problems


def clean(text: str) -> str:
    """The text without control characters and with halves of characters replaced: it can be encoded."""
    return _UNWANTED.sub("", encodable(text))


def title_from(path: str) -> str:
    """A title for a page without one: its file's name, or its folder's for an index or README."""
    parts = path.split("/")
    stem = parts[-1].rsplit(".", 1)[0]
    if stem.lower().split("_")[0].split("-")[0] in ("index", "readme") and len(parts) > 1:
        stem = parts[-2]
    return re.sub(r"[_\-]+", " ", stem).strip() or path
