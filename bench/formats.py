"""Does a reader lose a word or show a mark? Each format against another reader of the same file.

For every format at least 20 documents: real ones of ../shared/data where they are, of a folder that is given,
and ones made from real paragraphs. The words that the other reader shows (bench/format_readers.py), and those
of which the file was made, are counted in what ours gives; marks of markup outside code are counted too.

    python -m bench.formats [--json] [--only .docx] [--folder DIR]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import docx
import openpyxl
from bs4 import BeautifulSoup
from docutils.core import publish_string
from fpdf import FPDF
from markdown_it import MarkdownIt

from bench import format_readers, show
from bench.format_readers import Browser
from bench.hostile.made import archive
from bot.errors import LoadError
from index.sources.formats import read
from index.sources.formats.code import LEAST_WORDS
from index.sources.formats.encoding import decode
from index.sources.formats.markdown.front_matter import split_front_matter

DATA = Path("../shared/data")
LEAST, EACH = 0.99, 30
_WORDS = re.compile(r"[A-Za-z0-9_]+|[㐀-鿿]")
_SHORTCODE = re.compile(r"\{\{[<%].*?[>%]\}\}|\{%.*?%\}")
_CODE = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?^[ \t]*\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_MARKS = re.compile(
    r"(?<!\\)</?[a-z][a-z0-9]*(?:\s[^<>]*)?>|\{\{[<%]|\{%|^:::|^\.\. \w+::|:\w+:`|\[!\w+\]|^!!! |^=== \"",
    re.MULTILINE,
)
Made = tuple[bytes, Counter[str]]
"""A file, and the words that another reader sees in it."""


def words(text: str) -> Counter[str]:
    """How often each word stands in a text; a Chinese character is a word."""
    return Counter(word.lower() for word in _WORDS.findall(text))


def measure(only: str = "", folder: Path | None = None) -> dict[str, Any]:
    """Share of the words kept and marks shown, by format; `folder`: real documents besides those at hand."""
    with format_readers.browser() as seen:
        found = {}
        for suffix, make in MAKERS.items():
            if only in ("", suffix):
                made = make(random.Random(20261126), seen)
                found[suffix] = _measured(suffix, chain(made, _given(suffix, folder, seen)))
    return {
        "formats": found,
        "browser": "Chromium" if seen else "none: BeautifulSoup's text",
        "least_kept": min(row["kept"] for row in found.values()),
        "marks_shown": sum(row["marks"] for row in found.values()),
        "wrong": [
            suffix for suffix, row in found.items() if row["kept"] < LEAST or row["marks"] or row["n"] < 20
        ],
    }


def _given(suffix: str, folder: Path | None, seen: Browser | None) -> Iterator[Made]:
    """Real documents of a folder, read by another reader too; those it cannot read are passed over."""
    reader = other_reader(suffix, seen)
    for file in sorted(folder.rglob(f"*{suffix}")) if folder and reader else ():
        raw = file.read_bytes()
        try:
            wanted = words(reader(raw)) if reader else Counter()
        except Exception as error:  # whatever another reader raises; told, and not ours to mend
            print(f"{file.name}: {type(error).__name__}: {error}"[:200], file=sys.stderr)
            continue
        yield raw, wanted


def other_reader(suffix: str, seen: Browser | None) -> Callable[[bytes], str] | None:
    """Another reader of a format."""
    readers: dict[str, Callable[[bytes], str]] = {
        ".docx": format_readers.word_text,
        ".pptx": format_readers.slides_text,
        ".pdf": format_readers.pdf_text,
        ".xlsx": format_readers.sheets_text,
        ".html": lambda raw: seen(decode(raw)[0]) if seen else _plain_text(decode(raw)[0]),
        ".epub": lambda raw: format_readers.book_text(raw, seen or _plain_text),
        ".ipynb": lambda raw: format_readers.notebook_text(raw, _markdown_text),
        ".txt": lambda raw: decode(raw)[0],
    }
    return readers.get(suffix)


def _measured(suffix: str, made: Iterable[Made]) -> dict[str, Any]:
    wanted: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    marks, count = 0, 0
    for raw, other in made:
        try:
            text = read(suffix, raw).text
        except LoadError as error:
            print(f"{suffix}: {error}", file=sys.stderr)
            text = ""
        wanted += other
        lost += other - words(text)
        marks += len(_MARKS.findall(_CODE.sub("", text)))
        count += 1
    kept = 1 - sum(lost.values()) / max(sum(wanted.values()), 1)
    return {
        "n": count,
        "words": sum(wanted.values()),
        "kept": round(kept, 4),
        "marks": marks,
        "lost": lost.most_common(5),
    }


def _real(pattern: str, chance: random.Random, most: int = EACH) -> list[Path]:
    files = sorted(DATA.rglob(pattern)) or sorted(Path("docs").rglob(pattern))
    chance.shuffle(files)
    return files[:most]


def _paragraphs(chance: random.Random) -> Iterator[list[str]]:
    """Plain paragraphs of real pages, page by page."""
    made = 0
    for file in _real("*.md", chance, 20 * EACH):
        text = MarkdownIt("commonmark").render(split_front_matter(decode(file.read_bytes())[0])[1])
        found = [
            " ".join(one.get_text().split()) for one in BeautifulSoup(text, "lxml").find_all(["p", "li"])
        ]
        kept = [line for line in found if len(line) > 20 and not re.search(r"[<>{}\[\]`|*_#:\\$&~]", line)][
            :40
        ]
        if len(kept) > 3 and any(line.isascii() for line in kept) and made < EACH:
            made += 1
            yield kept


def _plain_text(html: str) -> str:
    soup = BeautifulSoup(html, "lxml")
    for hidden in soup(["script", "style", "template", "head", "svg", "nav"]):
        hidden.decompose()
    for block in soup(
        ["p", "li", "td", "th", "div", "br", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "tr"]
    ):
        block.append("\n")
    return soup.get_text()


def _markdown_text(text: str) -> str:
    return _plain_text(_RENDER.render(text))


_RENDER = MarkdownIt("commonmark").enable("table")


def _markdown(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for file in _real("*.md", chance):
        raw = file.read_bytes()
        body = _SHORTCODE.sub("", split_front_matter(decode(raw)[0])[1])
        yield raw, words(_markdown_text(body))
    for lines in _paragraphs(chance):
        yield _dialects(lines).encode(), words(" ".join(["Heading words", *lines, *_labels(len(lines))]))


def _labels(count: int) -> list[str]:
    return [f"label{number}" for number in range(count)]


def _dialects(lines: list[str]) -> str:
    """Each paragraph under a label, in the marks of another generator."""
    parts = ["+++\ntitle = 'A page'\n+++\n\n# Heading words"]
    for number, line in enumerate(lines):
        shapes = [
            f'!!! note "LABEL"\n    {line}',
            f'=== "LABEL"\n\n    {line}',
            f"::: tip LABEL\n{line}\n:::",
            f'{{{{< tab "LABEL" >}}}}\n{line}\n{{{{< /tab >}}}}',
            f'{{% tab title="LABEL" %}}\n{line}\n{{% endtab %}}',
            f"<details><summary>LABEL</summary>\n\n{line}\n\n</details>",
            f"<table><tr><th>LABEL</th></tr><tr><td>{line}</td><td></td></tr></table>",
            f"> [!WARNING]\n> LABEL {line}",
            f'<div class="card" markdown="1">\n<b>LABEL</b> {line}\n</div>',
        ]
        parts.append(shapes[number % len(shapes)].replace("LABEL", f"label{number}"))
    return "\n\n".join(parts)


def _mdx(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        parts = ["---\ntitle: A page\n---\nimport Tabs from '@theme/Tabs'\n", "# Heading words"]
        for number, line in enumerate(lines):
            label = f"label{number}"
            parts.append(
                [
                    f"{label} {line}",
                    f'<TabItem value="x" label="{label}">\n\n{line}\n\n</TabItem>',
                    f":::tip[{label}]\n\n{line}\n\n:::",
                    f'<Card title="{label}" icon={{<Icon name="x" />}}>\n  {line}\n</Card>',
                    f"<Step>\n  ### {label}\n  {line}\n</Step>\n\n{{/* unseen */}}",
                ][number % 5]
            )
        yield "\n\n".join(parts).encode(), words(" ".join(["Heading words", *lines, *_labels(len(lines))]))


def _rst(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    settings: dict[str, Any] = {
        "report_level": 6,
        "halt_level": 6,
        "file_insertion_enabled": False,
        "raw_enabled": False,
    }
    settings |= {"syntax_highlight": "none", "warning_stream": io.StringIO(), "doctitle_xform": False}
    for file in _real("*.rst", chance) if any(DATA.rglob("*.rst")) else []:
        raw = file.read_bytes()
        known = re.sub(r":[\w:+-]+:(?=`)", "", decode(raw)[0])
        made = publish_string(
            known, writer="html5", settings_overrides={**settings, "output_encoding": "unicode"}
        )
        wanted = words(_plain_text(str(made)))
        yield raw, wanted - words(" ".join(re.findall(r"^:[\w-]+:.*$", known, re.MULTILINE)))
    for lines in _paragraphs(chance):
        parts = ["Heading words\n============="]
        for number, line in enumerate(lines):
            shapes = [
                f".. tabs::\n\n   .. tab:: LABEL\n\n      .. note::\n\n         {line}",
                f".. versionadded:: LABEL\n   {line}",
                f'.. csv-table::\n   :header: "LABEL"\n\n   "{line.replace(chr(34), "")}"',
                f".. dropdown:: LABEL\n   :open:\n\n   {line}",
                f"LABEL::\n\n    {line}",
                f".. |s{number}| replace:: LABEL\n\n|s{number}| {line}",
                f"LABEL [#f{number}]_\n\n.. [#f{number}] {line}",
            ]
            parts.append(shapes[number % len(shapes)].replace("LABEL", f"label{number}"))
        yield (
            "\n\n".join(parts).encode(),
            words(" ".join(["Heading words", *lines, *_labels(len(lines))])),
        )


_PAGES = (
    "<main><article><header><h1>HEAD</h1></header>BODY<aside><p>ASIDE</p></aside></article></main>",
    '<div class="document"><div class="body" role="main"><h1>HEAD<a class="headerlink" href="#h">¶</a></h1>'
    'BODY<div class="admonition note"><p class="admonition-title">Note</p><p>ASIDE</p></div></div></div>',
    "<form id='aspnetForm'><div id='content'><h1>HEAD</h1>BODY<p>ASIDE</p></div></form>",
    "<article><h1>HEAD</h1>BODY</article><article><h2>Second</h2><p>ASIDE</p></article>",
    "<h1>HEAD</h1><table><tr><td>BODY</td></tr></table><p>ASIDE</p>",
)
_BLOCKS_OF_CODE = (
    "<figure class='highlight'><table><tr><td class='gutter'><pre><span class='line'>1</span></pre></td>"
    "<td class='code'><pre><span class='line'>CODE</span><br></pre></td></tr></table></figure>",
    "<pre>CODE<br>second line</pre>",
    "<div class='highlight-python'><div class='highlight'><pre><span></span>CODE</pre></div></div>",
)


def _html(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    """Pages in the shapes of several generators, as a browser shows them."""
    see = seen or _plain_text
    plain = [file for file in _real("*.md", chance, 3 * EACH) if b":::" not in file.read_bytes()]
    for number, file in enumerate(plain[:EACH]):
        body = _RENDER.render(_SHORTCODE.sub("", split_front_matter(decode(file.read_bytes())[0])[1]))
        code = _BLOCKS_OF_CODE[number % len(_BLOCKS_OF_CODE)].replace("CODE", "harbor up --now")
        shape = _PAGES[number % len(_PAGES)]
        content = (
            shape.replace("BODY", body + code).replace("HEAD", "Heading words").replace("ASIDE", "Beware.")
        )
        page = f"<html><head><title>T</title></head><body><nav>menu</nav>{content}</body></html>"
        unseen = Counter({"1": 1}) if "gutter" in code else Counter()
        yield page.encode(), words(see(page)) - unseen


def _plain(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        text = "\n\n".join(lines)
        yield text.encode(chance.choice(("utf-8", "utf-16", "gb18030"))), words(text)


def _word(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        document = docx.Document()
        document.add_heading("Heading words", level=1)
        for number, line in enumerate(lines):
            document.add_paragraph(line, style="List Bullet" if number % 3 else None)
        table = document.add_table(rows=2, cols=2)
        for cell, line in zip((cell for row in table.rows for cell in row.cells), lines, strict=False):
            cell.text = line
        inner = table.rows[1].cells[1].add_table(rows=1, cols=1)
        inner.rows[0].cells[0].text = lines[-1]
        packed = io.BytesIO()
        document.save(packed)
        yield packed.getvalue(), words(format_readers.word_text(packed.getvalue()))


def _slides(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    for lines in _paragraphs(chance):
        made = Presentation()
        for number, line in enumerate(lines[:10]):
            slide = made.slides.add_slide(made.slide_layouts[1])
            slide.shapes.title.text = f"Slide words {number}"
            slide.placeholders[1].text = line
            if number % 3 == 1:
                table = slide.shapes.add_table(1, 2, 0, 0, Inches(4), Inches(1)).table
                table.cell(0, 0).text, table.cell(0, 1).text = "left", line
            if number % 3 == 2:
                slide.notes_slide.notes_text_frame.text = line
        data = CategoryChartData()
        data.categories = ["spring", "autumn"]
        data.add_series("ships", (3, 5))
        size = (Inches(1), Inches(1), Inches(4), Inches(3))
        slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *size, data)
        packed = io.BytesIO()
        made.save(packed)
        yield packed.getvalue(), words(format_readers.slides_text(packed.getvalue()))


def _sheets(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        book = openpyxl.Workbook()
        rows: list[list[Any]] = [["number", "words"], *([number, line] for number, line in enumerate(lines))]
        for row in rows:
            book.worksheets[0].append(row)
        packed = io.BytesIO()
        book.save(packed)
        wanted = words(" ".join(str(cell) for row in rows for cell in row))
        yield packed.getvalue(), wanted | words(format_readers.sheets_text(packed.getvalue()))


def _csv(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        out = io.StringIO()
        writer = csv.writer(out, delimiter=chance.choice(",;\t"))
        rows: list[list[Any]] = [["number", "words"], *([number, line] for number, line in enumerate(lines))]
        writer.writerows(rows)
        yield out.getvalue().encode(), words(" ".join(str(cell) for row in rows for cell in row))


def _notebook(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        cells: list[dict[str, Any]] = [
            {
                "cell_type": ("markdown", "code")[number % 2],
                "source": [line],
                "outputs": [{"output_type": "stream", "text": [f"printed {number}\n"]}] if number % 2 else [],
            }
            for number, line in enumerate(lines)
        ]
        raw = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode()
        yield raw, words(format_readers.notebook_text(raw, _markdown_text))


def _pdf(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        latin = [line for line in lines if line.isascii()]
        if latin:
            made = FPDF()
            made.add_page()
            made.set_font("helvetica")
            for line in latin:
                made.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
            raw = bytes(made.output())
            yield raw, words(format_readers.pdf_text(raw))
    yield from _given(".pdf", DATA, seen)


def _book(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        pages = {
            f"t/p{number}.xhtml": f"<html><body><h1>Chapter {number}</h1><p>{line}</p></body></html>"
            for number, line in enumerate(lines[:8])
        }
        items = "".join(f'<item id="i{number}" href="{page}"/>' for number, page in enumerate(pages))
        spine = "".join(f'<itemref idref="i{number}"/>' for number in range(len(pages)))
        parts = {name: text.encode() for name, text in pages.items()}
        parts["content.opf"] = (
            f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>".encode()
        )
        raw = archive(parts)
        yield raw, words(format_readers.book_text(raw, seen or _plain_text))


def _code(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    """This project's own modules, as real ones; docstrings and comments are what they say."""
    files = sorted(file for room in ("bot", "index", "worker") for file in Path(room).rglob("*.py"))
    for file in chance.sample(files, EACH):
        raw = file.read_bytes()
        yield raw, words(format_readers.code_text(".py", raw.decode(), LEAST_WORDS))


MAKERS: dict[str, Callable[[random.Random, Browser | None], Iterator[Made]]] = {
    ".md": _markdown,
    ".mdx": _mdx,
    ".rst": _rst,
    ".html": _html,
    ".txt": _plain,
    ".ipynb": _notebook,
    ".pdf": _pdf,
    ".docx": _word,
    ".pptx": _slides,
    ".xlsx": _sheets,
    ".csv": _csv,
    ".epub": _book,
    ".py": _code,
}


def main() -> None:
    """Prints a table, or one JSON object with --json; fails when a format loses words or shows marks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="", help="one format, as .docx")
    parser.add_argument("--folder", type=Path, help="a folder of real documents, which are read too")
    given = parser.parse_args()
    figures = measure(given.only, given.folder)
    show(figures, as_json=given.json)
    sys.exit(bool(figures["wrong"]))


if __name__ == "__main__":
    main()
