"""The frames of Feishu's long connection: protobuf message pbbp2.Frame, read and written by hand.

Fields (lark_oapi/ws/pb/pbbp2.proto): 1 SeqID, 2 LogID, 3 service, 4 method (0 control, 1 data), 5 headers
{1 key, 2 value}, 8 payload. Importing lark_oapi for this would take 6 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

CONTROL, DATA = 0, 1
_VARINT, _BYTES = 0, 2


@dataclass(frozen=True)
class Frame:
    """One frame; headers keep the last value of a repeated key."""

    method: int
    headers: dict[str, str] = field(default_factory=dict)
    payload: bytes = b""
    service: int = 1

    def encode(self) -> bytes:
        """The frame on the wire."""
        parts = [_number(1, 0), _number(2, 0), _number(3, self.service), _number(4, self.method)]
        for key, value in self.headers.items():
            parts.append(_bytes(5, _bytes(1, key.encode()) + _bytes(2, value.encode())))
        return b"".join(parts) + _bytes(8, self.payload)


def decode(data: bytes) -> Frame:
    """The frame in these bytes. Raises ValueError for bytes that are no frame."""
    numbers: dict[int, int] = {}
    headers: dict[str, str] = {}
    payload = b""
    for tag, value in _fields(data):
        if isinstance(value, int):
            numbers[tag] = value
        elif tag == 5:
            pair = {inner: part for inner, part in _fields(value) if isinstance(part, bytes)}
            headers[pair.get(1, b"").decode()] = pair.get(2, b"").decode()
        elif tag == 8:
            payload = value
    return Frame(numbers.get(4, 0), headers, payload, numbers.get(3, 0))


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3 | _VARINT) + _varint(value)


def _bytes(tag: int, value: bytes) -> bytes:
    return _varint(tag << 3 | _BYTES) + _varint(len(value)) + value


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    position = 0
    while position < len(data):
        key, position = _read_varint(data, position)
        value, position = _read_varint(data, position)
        if key & 7 == _VARINT:
            yield key >> 3, value
        elif key & 7 == _BYTES and position + value <= len(data):
            yield key >> 3, data[position : position + value]
            position += value
        else:
            raise ValueError("not a frame of the long connection")


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("a number in the frame has no end")
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return number, position
