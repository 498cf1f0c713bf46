"""Bytes of a text file -> text, whatever wrote them.

UTF-8 is by far the most likely, so text that is UTF-8 but for a few bytes is UTF-8: a page cut in the middle
of a character must not be read as another encoding, in which every Chinese character would be a wrong one.
"""

from __future__ import annotations

import re
import unicodedata

from bot.errors import LoadError
from index.sources.formats.charsets import (
    NAMES,
    declared,
    decoded,
    is_wide,
    read_wide,
    seems_utf_8,
    wide_of,
)

_UTF_8_MARK = b"\xef\xbb\xbf"
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_ESCAPED = "\x1b$"
_LOOKED_AT, _MOST_CONTROLS, _FEW = 65_536, 0.05, 2
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_CONTROLS = bytes({*range(0x20, 0x100), *b"\t\n\v\f\r\x1b"})


def decode(raw: bytes, named: str = "") -> tuple[str, tuple[str, ...]]:
    """The text, with line ends as newlines, and what is to be told of it. Raises LoadError.

    `named`: the encoding that the text says it is in, if it says one.
    """
    text, notes = _decoded(raw, named)
    if zeros := text.count("\0"):
        controls = len(_CONTROLS.findall(text))
        if controls > max(_FEW, len(text) * _MOST_CONTROLS) or not any(map(str.isalnum, text)):
            raise LoadError(f"not text in {NAMES}")
        text, notes = text.replace("\0", "�"), (*notes, _zeros(zeros))
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _zeros(count: int) -> str:
    return (
        "1 byte is zero; it is shown as �" if count == 1 else f"{count} bytes are zero; they are shown as �"
    )


def is_binary(raw: bytes) -> bool:
    """Whether these are no letters in any encoding: more than one byte in twenty is a control character."""
    start = raw[:_LOOKED_AT]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or (b"\0" in start and is_wide(start)):
        return False
    return len(start.translate(None, _NOT_CONTROLS)) > len(start) * _MOST_CONTROLS


def _decoded(raw: bytes, named: str) -> tuple[str, tuple[str, ...]]:
    while raw.startswith(_UTF_8_MARK):
        raw = raw.removeprefix(_UTF_8_MARK)
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _marked(raw, mark, encoding)
    if b"\0" in raw[:_LOOKED_AT] and (wide := wide_of(raw)):
        return read_wide(raw, wide)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        if len(raw) > _LOOKED_AT and is_binary(raw) and wide_of(raw) is None:
            raise LoadError(f"not text in {NAMES}") from None
        text, notes = declared(raw, named) if named else decoded(raw)
        start = text[:_LOOKED_AT]
        if len(_CONTROLS.findall(start)) > len(start) * _MOST_CONTROLS:
            raise LoadError(f"not text in {NAMES}") from None
        return text, notes
    return (text, ()) if _ESCAPED not in text and seems_utf_8(text, raw) else decoded(raw)


def _marked(raw: bytes, mark: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    try:
        text = raw.decode(encoding)
        if not any(unicodedata.category(one) in ("Cn", "Co") for one in text[:_LOOKED_AT]):
            return text, ()
    except UnicodeDecodeError:
        pass
    rest = raw.removeprefix(mark)
    if not is_wide(rest):
        try:
            text, notes = decoded(rest)
            return text, (f"its mark says {encoding.upper()}, which it is not", *notes)
        except LoadError:
            pass
    return raw.decode(encoding, "replace"), (f"some bytes are not {encoding}; they are shown as �",)
