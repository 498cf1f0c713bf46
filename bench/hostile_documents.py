"""Documents that break readers: malformed, bottomless, exploding, misnamed, and things that are no documents.

Each function writes one kind below a folder and returns the paths, as the index names them, that must be read
or reported. Nothing here is larger than it must be to take a quadratic reader past a minute.
"""

from __future__ import annotations

import base64
import io
import json
import os
import socket
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

Kind = Callable[[Path], list[str]]


def _write(name: str, data: str | bytes) -> Kind:
    def write(folder: Path) -> list[str]:
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return [name]

    return write


def _docx(body: str, extra: dict[str, bytes] | None = None, head: str = "") -> bytes:
    """A Word document whose body is this XML."""
    space = "http://schemas.openxmlformats.org"
    word = f"{space}/wordprocessingml/2006/main"
    types = (
        f'<Types xmlns="{space}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
        '.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{space}/package/2006/relationships"><Relationship Id="a" Type="{space}/'
        'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    document = f'{head}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>'
    return archive(
        {
            "[Content_Types].xml": types.encode(),
            "_rels/.rels": relations.encode(),
            "word/document.xml": document.encode(),
            **(extra or {}),
        }
    )


def archive(parts: dict[str, bytes]) -> bytes:
    """A zip file of these parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name, data)
    return packed.getvalue()


def _nested_tables(depth: int) -> str:
    return (
        "<w:tbl><w:tr><w:tc>" * depth
        + "<w:p><w:r><w:t>deep</w:t></w:r></w:p>"
        + "</w:tc></w:tr></w:tbl>" * depth
    )


_LAUGHS = '<!DOCTYPE w [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
)
_LAUGHING = _docx("<w:p><w:r><w:t>&j;</w:t></w:r></w:p>", head=_LAUGHS + "]>")


def pdf(objects: list[bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    count = len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    return out + b"trailer<</Size %d %s>>\nstartxref\n%d\n%%%%EOF" % (count, trailer, start)


def _stream(data: bytes, facts: bytes = b"") -> bytes:
    return b"<</Length %d %s>>stream\n%s\nendstream" % (len(data), facts, data)


_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
_ENCRYPTED = b"<</Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s5/V 4/Length 128/CF<<>>>>"
_BOMB = zlib.compress(b"(a) Tj " * 20_000_000, 9)


def _socket(folder: Path) -> list[str]:
    with socket.socket(socket.AF_UNIX) as opened:
        here = os.open(".", os.O_RDONLY)
        try:
            os.chdir(folder)  # the address of a socket must be short
            opened.bind("socket.md")
        finally:
            os.fchdir(here)
            os.close(here)
    return []


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "pipe.md")
    return []


def _loops(folder: Path) -> list[str]:
    (folder / "inner").mkdir()
    (folder / "inner" / "up").symlink_to("..")
    (folder / "self.md").symlink_to("self.md")
    (folder / "away.md").symlink_to("gone/nowhere.md")
    (folder / "zero.txt").symlink_to("/dev/zero")
    return []


def _gbk_name(folder: Path) -> list[str]:
    (Path(os.fsdecode(os.fsencode(folder) + b"/" + "安装说明.md".encode("gbk")))).write_text(
        "# Set up\n\nRun it.\n"
    )
    return ["安装说明.md"]


def _bytes_name(folder: Path) -> list[str]:
    Path(os.fsdecode(os.fsencode(folder) + b"/a\xff\xfeb.md")).write_text("# Odd\n\nOdd name.\n")
    return ["a��b.md"]


def _line_name(folder: Path) -> list[str]:
    (folder / "two\nlines\t.md").write_text("# Lines\n\nA name of two lines.\n")
    return ["two�lines�.md"]


def _long_name(folder: Path) -> list[str]:
    name = "n" * 250 + ".md"
    (folder / name).write_text("# Long\n\nA long name.\n")
    return [name]


def _sparse(folder: Path) -> list[str]:
    with (folder / "sparse.txt").open("wb") as out:
        out.truncate(20_000_000_000)
    return ["sparse.txt"]


def _forbidden(folder: Path) -> list[str]:
    (folder / "secret.md").write_text("# Secret\n\nNobody may read this.\n")
    (folder / "secret.md").chmod(0)
    (folder / "closed").mkdir()
    (folder / "closed" / "in.md").write_text("# In\n\nInside.\n")
    (folder / "closed").chmod(0)
    return ["secret.md"]


def _deep_folder(folder: Path) -> list[str]:
    place = folder
    for _ in range(60):
        place = place / "deeper"
        place.mkdir()
    (place / "end.md").write_text("# End\n\nThe very end.\n")
    return ["deeper/" * 60 + "end.md"]


def _sheet(rows: str, dimension: str = "A1") -> bytes:
    """A workbook of one sheet."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    relations += '<Relationship Id="r" Type="{0}/{1}" Target="{2}"/></Relationships>'
    sheet = f'<worksheet {main}><dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
    listed = '<sheets><sheet name="a" sheetId="1" r:id="r"/></sheets>'
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/s.xml" ContentType="{kinds}.worksheet+xml"/></Types>'
    )
    return archive(
        {
            "[Content_Types].xml": types.encode(),
            "_rels/.rels": relations.format(office, "officeDocument", "xl/workbook.xml").encode(),
            "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}">{listed}</workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": relations.format(office, "worksheet", "s.xml").encode(),
            "xl/s.xml": sheet.encode(),
        }
    )


