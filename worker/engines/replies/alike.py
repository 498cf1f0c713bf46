"""Reads the chunks of a stream that differ from one before in nothing but their text, as nearly all do.

Parsing such a chunk whole, a dozen fields for one word, is most of what a streamed answer costs. What stands
before and after the text is compared instead, byte for byte, and only the text is parsed.
"""

from __future__ import annotations

import json
import re

from worker.engines.replies.chunks import Chunk

MOST_LEARNED = 4
"""So often a stream may change what stands around its text; one that always does is parsed whole."""
_CONTENT = re.compile(rb'"content"\s*:\s*(?=")')
_parse = json.JSONDecoder().raw_decode


class AlikeChunks:
    """One for each stream."""

    def __init__(self) -> None:
        self._before = b""
        self._after = b""
        self._learned = 0

    def read(self, data: bytes) -> Chunk | None:
        """The chunk of an event's data, where it is like the last one that was learned; else None."""
        before, after = self._before, self._after
        if not before or not data.startswith(before) or not data.endswith(after):
            return None
        try:
            literal = data[len(before) : -len(after)].decode()
            text, end = _parse(literal)
        except ValueError:
            return None
        return Chunk(text) if end == len(literal) and type(text) is str else None

    def learn(self, data: bytes, chunk: Chunk) -> None:
        """Remembers what stands around the text of `chunk`, which is plain (see `plain_chunk`)."""
        places = [found.end() for found in _CONTENT.finditer(data)] if self._learned < MOST_LEARNED else []
        if len(places) != 1:
            return
        self._learned += 1
        rest = data[places[0] :].decode("utf-8", "replace")
        text, end = _parse(rest)
        if text == chunk.text and end < len(rest):
            self._before, self._after = data[: places[0]], rest[end:].encode()
