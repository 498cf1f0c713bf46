"""Other people's readers of the same files, to compare ours with: each gives the words that a person sees.

Chromium draws web pages and the pages of books (innerText), docutils reads reStructuredText, markdown-it
Markdown, mammoth Word, python-pptx PowerPoint, PDFium PDF, Pygments finds comments and docstrings. Where one
is not installed, what the file was made of is counted instead.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SEEN = """() => {
  const style = document.createElement('style');
  style.textContent = 'nav,script,style,noscript,template,button,select,svg{display:none!important}';
  document.documentElement.appendChild(style);
  let roots = [...document.querySelectorAll('main,[role=main]')];
  if (!roots.length) roots = [...document.querySelectorAll('article')];
  if (!roots.length) roots = [document.body];
  roots = roots.filter(one => !roots.some(other => other !== one && other.contains(one)));
  return roots.map(one => one.innerText).join('\\n');
}"""
Browser = Callable[[str], str]
"""HTML -> what a browser shows of it."""


@contextmanager
def browser() -> Iterator[Browser | None]:
    """Chromium without scripts and network; None where there is none."""
    try:
        from playwright.sync_api import sync_playwright

        from tests.browser import CHROMIUM, FLAGS
    except ImportError:
        yield None
        return
    with sync_playwright() as driver:
        try:
            opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        except Exception:
            yield None
            return
        page = opened.new_context(java_script_enabled=False, offline=True).new_page()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.html"

            def seen(html: str) -> str:
                file.write_text(html, "utf-8", "replace")
                page.goto(file.as_uri())
                return str(page.evaluate(_SEEN))

            yield seen
        opened.close()


def word_text(raw: bytes) -> str:
    """By mammoth."""
    import mammoth

    return str(mammoth.extract_raw_text(io.BytesIO(raw)).value)


def slides_text(raw: bytes) -> str:
    """By python-pptx: shapes, groups, tables, charts, notes."""
    from pptx import Presentation

    texts: list[str] = []
    for slide in Presentation(io.BytesIO(raw)).slides:
        _shapes(slide.shapes, texts)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame:
            texts.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(texts)


def _shapes(shapes: Any, texts: list[str]) -> None:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            _shapes(shape.shapes, texts)
            continue
        if shape.has_text_frame:
            texts.append(shape.text_frame.text)
        if getattr(shape, "has_table", False):
            texts.extend(cell.text for row in shape.table.rows for cell in row.cells)
        if getattr(shape, "has_chart", False):
            for plot in shape.chart.plots:
                texts.extend(map(str, plot.categories))
                texts.extend(series.name for series in plot.series)


def pdf_text(raw: bytes) -> str:
    """By PDFium."""
    import pypdfium2

    document = pypdfium2.PdfDocument(raw)
    try:
        return "\n".join(document[number].get_textpage().get_text_range() for number in range(len(document)))
    finally:
        document.close()


def sheets_text(raw: bytes) -> str:
    """The shared strings and inline values of a workbook, from its XML."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if "sharedStrings" in name]
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    numbers = re.findall(r'<c (?![^>]*t="s")[^>]*><v>([^<]*)</v>', "".join(sheets))
    return "\n".join([*(re.sub(r"<[^>]+>", "\n", part) for part in parts), *numbers])


def book_text(raw: bytes, seen: Browser) -> str:
    """The pages of a book, each as a browser shows it."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        pages = [archive.read(name) for name in archive.namelist() if name.endswith("html")]
    return "\n".join(seen(page.decode("utf-8", "replace")) for page in pages)


def notebook_text(raw: bytes, markdown: Callable[[str], str]) -> str:
    """Cells and their printed output; `markdown` gives what Markdown shows."""
    texts = []
    for cell in json.loads(raw)["cells"]:
        source = "".join(cell["source"])
        texts.append(markdown(source) if cell["cell_type"] == "markdown" else source)
        texts.extend("".join(one.get("text", [])) for one in cell.get("outputs", []))
    return "\n".join(texts)


def code_text(suffix: str, source: str, least: int) -> str:
    """Docstrings and comments of at least `least` words, by Pygments; tools' marks and licences left out.

    Pygments takes every string that begins a line for a docstring; inside brackets it is a value.
    """
    from pygments.lexers import get_lexer_for_filename
    from pygments.token import Comment, Punctuation, String

    said, depth = [], 0
    for kind, text in get_lexer_for_filename(f"a{suffix}").get_tokens(source):
        if kind in Punctuation:
            depth += sum(text.count(mark) for mark in "([{") - sum(text.count(mark) for mark in ")]}")
        is_comment = kind in Comment and kind not in Comment.Preproc and kind not in Comment.Hashbang
        if is_comment or (kind in String.Doc and not depth):
            words = re.findall(r"[A-Za-z]{2,}|[㐀-鿿]", text)
            if len(words) >= least and not re.search(r"noqa|type: ignore|fmt:|Copyright", text):
                said.append(text)
    return "\n".join(said)