def _book(pages: int) -> bytes:
    items = "".join(f'<item id="i{n}" href="p{n}.html"/>' for n in range(pages))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(pages))
    package = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
    return archive({"a.opf": package.encode(), **{f"p{n}.html": b"<p>words</p>" for n in range(pages)}})


_PICTURE = base64.b64encode(bytes(range(256)) * 6000).decode()
KINDS: dict[str, Kind] = {
    "html nested 400 lists": _write("lists.html", "<ul><li>a" * 400),
    "html nested 100,000 times": _write("deep.html", "<html><body>" + "<div>" * 100_000 + "deep"),
    "html nested inline": _write("inline.html", "<p>" + "<b><i>" * 20_000 + "x"),
    "html of open tags": _write("tags.html", "<a " * 100_000),
    "html of comments": _write("comments.html", "<p>a</p>" + "<!--" * 60_000),
    "html of one wide table": _write("wide.html", "<table><tr>" + "<td>a" * 100_000),
    "html of nested tables": _write("tables.html", "<table><tr><td>a" * 5_000),
    "html with half characters": _write("half.html", "<p>&#xD800; &#0; a\x00b</p>"),
    "html with a permalink pump": _write(
        "pump.html", "<h1>" + " " * 60_000 + "x" + "¶ " * 20_000 + "</h1><p>a"
    ),
    "heading and blanks": _write("blanks.md", "# a" + " " * 60_000 + "b"),
    "open comments": _write("comments.md", "<!--" * 60_000),
    "60,000 headings": _write("headings.md", "# a\n" * 60_000),
    "60,000 different headings": _write(
        "unlike.md", "".join(f"## Heading {n}\n\nText {n}.\n" for n in range(60_000))
    ),
    "17 MB of plain text": _write("plain.txt", "All work and no play makes a dull page. " * 425_000),
    "17 MB of text that is never the same": _write(
        "unlike.txt",
        "".join(f"On day {n} the harbor had {n * 7919 % 9973} ships. " for n in range(400_000)),
    ),
    "a line of 5 MB": _write("line.md", "a" * 5_000_000),
    "5 MB of words in a line": _write("words.md", "# " + "word " * 1_000_000),
    "null bytes": _write("null.md", b"# a\x00b\n\n\x00\x01"),
    "open brackets": _write("brackets.md", "# " + "[" * 200_000 + "\n\n" + "![](" * 50_000),
    "open code": _write("ticks.md", "".join("`" * n + "a" for n in range(1, 700)) + "\n```\n" * 20_001),
    "open front matter": _write("front.md", "---\n" + "a: b\n" * 100_000),
    "a laughing front matter": _write(
        "laughs.md",
        "---\na0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
        + "---\n\nText.\n",
    ),
    "deep quotes": _write("quotes.md", ">" * 100_000 + " a\n" + "> " * 50_000),
    "deep lists": _write("lists.md", "".join(" " * n + "- a\n" for n in range(2_000))),
    "emphasis": _write("emphasis.md", "*a_ **b__ " * 30_000),
    "a picture in the text": _write(
        "picture.md", f"# Guide\n\nPress it.\n\n![p](data:image/png;base64,{_PICTURE})\n"
    ),
    "tables of pipes": _write("pipes.md", "|" * 200_000 + "\n" + "|-" * 100_000 + "\n"),
    "rst underlines": _write("lines.rst", "a\n=\n" * 30_000 + "=" * 100_000),
    "rst roles": _write("roles.rst", ":a:`" * 50_000 + "`a <" * 50_000),
    "rst directives in each other": _write(
        "directives.rst", "".join("   " * n + ".. note::\n\n" for n in range(500)) + "   " * 501 + "end"
    ),
    "rst indentation": _write("indent.rst", "".join(" " * (n % 300) + "a::\n" for n in range(20_000))),
    "rst tables": _write("tables.rst", "+---+\n" * 20_000 + "=== ===\n" * 20_000),
    "rst that includes": _write(
        "include.rst", ".. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/hosts\n"
    ),
    "rst substitutions": _write(
        "laughs.rst",
        "".join(f".. |a{n}| replace:: {f'|a{n - 1}| ' * 9}\n" for n in range(1, 12)) + "\n|a11|\n",
    ),
    "docx that is empty": _write("empty.docx", b""),
    "docx that is no archive": _write("none.docx", b"PK\x03\x04 nothing more"),
    "docx cut short": _write("cut.docx", _docx("<w:p/>")[:-60]),
    "docx nested 3,000 tables": _write("nested.docx", _docx(_nested_tables(3_000))),
    "docx nested 80 tables": _write("tables.docx", _docx(_nested_tables(80))),
    "docx that explodes": _write("bomb.docx", _docx("<w:p/>", {"word/media/a.xml": b"\0" * 400_000_000})),
    "docx of one huge paragraph": _write(
        "huge.docx", _docx("<w:p>" + "<w:r><w:t>a </w:t></w:r>" * 200_000 + "</w:p>")
    ),
    "docx of laughing entities": _write("laughs.docx", _LAUGHING),
    "docx of wide rows": _write(
        "wide.docx", _docx("<w:tbl><w:tr>" + "<w:tc><w:p/></w:tc>" * 20_000 + "</w:tr></w:tbl>")
    ),
    "docx without its body": _write("bodyless.docx", archive({"[Content_Types].xml": b"<Types/>"})),
    "pdf cut short": _write("cut.pdf", b"%PDF-1.4 nothing more"),
    "pdf encrypted for a certificate": _write(
        "certificate.pdf",
        pdf([_CATALOG, _PAGES, _PAGE, _stream(b"x"), _ENCRYPTED], b"/Root 1 0 R/Encrypt 5 0 R/ID[<00><00>]"),
    ),
    "pdf whose pages hold themselves": _write(
        "circle.pdf", pdf([_CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R 2 0 R]/Count 3>>"])
    ),
    "pdf of pictures": _write("pictures.pdf", pdf([_CATALOG, _PAGES, _PAGE, _stream(b"q Q")])),
    "pdf that explodes": _write(
        "bomb.pdf", pdf([_CATALOG, _PAGES, _PAGE, _stream(_BOMB, b"/Filter/FlateDecode")])
    ),
    "pdf of nested arrays": _write(
        "arrays.pdf", pdf([_CATALOG, _PAGES, b"<</Type/Page/A " + b"[" * 50_000 + b"]" * 50_000 + b">>"])
    ),
    "pdf of a million pages": _write(
        "pages.pdf",
        pdf(
            [
                _CATALOG,
                b"<</Type/Pages/Kids[" + b"3 0 R " * 300_000 + b"]/Count 300000>>",
                _PAGE,
                _stream(b"q"),
            ]
        ),
    ),
    "pptx that explodes": _write("bomb.pptx", archive({"ppt/presentation.xml": b" " * 400_000_000})),
    "pptx without slides": _write("none.pptx", archive({"ppt/presentation.xml": b"<p/>"})),
    "pptx nested deep": _write(
        "deep.pptx", archive({"ppt/presentation.xml": b"<a>" * 50_000 + b"</a>" * 50_000})
    ),
    "xlsx of a million empty rows": _write("rows.xlsx", _sheet('<row r="1048576"><c r="XFD1048576"/></row>')),
    "xlsx that says it is huge": _write(
        "huge.xlsx", _sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>', "A1:XFD1048576")
    ),
    "xlsx of 60,000 cells": _write(
        "cells.xlsx",
        _sheet("".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 60_000))),
    ),
    "xlsx that is a picture": _write("picture.xlsx", bytes(range(256)) * 40),
    "epub whose pages are away": _write(
        "away.epub",
        archive(
            {
                "a.opf": b'<package><manifest><item id="a" href="../../etc/passwd"/></manifest>'
                b'<spine><itemref idref="a"/></spine></package>'
            }
        ),
    ),
    "epub without a package": _write("none.epub", archive({"mimetype": b"application/epub+zip"})),
    "epub of 3,000 pages": _write("pages.epub", _book(3_000)),
    "notebook nested deep": _write("deep.ipynb", '{"cells":' + "[" * 100_000),
    "notebook of odd cells": _write(
        "odd.ipynb",
        json.dumps({"cells": [None, 5, [], {"cell_type": "code", "source": {"a": 1}, "outputs": "x"}]}),
    ),
    "notebook of one long output": _write(
        "output.ipynb",
        json.dumps(
            {"cells": [{"cell_type": "code", "source": "a", "outputs": [{"text": ["word "] * 500_000}]}]}
        ),
    ),
    "csv of 30,000 columns": _write("wide.csv", ",".join(map(str, range(30_000))) + "\n" + "a," * 30_000),
    "csv of open quotes": _write("quotes.csv", 'a,b\n"' + "x\n" * 300_000),
    "csv of 200,000 rows": _write("rows.csv", "a,b\n" + "1,2\n" * 200_000),
    "mdx of open braces": _write(
        "braces.mdx", "{/*" * 60_000 + "<A b={" * 30_000 + "export const a\n" * 10_000
    ),
    "shortcodes": _write("codes.md", "{{< a " * 40_000 + "{% b " * 40_000 + "{% highlight x %}" * 10_000),
    "references": _write(
        "links.md", "[a][b] " * 40_000 + "\n\n" + "".join(f"[b{n}]: /u\n" for n in range(20_000))
    ),
    "tags in tables": _write("nested.md", "<table><tr><td>" * 5_000 + "x" + "</table>" * 2_000),
    "admonitions in each other": _write("notes.md", "".join(" " * 4 * n + "!!! note\n" for n in range(500))),
    "a pipe": _pipe,
    "a socket": _socket,
    "links in circles and to devices": _loops,
    "a name in GBK": _gbk_name,
    "a name in no encoding": _bytes_name,
    "a name of two lines": _line_name,
    "a long name": _long_name,
    "a folder 60 deep": _deep_folder,
    "a file of 20 GB": _sparse,
    "files that may not be read": _forbidden,
    "an empty file": lambda folder: _write("empty.md", b"")(folder) and [],
    "only a mark of its encoding": lambda folder: _write("mark.md", b"\xef\xbb\xbf")(folder) and [],
    "half of UTF-16": _write("half.txt", b"\xff\xfea\x00b"),
    "text of another encoding": _write("big5.txt", "安裝說明與設定".encode("big5") * 50),
    "random bytes": _write("random.txt", bytes((n * n * 31 + n) % 256 for n in range(100_000))),
}


def question_pairs(folder: Path) -> list[Path]:
    """Files of question-answer pairs that break readers."""
    files = {
        "deep.json": "[" * 100_000,
        "null.csv": "question,answer\na,b\0\n",
        "quote.csv": 'question,answer\n"' + "a" * 300_000,
        "wide.csv": "question,answer\n" + "," * 100_000 + "\n",
        "odd.jsonl": '{"question": "a", "answer": "b"}\n{\n[1]\n'
        + json.dumps({"question": 5, "answer": None}),
        "half.json": '{"\\ud800": "\\udfff half"}',
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8", "surrogatepass")
    return [folder / name for name in files]
