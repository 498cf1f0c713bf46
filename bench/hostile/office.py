"""Documents of Office programs, PDFs and books that break readers."""

from __future__ import annotations

import zlib

from bench.hostile.made import BOMB, Kind, archive, book, docx, nested_tables, pdf, stream, workbook, write

_LAUGHS = '<!DOCTYPE w [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
)
_LAUGHING = docx("<w:p><w:r><w:t>&j;</w:t></w:r></w:p>", head=_LAUGHS + "]>")


_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
_ENCRYPTED = b"<</Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s5/V 4/Length 128/CF<<>>>>"
OFFICE: dict[str, Kind] = {
    "docx that is empty": write("empty.docx", b""),
    "docx that is no archive": write("none.docx", b"PK\x03\x04 nothing more"),
    "docx cut short": write("cut.docx", lambda: docx("<w:p/>")[:-60]),
    "docx nested 3,000 tables": write("nested.docx", lambda: docx(nested_tables(3_000))),
    "docx nested 80 tables": write("tables.docx", lambda: docx(nested_tables(80))),
    "docx that explodes": write("bomb.docx", lambda: docx("<w:p/>", {"word/media/a.xml": b"\0" * BOMB})),
    "docx of one huge paragraph": write(
        "huge.docx", lambda: docx("<w:p>" + "<w:r><w:t>a </w:t></w:r>" * 70_000 + "</w:p>")
    ),
    "docx of laughing entities": write("laughs.docx", _LAUGHING),
    "docx of wide rows": write(
        "wide.docx", lambda: docx("<w:tbl><w:tr>" + "<w:tc><w:p/></w:tc>" * 20_000 + "</w:tr></w:tbl>")
    ),
    "docx without its body": write("bodyless.docx", lambda: archive({"[Content_Types].xml": b"<Types/>"})),
    "pdf cut short": write("cut.pdf", b"%PDF-1.4 nothing more"),
    "pdf encrypted for a certificate": write(
        "certificate.pdf",
        lambda: pdf(
            [_CATALOG, _PAGES, _PAGE, stream(b"x"), _ENCRYPTED], b"/Root 1 0 R/Encrypt 5 0 R/ID[<00><00>]"
        ),
    ),
    "pdf whose pages hold themselves": write(
        "circle.pdf", lambda: pdf([_CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R 2 0 R]/Count 3>>"])
    ),
    "pdf of pictures": write("pictures.pdf", lambda: pdf([_CATALOG, _PAGES, _PAGE, stream(b"q Q")])),
    "pdf that explodes": write(
        "bomb.pdf",
        lambda: pdf(
            [
                _CATALOG,
                _PAGES,
                _PAGE,
                stream(zlib.compress(b"(a) Tj " * 20_000_000, 9), b"/Filter/FlateDecode"),
            ]
        ),
    ),
    "pdf of nested arrays": write(
        "arrays.pdf",
        lambda: pdf([_CATALOG, _PAGES, b"<</Type/Page/A " + b"[" * 50_000 + b"]" * 50_000 + b">>"]),
    ),
    "pdf of a million pages": write(
        "pages.pdf",
        lambda: pdf(
            [
                _CATALOG,
                b"<</Type/Pages/Kids[" + b"3 0 R " * 300_000 + b"]/Count 300000>>",
                _PAGE,
                stream(b"q"),
            ]
        ),
    ),
    "pptx that explodes": write("bomb.pptx", lambda: archive({"ppt/presentation.xml": b" " * BOMB})),
    "pptx without slides": write("none.pptx", lambda: archive({"ppt/presentation.xml": b"<p/>"})),
    "pptx nested deep": write(
        "deep.pptx", lambda: archive({"ppt/presentation.xml": b"<a>" * 50_000 + b"</a>" * 50_000})
    ),
    "xlsx of a million empty rows": write(
        "rows.xlsx", lambda: workbook('<row r="1048576"><c r="XFD1048576"/></row>')
    ),
    "xlsx that says it is huge": write(
        "huge.xlsx",
        lambda: workbook(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>', dimension="A1:XFD1048576"
        ),
    ),
    "xlsx of 60,000 cells": write(
        "cells.xlsx",
        lambda: workbook("".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 60_000))),
    ),
    "xlsx that is a picture": write("picture.xlsx", lambda: bytes(range(256)) * 40),
    "epub whose pages are away": write(
        "away.epub",
        lambda: archive(
            {
                "a.opf": b'<package><manifest><item id="a" href="../../etc/passwd"/></manifest>'
                b'<spine><itemref idref="a"/></spine></package>'
            }
        ),
    ),
    "epub without a package": write("none.epub", lambda: archive({"mimetype": b"application/epub+zip"})),
    "epub of 3,000 pages": write("pages.epub", lambda: book(3_000)),
}
