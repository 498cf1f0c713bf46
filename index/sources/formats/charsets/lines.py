"""Bytes that are not all UTF-8 -> text, line by line where a file mixes encodings.

A line that somebody added with another editor, or one that was cut in the middle of a character, must not
cost the others: each is read in the file's encoding, in another one where that is far likelier, or with the
bytes that fit neither shown as �, and what was so read is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bot.errors import LoadError
from index.sources.formats.charsets.likely import (
    ENCODINGS,
    GB18030,
    TYPED,
    UTF_8,
    WIDE,
    Encoding,
    likeliest,
    read,
    weighed,
)
from index.sources.formats.charsets.words import known_words

LOOKED_AT = 65_536
"""Bytes of a text, all beyond its lines of plain ASCII, by which its encoding is chosen."""
NAMES = (
    "UTF-8, UTF-16, GB18030, Big5, Shift-JIS, EUC-JP, EUC-KR, Windows-1250 to 1256, Windows-874, ISO 8859-2, "
    "KOI8 or CP866"
)
FAR_LIKELIER = 8.0
"""Logarithm by which another encoding must fit a line better than the file's own."""
_BY_CHANCE = 6.0
"""Logarithm by which GB 18030 must fit better than UTF-8, which is seldom valid by chance."""
_TYPED = re.compile(rb"[ -/1-~]{12}|[ -~]{24}")
"""What UTF-16 without zeros does not hold: more letters of ASCII in a row than its own come to by chance."""
_HIGH = re.compile(rb"[\x80-\xff]")
_FEW = 64
"""Characters beyond ASCII up to which valid UTF-8 may be so by chance."""
_AROUND = 200
"""Bytes of a long line kept before its first sign beyond ASCII."""


def decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Text that is not all UTF-8 and has no mark, and what is to be told of it. Raises LoadError."""
    if raw.startswith(b"\x1b") or b"\x1b$" in raw[:LOOKED_AT]:
        try:
            return raw.decode("iso2022_jp"), ()
        except UnicodeDecodeError:
            pass
    start = raw[:LOOKED_AT]
    if (b"\0" in start or not _TYPED.search(start)) and (wide := wide_of(raw)):
        return read_wide(raw, wide)
    sample = sample_of(raw)
    found = likeliest(sample, ENCODINGS, len(raw) - len(sample))
    if found is None:
        raise LoadError(f"not text in {NAMES}")
    return by_line(raw, found)


def wide_of(raw: bytes) -> Encoding | None:
    """Which UTF-16 without a mark the bytes are text in, told from their start; None where in none."""
    found = likeliest(raw[:LOOKED_AT], ENCODINGS + WIDE)
    return found if found in WIDE else None


def read_wide(raw: bytes, wide: Encoding) -> tuple[str, tuple[str, ...]]:
    """Text in UTF-16 without a mark, and what is to be told of it."""
    text = raw.decode(wide.name, "replace")
    lost = text.count("�") > raw.count("�".encode(wide.name))
    return text, (f"some bytes are not {wide.title}; they are shown as �",) if lost else ()


def is_wide(raw: bytes) -> bool:
    """Whether bytes with zeros among them are text in UTF-16 without a mark."""
    return wide_of(raw) is not None


def seems_utf_8(text: str, raw: bytes) -> bool:
    """Whether bytes that are valid UTF-8 are meant so: 目录 in GB 18030 is also Ŀ¼ in UTF-8."""
    foreign = sum(1 for one in text if one > "\x7f")
    if not 0 < foreign <= _FEW or max(text) >= "\u0800":
        return True
    chinese = [one for one in read(raw, GB18030) if one > "\x7f"]
    known = sum(map(len, known_words("".join(chinese))))
    if len(chinese) > 1 and known * 2 < len(chinese):
        return True
    return weighed(raw, UTF_8) + _BY_CHANCE > weighed(raw, GB18030)


def sample_of(raw: bytes) -> bytes:
    """Lines with signs beyond ASCII, from the start; all of a short text that has hardly a word of ASCII."""
    if len(raw) <= LOOKED_AT and (b"\0" in raw or not _TYPED.search(raw)):
        return raw
    lines, left = [], LOOKED_AT
    for line in _high_lines(raw):
        lines.append(line[:left])
        left -= len(line) + 1
        if left <= 0:
            break
    return b"\n".join(lines)


def _high_lines(raw: bytes) -> Iterator[bytes]:
    place = 0
    while found := _HIGH.search(raw, place):
        start = max(raw.rfind(b"\n", 0, found.start()) + 1, found.start() - _AROUND)
        end = raw.find(b"\n", found.end())
        place = len(raw) if end < 0 else end
        yield raw[start:place]


def by_line(raw: bytes, main: Encoding) -> tuple[str, tuple[str, ...]]:
    lines = raw.split(b"\n")
    doubtful = [number for number, line in enumerate(lines) if not line.isascii() and _doubtful(line, main)]
    if not doubtful:
        return raw.decode(main.name), ()
    other = likeliest(b"\n".join(lines[number] for number in doubtful)[:LOOKED_AT])
    of_line = {line: _encoding_of(line, main, other) for line in {lines[number] for number in doubtful}}
    chosen = {number: of_line[lines[number]] for number in doubtful}
    texts = [read(line, chosen.get(number, main)) for number, line in enumerate(lines)]
    return "\n".join(texts), tuple(_notes(lines, texts, chosen, main))


def _doubtful(line: bytes, main: Encoding) -> bool:
    """Whether the line may be in another encoding than the file."""
    return not _is_in(line, main) or (main != UTF_8 and _is_in(line, UTF_8))


def _is_in(line: bytes, encoding: Encoding) -> bool:
    return read(line, encoding).count("�") == line.count("�".encode())


def _encoding_of(line: bytes, main: Encoding, other: Encoding | None) -> Encoding:
    found = main
    best = weighed(line, main) + FAR_LIKELIER
    single = len(_HIGH.findall(line)) == 1
    for one in (UTF_8, TYPED if single else other):
        if one is not None and one != main and (one != UTF_8 or _is_in(line, UTF_8)):
            score = weighed(line, one)
            if score > best:
                found, best = one, score
    return found


def _notes(
    lines: list[bytes], texts: list[str], chosen: dict[int, Encoding], main: Encoding
) -> Iterator[str]:
    others = Counter(one.title for one in chosen.values() if one != main)
    for name, count in others.items():
        line = "1 line is" if count == 1 else f"{count} lines are"
        yield f"{line} {name}, the others {main.title}; all are read"
    lost = sum(texts[number].count("�") - lines[number].count("�".encode()) for number in chosen)
    if lost > 0:
        byte, shown = ("1 byte is", "it is") if lost == 1 else (f"{lost} bytes are", "they are")
        yield f"{byte} not {main.title}; {shown} shown as �"
