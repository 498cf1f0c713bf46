"""Bytes of a text file -> text, whatever wrote them.

UTF-8 is by far the most likely, so text that is UTF-8 but for a few bytes is UTF-8: a page cut in the middle
of a character must not be read as another encoding, in which every Chinese character would be a wrong one.
"""

from __future__ import annotations

from bot.errors import LoadError

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LOST_SHARE = 0.1
"""Replaced signs as a share of the characters beyond ASCII, up to which text counts as UTF-8."""
_LOOKED_AT, _MOST_CONTROLS = 65_536, 0.05
_NOT_CONTROLS = bytes({*range(0x20, 0x100), *b"\t\n\v\f\r\x1b"})
_COMMON = frozenset(
    "的一是在不了有和人这這個个我们們中上大為为以用要时時來来可到说說时請请安装裝使用方法設设定系統统檔文件"
)


def decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, with line ends as newlines, and what is to be told of it. Raises LoadError."""
    text, notes = _decoded(raw)
    if "\0" in text:
        raise LoadError("not text in UTF-8, UTF-16, GB18030 or Big5")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def is_binary(raw: bytes) -> bool:
    """Whether these are no letters in any encoding: more than one byte in twenty is a control character."""
    start = raw[:_LOOKED_AT]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return len(start.translate(None, _NOT_CONTROLS)) > len(start) * _MOST_CONTROLS


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _marked(raw, encoding)
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    nearly = raw.decode("utf-8", "replace")
    lost = nearly.count("�") - raw.count("�".encode())
    foreign = sum(1 for character in nearly if character > "\x7f")
    if lost <= 1 or lost <= foreign * _LOST_SHARE:
        return nearly, (f"{lost} bytes are not UTF-8; they are shown as �",)
    return _chinese(raw), ()


def _marked(raw: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    try:
        return raw.decode(encoding), ()
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace"), (f"some bytes are not {encoding}; they are shown as �",)


def _chinese(raw: bytes) -> str:
    """The better of GB18030 and Big5: which one gives more of the commonest characters."""
    best, found = -1, ""
    for encoding in ("gb18030", "big5hkscs"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        common = sum(1 for character in text if character in _COMMON)
        if common > best:
            best, found = common, text
    if best < 0:
        raise LoadError("not text in UTF-8, UTF-16, GB18030 or Big5")
    return found
