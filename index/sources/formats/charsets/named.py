"""Text that names its own encoding, as pages do, rightly or not."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from index.sources.formats.charsets.likely import ENCODINGS, weighed
from index.sources.formats.charsets.lines import FAR_LIKELIER, by_line, decoded, sample_of

_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949",
    "ascii": "cp1252", "iso8859-1": "cp1252",
}  # fmt: skip
"""Encodings that mean a larger one, as browsers take them (encoding.spec.whatwg.org)."""
_OTHER_NAMES = {"x-gbk": "gbk", "x-sjis": "shift_jis", "windows-874": "cp874"}
_NO_PAGES = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
"""Codecs of Python's that no page is in; to read megabytes of punycode takes an hour."""


def declared(raw: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Text that is not UTF-8 whose page names its encoding, and what is to be told of it. Raises LoadError.

    The name is believed unless another encoding is far likelier: templates say UTF-8 whatever is filled in.
    """
    codec = codec_of(name)
    own = next((one for one in ENCODINGS if one.name == codec), None)
    if own is None:
        try:
            return raw.decode(codec), ()
        except (LookupError, UnicodeDecodeError):
            return decoded(raw)
    sample = sample_of(raw)
    best = max(weighed(sample, one) for one in ENCODINGS)
    if best > weighed(sample, own) + own.seldom + FAR_LIKELIER:
        return decoded(raw)
    return by_line(raw, own)


def codec_of(name: str) -> str:
    """Python's name of an encoding that a page names; empty where it is none of pages."""
    try:
        found = codecs.lookup(_OTHER_NAMES.get(name.lower(), name)).name
    except (LookupError, ValueError):
        return ""
    return "" if found in _NO_PAGES else _MEANT.get(found, found)


_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE)


def as_header_says(body: bytes, media_type: str) -> bytes:
    """A page as UTF-8 with its mark where its header names an encoding that can be, and it has no mark.

    Servers name Latin-1 for every file, whatever it is in: it is not believed of what is UTF-8.
    """
    said = _CHARSET.search(media_type)
    codec = codec_of(said[1]) if said else ""
    if not codec or body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return body
    for one in ("utf-8", codec) if codec == "cp1252" else (codec,):
        with suppress(LookupError, ValueError):  # a wrong name: the body says more
            return b"\xef\xbb\xbf" + body.decode(one).encode("utf-8", "replace")
    return body
