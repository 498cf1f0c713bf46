"""HTTP/1.1 answers written by hand, for test servers that must be able to stop in the middle of one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

Headers = dict[str, str]
STATUS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


def write_event(writer: asyncio.StreamWriter, data: str) -> None:
    """One server-sent event, as a chunk of its own."""
    piece = f"data: {data}\n\n".encode()
    writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))


def head(status: int, headers: Headers) -> bytes:
    """Status line and headers."""
    lines = [f"HTTP/1.1 {status} {STATUS.get(status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def send_json(
    writer: asyncio.StreamWriter, status: int, body: Any, extra: Headers | None = None
) -> None:
    """A whole answer."""
    data = json.dumps(body, ensure_ascii=False).encode()
    headers = {"content-type": "application/json", "content-length": str(len(data))} | (extra or {})
    writer.write(head(status, headers) + data)
    await writer.drain()
