"""Files that programs write: PDF, Word, PowerPoint, Excel, e-books."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from typing import Any

import docx
import openpyxl
from fpdf import FPDF

from bench import format_readers
from bench.format_makers import Made, paragraphs, plain_text, words
from bench.format_readers import Browser
from bench.hostile.made import archive


def _word(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in paragraphs(chance):
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

    for lines in paragraphs(chance):
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
    for lines in paragraphs(chance):
        book = openpyxl.Workbook()
        rows: list[list[Any]] = [["number", "words"], *([number, line] for number, line in enumerate(lines))]
        for row in rows:
            book.worksheets[0].append(row)
        packed = io.BytesIO()
        book.save(packed)
        wanted = words(" ".join(str(cell) for row in rows for cell in row))
        yield packed.getvalue(), wanted | words(format_readers.sheets_text(packed.getvalue()))


def _pdf(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in paragraphs(chance):
        latin = [line for line in lines if line.isascii()]
        if latin:
            made = FPDF()
            made.add_page()
            made.set_font("helvetica")
            for line in latin:
                made.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
            raw = bytes(made.output())
            yield raw, words(format_readers.pdf_text(raw))


def _book(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in paragraphs(chance):
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
        yield raw, words(format_readers.book_text(raw, seen or plain_text))


FILES: dict[str, Callable[[random.Random, Browser | None], Iterator[Made]]] = {
    ".pdf": _pdf,
    ".docx": _word,
    ".pptx": _slides,
    ".xlsx": _sheets,
    ".epub": _book,
}
