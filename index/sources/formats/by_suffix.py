"""Bytes of a file -> a title and Markdown text, by the file's suffix.

Everything becomes Markdown because the headings of Markdown are what the splitter cuts along.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import LoadError
from index.sources.formats.archive import check_archive
from index.sources.formats.code import CODE_SUFFIXES, read_code
from index.sources.formats.encoding import decode
from index.sources.formats.markdown import first_heading, read_markdown


@dataclass(frozen=True)
class DocumentText:
    """What a file says."""

    title: str
    """Empty where the file names none."""
    text: str
    notes: tuple[str, ...] = ()
    """What is to be told of the file although it was read."""


def read(suffix: str, raw: bytes) -> DocumentText:
    """The page in a file of this suffix (lower case, with its dot). Raises LoadError, or MemoryError."""
    reader = _READERS.get(suffix) or (_code(suffix) if suffix in CODE_SUFFIXES else None)
    if reader is None:
        raise LoadError(f"{suffix} files are not read")
    try:
        return reader(raw)
    except (LoadError, MemoryError):
        raise
    except Exception as error:  # libraries have each their own; whatever it is, it is this file's fault
        words = " ".join(str(error).split())[:200]
        raise LoadError(f"not readable as {suffix[1:]}: {type(error).__name__}: {words}") from error


def _code(suffix: str) -> Callable[[bytes], DocumentText]:
    def reader(raw: bytes) -> DocumentText:
        said = read_code(suffix, raw)
        return DocumentText("", said.text, said.notes)

    return reader


def _markdown(raw: bytes) -> DocumentText:
    text, notes = decode(raw)
    return DocumentText(*read_markdown(text), notes)


def _restructured(raw: bytes) -> DocumentText:
    from index.sources.formats.rst import rst_to_markdown

    text, notes = decode(raw)
    text = rst_to_markdown(text)
    return DocumentText(first_heading(text), text, notes)


def _plain(raw: bytes) -> DocumentText:
    text, notes = decode(raw)
    return DocumentText("", text, notes)


def _html(raw: bytes) -> DocumentText:
    from index.sources.formats.html import html_to_markdown

    title, text = html_to_markdown(raw)
    return DocumentText(title or first_heading(text), text)


def _pdf(raw: bytes) -> DocumentText:
    """Pages become sections "Page n", whose anchor page=n opens the page in a PDF viewer."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it warns of comes back as LoadError
    reader = PdfReader(io.BytesIO(raw))
    if reader.is_encrypted and not reader.decrypt(""):
        raise LoadError("the PDF needs a password")
    texts = [page.extract_text() for page in reader.pages]
    title = str(reader.metadata.title or "") if reader.metadata else ""
    if texts and not any(text.strip() for text in texts):
        raise LoadError("the PDF holds no text, only pictures; run OCR on it first")
    numbered = (
        f"## Page {number} {{#page={number}}}\n\n{text.strip()}" for number, text in enumerate(texts, 1)
    )
    return DocumentText(title.strip(), "\n\n".join(numbered))


def _docx(raw: bytes) -> DocumentText:
    import docx

    check_archive(raw)
    document = docx.Document(io.BytesIO(raw))
    blocks = list(document.iter_inner_content())
    parts = [_docx_table(block) if hasattr(block, "rows") else _docx_paragraph(block) for block in blocks]
    text = re.sub(r"\n{3,}", "\n\n", "\n\n".join(parts))
    return DocumentText((document.core_properties.title or "").strip() or first_heading(text), text)


def _docx_paragraph(paragraph: object) -> str:
    text = str(getattr(paragraph, "text", "")).strip()
    style = str(getattr(getattr(paragraph, "style", None), "name", "") or "")
    if not text:
        return ""
    if style == "Title":
        return f"# {text}"
    heading = re.fullmatch(r"(?:Heading|标题) (\d)", style)
    if heading:
        return f"{'#' * min(int(heading.group(1)), 6)} {text}"
    return f"- {text}" if style.startswith("List") else text


def _docx_table(table: object) -> str:
    rows = [
        [cell.text.strip().replace("\n", " ") for cell in row.cells] for row in getattr(table, "rows", ())
    ]
    if not rows:
        return ""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]])


_READERS: dict[str, Callable[[bytes], DocumentText]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".rst": _restructured,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".pdf": _pdf,
    ".docx": _docx,
}
SUFFIXES = frozenset(_READERS)
"""Suffixes that are read, lower case, with their dot."""
