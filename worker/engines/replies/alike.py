"""Reads the chunks of a stream that differ from one before in nothing but their text, as nearly all do.

Parsing such a chunk whole, a dozen fields for one word, is most of what a streamed answer costs. What stands
before and after the text is compared instead, byte for byte, and only the text is parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import repeat, takewhile
from operator import is_not

from worker.engines.replies.chunks import Chunk, PlainChunk
from worker.engines.replies.sse import Event, made

MOST_LEARNED = 4
"""So often a stream may change what stands around its text; one that always does is parsed whole."""
_CONTENT = re.compile(rb'"content"\s*:\s*(?=")')
_parse = json.JSONDecoder().raw_decode
_chunk = partial(made, PlainChunk)
_HAS_TEXT = partial(is_not, None)
_NOTHING_MORE = tuple(map(repeat, Chunk()[1:]))


class AlikeChunks:
    """One for each stream."""

    def __init__(self) -> None:
        self._before = b""
        """All that stands before the text, its quotation mark too; empty until something was learned."""
        self._after = b""
        self._learned = 0

    def leading(self, events: Sequence[Event]) -> list[Chunk]:
        """The chunks of the first events, as far as they are like the last one that was learned."""
        before, after = self._before, self._after
        if not before:
            return []
        begins, ends = len(before), -len(after)
        inside: list[bytes] = []
        for data, name in events:
            if name or not (data.startswith(before) and data.endswith(after, begins)):
                break
            inside.append(data[begins:ends])
        if not inside:
            return []
        texts: Iterable[str | None] = _plain_texts(inside) or takewhile(_HAS_TEXT, map(_text, inside))
        return list(map(_chunk, zip(texts, *_NOTHING_MORE, strict=False)))

    def learn(self, data: bytes, chunk: Chunk) -> None:
        """Remembers what stands around the text of `chunk`, which is plain (see `plain_chunk`)."""
        if not chunk.text or self._learned >= MOST_LEARNED:
            return
        places = [found.end() for found in _CONTENT.finditer(data)]
        if len(places) != 1:
            return
        self._learned += 1
        rest = data[places[0] :].decode("utf-8", "replace")
        text, end = _parse(rest)
        if text == chunk.text and end < len(rest):
            self._before, self._after = data[: places[0] + 1], b'"' + rest[end:].encode()


def _plain_texts(inside: list[bytes]) -> list[str]:
    """The texts of JSON strings of which none is escaped, looked at together; [] where one may be."""
    try:
        text = b"\n".join(inside).decode()
    except UnicodeDecodeError:
        return []
    if '"' in text or "\\" in text or not text.replace("\n", "").isprintable():
        return []
    texts = text.split("\n")
    return texts if len(texts) == len(inside) else []


def _text(inside: bytes) -> str | None:
    """The text of a JSON string without its quotation marks; None where it is not one string."""
    try:
        text = inside.decode()
        if text.isprintable() and '"' not in text and "\\" not in text:
            return text
        literal = f'"{text}"'
        text, end = _parse(literal)
    except ValueError:
        return None
    return text if end == len(literal) and type(text) is str else None
