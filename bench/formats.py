"""Does a reader lose a word or show a mark? Each format against another reader of the same file.

For every format at least 20 documents: real ones of ../shared/data where they are, and ones made from real
paragraphs. The words that the other reader shows (markdown-it, docutils, BeautifulSoup), or of which the file
was made, are counted in what ours gives; marks of markup outside code are counted too.

    python -m bench.formats [--json]
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docx
import openpyxl
from bs4 import BeautifulSoup
from docutils.core import publish_string
from fpdf import FPDF
from markdown_it import MarkdownIt

from bench import show
from bench.hostile_documents import archive
from bot.errors import LoadError
from index.sources.formats import read
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


def measure() -> dict[str, Any]:
    """Share of the words kept and marks shown, by format."""
    chance = random.Random(20261126)
    found = {suffix: _measured(suffix, make(chance)) for suffix, make in MAKERS.items()}
    worst = min(row["kept"] for row in found.values())
    return {
        "formats": found,
        "least_kept": worst,
        "marks_shown": sum(row["marks"] for row in found.values()),
        "wrong": [
            suffix for suffix, row in found.items() if row["kept"] < LEAST or row["marks"] or row["n"] < 20
        ],
    }


def _measured(suffix: str, made: Iterator[Made]) -> dict[str, Any]:
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


def _text_of(html: str) -> Counter[str]:
    soup = BeautifulSoup(html, "lxml")
    for hidden in soup(["script", "style", "template", "head", "svg", "nav"]):
        hidden.decompose()
    for block in soup(
        ["p", "li", "td", "th", "div", "br", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "tr"]
    ):
        block.append("\n")
    return words(soup.get_text())


def _markdown(chance: random.Random) -> Iterator[Made]:
    reader = MarkdownIt("commonmark").enable("table")
    for file in _real("*.md", chance):
        raw = file.read_bytes()
        body = _SHORTCODE.sub("", split_front_matter(decode(raw)[0])[1])
        yield raw, _text_of(reader.render(body))


def _mdx(chance: random.Random) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        parts = ["---\ntitle: A page\n---\nimport Tabs from '@theme/Tabs'\n", "# Heading words"]
        for number, line in enumerate(lines):
            label = f"label{number}"
            parts.append(
                [
                    line,
                    f'<TabItem value="x" label="{label}">\n\n{line}\n\n</TabItem>',
                    f":::tip\n\n{line}\n\n:::",
                ][number % 3]
            )
        wanted = words(" ".join(["Heading words", *lines, *(f"label{n}" for n in range(1, len(lines), 3))]))
        yield "\n\n".join(parts).encode(), wanted


def _rst(chance: random.Random) -> Iterator[Made]:
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
        yield raw, _text_of(str(made)) - words(" ".join(re.findall(r"^:[\w-]+:.*$", known, re.MULTILINE)))
    for lines in _paragraphs(chance):
        tabs = "".join(f".. tab:: T{n}\n\n   .. note::\n\n      {line}\n\n" for n, line in enumerate(lines))
        yield (
            f"Heading words\n=============\n\n{tabs}".encode(),
            words(" ".join(["Heading words", *lines, *(f"T{n} Note" for n in range(len(lines)))])),
        )


def _html(chance: random.Random) -> Iterator[Made]:
    reader = MarkdownIt("commonmark").enable("table")
    for file in _real("*.md", chance):
        body = reader.render(_SHORTCODE.sub("", split_front_matter(decode(file.read_bytes())[0])[1]))
        page = f"<html><head><title>T</title></head><body><nav>menu</nav><main>{body}</main></body></html>"
        yield page.encode(), _text_of(f"<body>{body}</body>")


def _plain(chance: random.Random) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        text = "\n\n".join(lines)
        yield text.encode(chance.choice(("utf-8", "utf-16", "gb18030"))), words(text)


def _word(chance: random.Random) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        document = docx.Document()
        document.add_heading("Heading words", level=1)
        for number, line in enumerate(lines):
            document.add_paragraph(line, style="List Bullet" if number % 3 else None)
        table = document.add_table(rows=2, cols=2)
        for cell, line in zip((cell for row in table.rows for cell in row.cells), lines, strict=False):
            cell.text = line
        packed = io.BytesIO()
        document.save(packed)
        yield packed.getvalue(), words(" ".join(["Heading words", *lines, *lines[:4]]))


def _slides(chance: random.Random) -> Iterator[Made]:
    spaces = "http://schemas.openxmlformats.org"
    name = f'xmlns:p="{spaces}/presentationml/2006/main" xmlns:a="{spaces}/drawingml/2006/main"'
    office = f"{spaces}/officeDocument/2006/relationships"
    for lines in _paragraphs(chance):
        parts, listed, led = {}, "", ""
        for number, line in enumerate(lines, 1):
            listed += f'<p:sldId id="{255 + number}" r:id="s{number}"/>'
            led += f'<Relationship Id="s{number}" Type="{office}/slide" Target="slides/slide{number}.xml"/>'
            shape = f"<p:sp><p:txBody><a:p><a:r><a:t>{line}</a:t></a:r></a:p></p:txBody></p:sp>"
            parts[f"ppt/slides/slide{number}.xml"] = f"<p:sld {name}>{shape}</p:sld>".encode()
        parts["ppt/presentation.xml"] = (
            f'<p:pres {name} xmlns:r="{office}"><p:l>{listed}</p:l></p:pres>'.encode()
        )
        relations = f'<Relationships xmlns="{spaces}/package/2006/relationships">{led}</Relationships>'
        parts["ppt/_rels/presentation.xml.rels"] = relations.encode()
        yield archive(parts), words(" ".join(lines))


def _sheets(chance: random.Random) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        book = openpyxl.Workbook()
        rows: list[list[Any]] = [["number", "words"], *([number, line] for number, line in enumerate(lines))]
        for row in rows:
            book.worksheets[0].append(row)
        packed = io.BytesIO()
        book.save(packed)
        yield packed.getvalue(), words(" ".join(str(cell) for row in rows for cell in row))


def _csv(chance: random.Random) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        out = io.StringIO()
        writer = csv.writer(out, delimiter=chance.choice(",;\t"))
        rows: list[list[Any]] = [["number", "words"], *([number, line] for number, line in enumerate(lines))]
        writer.writerows(rows)
        yield out.getvalue().encode(), words(" ".join(str(cell) for row in rows for cell in row))


def _notebook(chance: random.Random) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        cells: list[dict[str, Any]] = [
            {"cell_type": ("markdown", "code")[number % 2], "source": [line], "outputs": []}
            for number, line in enumerate(lines)
        ]
        yield json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode(), words(" ".join(lines))


def _pdf(chance: random.Random) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        latin = [line for line in lines if line.isascii()]
        if latin:
            made = FPDF()
            made.add_page()
            made.set_font("helvetica")
            for line in latin:
                made.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
            yield bytes(made.output()), words(" ".join(latin))


def _book(chance: random.Random) -> Iterator[Made]:
    for lines in _paragraphs(chance):
        pages = {
            f"t/p{number}.xhtml": f"<html><body><p>{line}</p></body></html>"
            for number, line in enumerate(lines)
        }
        items = "".join(f'<item id="i{number}" href="{page}"/>' for number, page in enumerate(pages))
        spine = "".join(f'<itemref idref="i{number}"/>' for number in range(len(pages)))
        parts = {name: text.encode() for name, text in pages.items()}
        parts["content.opf"] = (
            f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>".encode()
        )
        yield archive(parts), words(" ".join(lines))


MAKERS: dict[str, Callable[[random.Random], Iterator[Made]]] = {
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
}


def main() -> None:
    """Prints a table, or one JSON object with --json; fails when a format loses words or shows marks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    figures = measure()
    show(figures, as_json=parser.parse_args().json)
    sys.exit(bool(figures["wrong"]))


if __name__ == "__main__":
    main()
