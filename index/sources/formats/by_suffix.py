"""Bytes of a file -> a title and Markdown text, by the file's suffix.

Everything becomes Markdown because the headings of Markdown are what the splitter cuts along.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import LoadError
from index.sources.formats.code import CODE_SUFFIXES, read_code
from index.sources.formats.encoding import decode, is_binary
from index.sources.formats.markdown.front_matter import slug_in
from index.sources.formats.markdown.pages import first_heading, read_markdown
from index.text.marks import without_control

PICTURE = ".picture"
"""Stands for the suffix of a picture somebody posted, which has no name; folders are not read for them."""


@dataclass(frozen=True)
class DocumentText:
    """What a file says."""

    title: str
    """Empty where the file names none."""
    text: str
    notes: tuple[str, ...] = ()
    """What is to be told of the file although it was read."""
    slug: str = ""
    """Where the page says that it is published, as Docusaurus reads `slug`; not checked."""


def read(suffix: str, raw: bytes) -> DocumentText:
    """The page in a file of this suffix (lower case, with its dot). Raises LoadError, or MemoryError."""
    reader = _READERS.get(suffix) or (_code(suffix) if suffix in CODE_SUFFIXES else _picture_of(suffix))
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


def _picture_of(suffix: str) -> Callable[[bytes], DocumentText] | None:
    if suffix != PICTURE:
        return None
    from index.sources.formats.picture import read_picture

    return lambda raw: DocumentText(*read_picture(raw))


def _markdown(raw: bytes, *, mdx: bool = False) -> DocumentText:
    decoded, notes = decode(raw)
    text = without_control(decoded)
    return DocumentText(*read_markdown(text, mdx=mdx), notes, slug_in(text))


def _mdx(raw: bytes) -> DocumentText:
    return _markdown(raw, mdx=True)


def _restructured(raw: bytes) -> DocumentText:
    from index.sources.formats.rst import rst_to_markdown

    text, notes = decode(raw)
    text = rst_to_markdown(without_control(text))
    return DocumentText(first_heading(text), text, notes)


def _plain(raw: bytes) -> DocumentText:
    text, notes = decode(raw)
    return DocumentText("", without_control(text), notes)


def _html(raw: bytes) -> DocumentText:
    from index.sources.formats.html import html_to_markdown, named_encoding

    if is_binary(raw):
        raise LoadError("no text: a picture, a program or an archive under the name of a page")
    page, notes = decode(raw, named_encoding(raw))
    title, text = html_to_markdown(page)
    return DocumentText(title or first_heading(text), text, notes)


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


def _word(raw: bytes) -> DocumentText:
    from index.sources.formats.office.word import read_word

    return DocumentText(*read_word(raw))


def _slides(raw: bytes) -> DocumentText:
    from index.sources.formats.office.slides import read_slides

    return DocumentText(*read_slides(raw))


def _sheets(raw: bytes) -> DocumentText:
    from index.sources.formats.office.sheets import read_sheets

    return DocumentText(*read_sheets(raw))


def _book(raw: bytes) -> DocumentText:
    from index.sources.formats.office.book import read_book

    return DocumentText(*read_book(raw))


def _notebook(raw: bytes) -> DocumentText:
    from index.sources.formats.notebook import read_notebook

    return DocumentText(*read_notebook(raw))


def _csv(raw: bytes) -> DocumentText:
    from index.sources.formats.tables import read_csv

    return DocumentText(*read_csv(raw))


_READERS: dict[str, Callable[[bytes], DocumentText]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".mdx": _mdx,
    ".rst": _restructured,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".pdf": _pdf,
    ".docx": _word,
    ".pptx": _slides,
    ".xlsx": _sheets,
    ".csv": _csv,
    ".tsv": _csv,
    ".ipynb": _notebook,
    ".epub": _book,
}
SUFFIXES = frozenset(_READERS)
"""Suffixes that are read, lower case, with their dot."""
