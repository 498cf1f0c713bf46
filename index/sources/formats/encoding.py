"""Bytes of a text file -> text, whatever wrote them.

UTF-8 is by far the most likely, so text that is UTF-8 but for a few bytes is UTF-8: a page cut in the middle
of a character must not be read as another encoding, in which every Chinese character would be a wrong one.
"""

from __future__ import annotations

from bot.errors import LoadError
from index.sources.formats.charsets import NAMES, guessed, wide

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_ESCAPED = "\x1b$"
_LOST_SHARE = 0.1
"""Replaced signs as a share of the characters beyond ASCII, up to which text counts as UTF-8."""
_LOOKED_AT, _MOST_CONTROLS = 65_536, 0.05
_NOT_CONTROLS = bytes({*range(0x20, 0x100), *b"\t\n\v\f\r\x1b"})


def decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, with line ends as newlines, and what is to be told of it. Raises LoadError."""
    text, notes = _decoded(raw)
    if "\0" in text:
        raise LoadError(f"not text in {NAMES}")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def is_binary(raw: bytes) -> bool:
    """Whether these are no letters in any encoding: more than one byte in twenty is a control character."""
    start = raw[:_LOOKED_AT]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or (b"\0" in start and wide(raw)):
        return False
    return len(start.translate(None, _NOT_CONTROLS)) > len(start) * _MOST_CONTROLS


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _marked(raw, encoding)
    if b"\0" in raw[:_LOOKED_AT] and (text := wide(raw)):
        return text, ()
    try:
        text = raw.decode("utf-8")
        return (text, ()) if _ESCAPED not in text else guessed(raw)
    except UnicodeDecodeError:
        pass
    nearly = raw.decode("utf-8", "replace")
    lost = nearly.count("�") - raw.count("�".encode())
    foreign = sum(1 for character in nearly if character > "\x7f")
    if lost <= foreign * _LOST_SHARE:
        return nearly, (f"{lost} bytes are not UTF-8; they are shown as �",)
    return guessed(raw)


def _marked(raw: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    try:
        return raw.decode(encoding), ()
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace"), (f"some bytes are not {encoding}; they are shown as �",)
