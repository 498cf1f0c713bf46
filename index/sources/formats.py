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
from index.sources.html import html_to_markdown
from index.sources.rst import rst_to_markdown

_FRONT_MATTER = re.compile(r"\A---\s*\n.*?\n---\s*\n", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:\s*['\"]?(.+?)['\"]?\s*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_UNDERLINED = re.compile(r"\A\s*([^\n#|<`][^\n]*)\n(=+|-{3,})\s*$", re.MULTILINE)
_FENCED = re.compile(r"^\s{0,3}(```|~~~).*?^\s{0,3}\1", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|<[^>]+>|[`*]|\{#[^}]*\}")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class DocumentText:
    """What a file says."""

    title: str
    """Empty where the file names none."""
    text: str


def read(suffix: str, raw: bytes) -> DocumentText:
    """The page in a file of this suffix (lower case, with its dot). Raises LoadError."""
    reader = _READERS.get(suffix)
    if reader is None:
        raise LoadError(f"{suffix} files are not read")
    return reader(raw)


def decode(raw: bytes) -> str:
    """Text in UTF-8, UTF-16 with a byte order mark, or GB18030. Raises LoadError."""
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise LoadError("not text in UTF-8, UTF-16 or GB18030")


def _markdown(raw: bytes) -> DocumentText:
    text = decode(raw)
    front = _FRONT_MATTER.match(text)
    named = _FRONT_TITLE.search(front.group(0)) if front else None
    text = _COMMENT.sub("", text[front.end() :] if front else text)
    return DocumentText(named.group(1) if named else _first_heading(text), text)


def _first_heading(markdown: str) -> str:
    prose = _FENCED.sub("", markdown)
    underlined = _UNDERLINED.match(prose)
    heading = _HEADING.search(prose)
    found = underlined or heading
    if underlined and heading and heading.start() < underlined.start():
        found = heading
    return _MARKUP.sub("", _LINK.sub(r"\1", found.group(1))).strip() if found else ""


def _restructured(raw: bytes) -> DocumentText:
    text = rst_to_markdown(decode(raw))
    return DocumentText(_first_heading(text), text)


def _plain(raw: bytes) -> DocumentText:
    return DocumentText("", decode(raw))


def _html(raw: bytes) -> DocumentText:
    title, text = html_to_markdown(raw)
    return DocumentText(title or _first_heading(text), text)


def _pdf(raw: bytes) -> DocumentText:
    """Pages become sections "Page n", whose anchor page=n opens the page in a PDF viewer."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it warns of comes back as LoadError
    try:
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise LoadError("the PDF needs a password")
        texts = [page.extract_text() for page in reader.pages]
        title = str(reader.metadata.title or "") if reader.metadata else ""
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise LoadError(f"not a readable PDF: {error}") from error
    if texts and not any(text.strip() for text in texts):
        raise LoadError("the PDF holds no text, only pictures; run OCR on it first")
    numbered = (
        f"## Page {number} {{#page={number}}}\n\n{text.strip()}" for number, text in enumerate(texts, 1)
    )
    return DocumentText(title.strip(), "\n\n".join(numbered))


def _docx(raw: bytes) -> DocumentText:
    import zipfile

    import docx
    from docx.opc.exceptions import OpcError

    try:
        document = docx.Document(io.BytesIO(raw))
        blocks = list(document.iter_inner_content())
    except (OpcError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise LoadError(f"not a readable Word document: {error}") from error
    parts = [_docx_table(block) if hasattr(block, "rows") else _docx_paragraph(block) for block in blocks]
    text = re.sub(r"\n{3,}", "\n\n", "\n\n".join(parts))
    return DocumentText((document.core_properties.title or "").strip() or _first_heading(text), text)


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
