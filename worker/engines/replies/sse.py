"""Server-sent events by their grammar (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Comments, `event:` lines, CRLF or CR, several data lines, a byte order mark, no space after the colon. Two
things beyond it, because servers in use do them: data lines that no blank line parts, each JSON of its own,
are events of their own, and a body that is no event stream but JSON (a server that ignores `stream`, an error
under HTTP 200) is one event.
"""

from __future__ import annotations

import json
from functools import partial
from itertools import repeat
from typing import NamedTuple

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MOST_BYTES = 4 << 20
"""One event, or a body that is no event stream, is never longer."""
SHOWN_BYTES = 300
DONE = b"[DONE]"
made = tuple.__new__
"""Makes a named tuple of all its fields in half the time; a reply has one for each of its words."""


class Event(NamedTuple):
    """One event: its data lines joined by line feeds, and the name that an `event:` line gave it."""

    data: bytes
    name: str = ""


_event = partial(made, Event)


class TooLarge(ValueError):
    """More bytes than any server has reason to send."""


class EventReader:
    """Feed it bytes as they arrive; it gives back the events that are whole. Raises TooLarge."""

    def __init__(self) -> None:
        self.head = b""
        """How the body began, for saying what came instead of events."""
        self._rest = b""
        self._data: list[bytes] = []
        self._name = ""
        self._begun = False
        self._plain = False

    def feed(self, piece: bytes) -> list[Event]:
        """The events that `piece` completed."""
        if not (self._rest or self._data or self._name) and (events := _plain_events(piece)):
            if not self._begun:
                self.head, self._begun = piece[:SHOWN_BYTES], True
            return events
        text = self._rest + piece
        if not self._begun and not (text := self._begin(text)):
            return []
        if self._plain:
            self._rest = _within(text)
            return []
        end = b""
        if b"\r" in text:
            if text.endswith(b"\r"):
                text, end = text[:-1], b"\r"
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = text.split(b"\n")
        self._rest = _within(lines.pop()) + end
        return self._read(lines)

    def end(self) -> list[Event]:
        """What was left when the body ended: an event that no blank line closed, or plain JSON."""
        rest, self._rest = self._rest, b""
        if self._plain:
            return [Event(rest)]
        return self._read([rest.rstrip(b"\r"), b""])

    def _begin(self, text: bytes) -> bytes:
        """`text` without byte order mark and blank start; empty while that is all there is."""
        self.head = text[:SHOWN_BYTES]
        if len(text) < len(BYTE_ORDER_MARK) and BYTE_ORDER_MARK.startswith(text):
            self._rest = text
            return b""
        text = text.removeprefix(BYTE_ORDER_MARK).lstrip()
        self._rest = b""
        self._begun = bool(text)
        self._plain = text.startswith((b"{", b"[{"))
        return text

    def _read(self, lines: list[bytes]) -> list[Event]:
        found: list[Event] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._add(line[5:].strip(), found)
            elif not line:
                if self._data or self._name:
                    self._dispatch(found)
            elif line.startswith(b"event:"):
                self._name = line[6:].strip().decode("utf-8", "replace")
            elif (bare := line.lstrip())[:5].lower() == b"data:":  # indented, or in capitals
                self._add(bare[5:].strip(), found)
        return found

    def _add(self, data: bytes, found: list[Event]) -> None:
        while data.startswith(b"data:"):  # written twice by some gateways
            data = data[5:].strip()
        if len(self._data) == 1 and _whole(self._data[0]):
            self._dispatch(found)
        self._data.append(data)
        if len(self._data) > 1 and sum(map(len, self._data)) > MOST_BYTES:
            raise TooLarge("the server sent an event without end")

    def _dispatch(self, found: list[Event]) -> None:
        if self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            found.append(Event(data, self._name))
        self._data, self._name = [], ""


def _plain_events(piece: bytes) -> list[Event]:
    """The events of a piece that is nothing but whole events of one data line each, as most are; else []."""
    if not (piece.startswith(b"data: {") and piece.endswith(b"\n\n")) or b"\r" in piece or b"\t" in piece:
        return []
    if piece.find(b"\n") == len(piece) - 2:
        return [Event(piece[6:-2])]
    lines = piece[6:-2].split(b"\n\ndata: ")
    if len(piece) > MOST_BYTES or piece.count(b"\n") != 2 * len(lines) or piece.count(b"data:") != len(lines):
        return []
    return list(map(_event, zip(lines, repeat(""), strict=False)))


def _within(rest: bytes) -> bytes:
    if len(rest) > MOST_BYTES:
        raise TooLarge("the server sent a line without end")
    return rest


def _whole(data: bytes) -> bool:
    """Whether a data line says something by itself, so that the next one belongs to another event."""
    if data == DONE:
        return True
    if not (data.startswith(b"{") and data.endswith(b"}")):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
