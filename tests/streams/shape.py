"""One recorded-shape stream: the bytes as a server sends them, and what the group may see of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SHOWN = "Run `pip install harbor` to install Harbor [1]."
THOUGHT = "The user asks how to install. Document [1] says pip."
DONE = "data: [DONE]\n\n"


@dataclass(frozen=True)
class Shape:
    """`body` of a streamed answer under `status`; `shown` is what must be on the card, '' for none of it.

    `error` names the exception where nothing may be shown; `report` says where the shape was seen.
    """

    name: str
    report: str
    body: str | bytes
    shown: str = SHOWN
    finish: str = "stop"
    error: str = ""
    status: int = 200
    content_type: str = "text/event-stream"
    encoding: str = ""
    """As the header Content-Encoding has it."""
    cut: bool = False
    """Whether the connection breaks at the end instead of closing."""

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else self.body.encode()


def event(body: Any, *, data: str = "data: ", end: str = "\n\n") -> str:
    return f"{data}{json.dumps(body, ensure_ascii=False)}{end}"


def chunk(delta: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "choices": [choice], **more}


def says(text: str = SHOWN, size: int = 6, field: str = "content") -> list[dict[str, Any]]:
    """The text in pieces of `size` characters."""
    return [chunk({field: text[start : start + size]}) for start in range(0, len(text), size)]


def stream(chunks: Iterable[Any], *, done: bool = True, finish: str | None = "stop", **how: str) -> str:
    """Chunks as events, then a finish_reason and the end mark where they are wanted."""
    last = [chunk(finish=finish)] if finish else []
    return "".join(event(item, **how) for item in [*chunks, *last]) + (DONE if done else "")


USAGE = {"prompt_tokens": 812, "completion_tokens": 24, "total_tokens": 836}
