"""Files made by hand, byte for byte as a test wants them: archives, Office documents, PDFs, books."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

Content = str | bytes
BOMB = 220_000_000
"""Bytes that a part unpacks to which is there to fill the memory."""
Kind = Callable[[Path], list[str]]
"""Writes files below a folder; returns the paths, as the index names them, that must be read or reported."""


def write(name: str, data: Content | Callable[[], Content]) -> Kind:
    """A kind that is one file; what takes its time to make is made when it is written."""

    def written(folder: Path) -> list[str]:
        content = data() if callable(data) else data
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return [name]

    return written


def docx(body: str, extra: dict[str, bytes] | None = None, head: str = "") -> bytes:
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


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file of these parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:  # some hold a BOMB
        for name, data in parts.items():
            out.writestr(name, data)
    return packed.getvalue()


def nested_tables(depth: int) -> str:
    return (
        "<w:tbl><w:tr><w:tc>" * depth
        + "<w:p><w:r><w:t>deep</w:t></w:r></w:p>"
        + "</w:tc></w:tr></w:tbl>" * depth
    )


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


def stream(data: bytes, facts: bytes = b"") -> bytes:
    return b"<</Length %d %s>>stream\n%s\nendstream" % (len(data), facts, data)


def workbook(
    rows: str, extra: dict[str, bytes] | None = None, *, dimension: str = "A1", head: str = ""
) -> bytes:
    """A workbook of one sheet; `extra`: more parts, `xl/sharedStrings.xml` being its strings."""
    main = f'xmlns="{_SPACE}/spreadsheetml/2006/main"'
    sheet = f'{head}<worksheet {main}><dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
    listed = '<sheets><sheet name="a" sheetId="1" r:id="r0"/></sheets>'
    strings = [("sharedStrings", "sharedStrings.xml")] if extra else []
    return archive(
        {
            "[Content_Types].xml": _types(
                [("/xl/workbook.xml", "spreadsheetml.sheet.main"), ("/xl/s.xml", "spreadsheetml.worksheet")]
                + [("/xl/sharedStrings.xml", "spreadsheetml.sharedStrings")] * len(strings)
            ),
            "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
            "xl/workbook.xml": f'<workbook {main} xmlns:r="{_RELATIONS}">{listed}</workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": _relations([("worksheet", "s.xml"), *strings]),
            "xl/s.xml": sheet.encode(),
            **(extra or {}),
        }
    )


def slides(
    texts: list[str], *, head: str = "", times: int = 1, to_itself: bool = False, there: bool = True
) -> bytes:
    """A presentation whose slides hold this XML, each listed so often; `there`: whether they are in it."""
    spaces = f'xmlns:p="{_SPACE}/presentationml/2006/main" xmlns:a="{_SPACE}/drawingml/2006/main"'
    spaces += f' xmlns:r="{_RELATIONS}"'
    listed = "".join(f'<p:sldId r:id="r{number}"/>' for number in range(len(texts))) * times
    shown = f"<p:presentation {spaces}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
    places = [("slide", f"slides/s{number}.xml") for number in range(len(texts))]
    parts = {
        "[Content_Types].xml": _types([("/ppt/presentation.xml", "presentationml.presentation.main")]),
        "_rels/.rels": _relations([("officeDocument", "ppt/presentation.xml")]),
        "ppt/presentation.xml": shown.encode(),
        "ppt/_rels/presentation.xml.rels": _relations(places),
    }
    for number, text in enumerate(texts if there else []):
        parts[f"ppt/slides/s{number}.xml"] = f"{head}<p:sld {spaces}>{text}</p:sld>".encode()
        if to_itself:
            targets = [(kind, f"s{number}.xml") for kind in ("notesSlide", "slide", "chart", "diagramData")]
            parts[f"ppt/slides/_rels/s{number}.xml.rels"] = _relations(targets)
    return archive(parts)


_SPACE = "http://schemas.openxmlformats.org"
_RELATIONS = f"{_SPACE}/officeDocument/2006/relationships"


def _types(parts: list[tuple[str, str]]) -> bytes:
    kinds = "application/vnd.openxmlformats-officedocument."
    overrides = "".join(
        f'<Override PartName="{place}" ContentType="{kinds}{kind}+xml"/>' for place, kind in parts
    )
    return (
        f'<Types xmlns="{_SPACE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{overrides}</Types>"
    ).encode()


def _relations(targets: list[tuple[str, str]]) -> bytes:
    listed = "".join(
        f'<Relationship Id="r{number}" Type="{_RELATIONS}/{kind}" Target="{place}"/>'
        for number, (kind, place) in enumerate(targets)
    )
    return f'<Relationships xmlns="{_SPACE}/package/2006/relationships">{listed}</Relationships>'.encode()


def book(pages: int) -> bytes:
    items = "".join(f'<item id="i{n}" href="p{n}.html"/>' for n in range(pages))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(pages))
    package = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
    return archive({"a.opf": package.encode(), **{f"p{n}.html": b"<p>words</p>" for n in range(pages)}})
