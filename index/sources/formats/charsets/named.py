"""Text that names its own encoding, as pages do, rightly or not."""

from __future__ import annotations

import codecs

from index.sources.formats.charsets.likely import ENCODINGS, weighed
from index.sources.formats.charsets.lines import FAR_LIKELIER, by_line, decoded, sample_of

_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949",
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-15": "cp1252",
}  # fmt: skip
"""Encodings that mean a larger one, as browsers take them (encoding.spec.whatwg.org)."""
_OTHER_NAMES = {"x-gbk": "gbk", "x-sjis": "shift_jis", "windows-874": "cp874"}


def declared(raw: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Text that is not UTF-8 whose page names its encoding, and what is to be told of it. Raises LoadError.

    The name is believed unless another encoding is far likelier: templates say UTF-8 whatever is filled in.
    """
    codec = _codec(name)
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


def _codec(name: str) -> str:
    """Python's name of an encoding that a page names; as it is where Python has none."""
    try:
        found = codecs.lookup(_OTHER_NAMES.get(name.lower(), name)).name
    except LookupError:
        return name
    return _MEANT.get(found, found)
