"""Archives, slides, workbooks and books that break readers: torn, lying of their size, in circles."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache, partial

from bench.hostile.made import BOMB, Kind, archive, book, docx, slides, workbook, write

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000
"""How an Office file begins that needs a password, and one of the last century."""
_PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0) + b"\0" * 5000
)
"""The head of a picture of 60,000 by 60,000 pixels."""
_TEXT = (
    "<p:sp><p:nvSpPr><p:nvPr/></p:nvSpPr><p:txBody><a:p>{}<a:r><a:t>words</a:t></a:r></a:p></p:txBody></p:sp>"
)
_LAUGHS = "<!DOCTYPE a [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{number} '{f'&a{number - 1};' * 10}'>" for number in range(1, 10)
)
_AWAY = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
_CELL = '<row r="1"><c r="A1" t="{}"><v>{}</v></c></row>'


def _torn(data: bytes) -> bytes:
    """With some bytes in the middle of what is packed changed."""
    middle = len(data) // 3
    return data[:middle] + bytes(255 - one for one in data[middle : middle + 40]) + data[middle + 40 :]


def _small(data: bytes) -> bytes:
    """With sizes that say that every part unpacks to a hundred bytes."""
    out, at = bytearray(data), 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        out[at + 24 : at + 28] = struct.pack("<I", 100)
        at += 4
    return bytes(out)


def _locked(data: bytes) -> bytes:
    """With the mark of encryption on every part."""
    out = bytearray(data)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = 0
        while (at := data.find(sign, at)) >= 0:
            out[at + offset] |= 1
            at += 4
    return bytes(out)


def _pages(page: bytes, spine: str = '<itemref idref="a"/>', head: str = "") -> bytes:
    package = (
        f'{head}<package><manifest><item id="a" href="a.html"/></manifest><spine>{spine}</spine></package>'
    )
    return archive({"a.opf": package.encode(), "a.html": page})


@cache
def _empty() -> bytes:
    """More parts than an archive may have."""
    return archive({f"p{number}": b"" for number in range(21_000)})


_ALL = {
    "docx": docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>" * 50),
    "pptx": slides([_TEXT.format("")] * 5),
    "xlsx": workbook(_CELL.format("n", 1)),
    "epub": book(5),
}
_SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "cut in the middle": lambda data: data[: len(data) // 2],
    "with bytes turned over": _torn,
    "that lies about its sizes": _small,
    "with a password": _locked,
    "that is an old Office file": lambda data: _OLE,
    "that is a picture": lambda data: _PNG,
    "that is a web page": lambda data: b"<html><body><h1>Sign in</h1></body></html>",
    "with a second archive behind it": lambda data: data + data,
    "of empty parts": lambda data: _empty(),
}
PACKED: dict[str, Kind] = {
    **{
        f"{suffix} {how}": write(f"{number}.{suffix}", partial(spoil, data))
        for suffix, data in _ALL.items()
        for number, (how, spoil) in enumerate(_SPOILT.items())
    },
    "docx with a picture without end": write(
        "picture.docx", lambda: docx("<w:p/>", {"word/media/a.png": _PNG})
    ),
    "pptx whose slides are one a million times": write(
        "one.pptx", lambda: slides([_TEXT.format("")], times=100_000)
    ),
    "pptx whose slides lead to themselves": write(
        "self.pptx", lambda: slides([_TEXT.format("")], to_itself=True)
    ),
    "pptx of laughing entities": write("laughs.pptx", lambda: slides(["<a>&a9;</a>"], head=f"{_LAUGHS}]>")),
    "pptx that reads a file": write("away.pptx", lambda: slides(["<a>&x;</a>"], head=_AWAY)),
    "pptx of groups in each other": write(
        "groups.pptx", lambda: slides(["<p:grpSp>" * 3_000 + _TEXT.format("") + "</p:grpSp>" * 3_000])
    ),
    "pptx of one slide without end": write("bomb.pptx", lambda: slides([" " * BOMB])),
    "pptx of an absurd level": write(
        "level.pptx", lambda: slides([_TEXT.format('<a:pPr lvl="4000000000"/>')])
    ),
    "pptx without its slides": write("gone.pptx", lambda: slides([""] * 3, there=False)),
    "xlsx of laughing entities": write("laughs.xlsx", lambda: workbook("<c>&a9;</c>", head=f"{_LAUGHS}]>")),
    "xlsx of strings without end": write(
        "strings.xlsx", lambda: workbook(_CELL.format("s", 0), {"xl/sharedStrings.xml": b" " * BOMB})
    ),
    "xlsx of strings that are not there": write("none.xlsx", lambda: workbook(_CELL.format("s", 10**9))),
    "xlsx of cells at odd places": write(
        "odd.xlsx",
        lambda: workbook('<row r="0"><c r="ZZZZ0"><v>1</v></c><c r=""><v>2</v></c><c><v>x</v></c></row>'),
    ),
    "xlsx of numbers that are none": write(
        "numbers.xlsx", lambda: workbook(_CELL.format("n", "9" * 5_000) + _CELL.format("d", "never") * 50)
    ),
    "xlsx of one long cell": write("cell.xlsx", lambda: workbook(_CELL.format("str", "word " * 1_000_000))),
    "xlsx of dates beyond time": write(
        "dates.xlsx", lambda: workbook(_CELL.format("d", "99999-99-99T99:99:99"))
    ),
    "epub of laughing entities": write("laughs.epub", lambda: _pages(b"<p>a</p>", "&a9;", f"{_LAUGHS}]>")),
    "epub of a page without end": write("bomb.epub", lambda: _pages(b" " * BOMB)),
    "epub of one page a hundred thousand times": write(
        "same.epub", lambda: _pages(b"<p>words</p>" * 500, '<itemref idref="a"/>' * 100_000)
    ),
    "epub whose package is itself": write(
        "self.epub",
        lambda: archive({"META-INF/container.xml": b'<c><rootfile full-path="META-INF/container.xml"/></c>'}),
    ),
    "epub of pages in UTF-16": write("wide.epub", lambda: _pages("<p>宽的字</p>".encode("utf-16"))),
    "epub that is locked": write(
        "locked.epub",
        lambda: archive(
            {
                "META-INF/encryption.xml": b'<e><CipherReference URI="a.html"/></e>',
                "a.opf": b"<package/>",
                "a.html": bytes(range(256)),
            }
        ),
    ),
}
