"""Throws what a broken model server could send at the readers of its replies: an answer, or an error of ours.

Streams that real servers send are mutated: values of every JSON type at every place, keys taken away, bytes
flipped, lines lost, doubled and cut, and all of it in pieces of any size. Each goes the whole way from bytes
to the text that is shown, as a streamed reply or as a whole one. Whatever is raised but our own errors is a
failure.

    python -m bench.stream_fuzz [--inputs 100000] [--seed 20261126] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from bench import show
from bench.fuzz import ODD_VALUES
from bot.errors import FennelError
from worker.engines.openai.attempts import Call
from worker.engines.openai.calls import ServerCalls, ServerProblem
from worker.engines.openai.connection import Connection
from worker.engines.openai.running_call import ConnectionBroken
from worker.engines.replies.answer import AnswerReading
from worker.engines.replies.scores import read_score
from worker.engines.replies.sse import Event, EventReader, TooLarge

OURS = (FennelError, ServerProblem, ConnectionBroken, TooLarge)
ODD = (
    *ODD_VALUES,
    -(2**70),
    "NaN",
    0.5,
    "<think>",
    "</think>",
    "many",
    [[["x"]]],
    {"text": None},
    "x" * 20_000,
)
CHUNKS: tuple[dict[str, Any], ...] = (
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"content": "Run `harbor serve` [1]."}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"reasoning_content": "Let me see."}, "finish_reason": None}]},
    {"choices": [{"delta": {"content": [{"type": "text", "text": "a"}]}, "logprobs": None}]},
    {"choices": [{"delta": {"content": "<think>so</think>yes"}}], "usage": None},
    {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{"}}]}}]},
    {"choices": [{"delta": {"refusal": "no"}, "finish_reason": "content_filter"}]},
    {"choices": [{"index": 0, "message": {"content": "7"}, "finish_reason": "stop"}]},
    {
        "choices": [
            {
                "message": {"content": "7"},
                "logprobs": {
                    "content": [
                        {"token": "7", "logprob": -0.1, "top_logprobs": [{"token": "7", "logprob": -0.1}]}
                    ]
                },
            }
        ]
    },
    {
        "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 2}},
    },
    {"error": {"message": "too long: 9000 tokens, maximum context length is 4096", "code": 400}},
    {"object": "error", "message": "busy", "code": 503, "detail": [{"loc": ["body", "x"], "msg": "no"}]},
)


class Received:
    """Stands where the connection's stream does: the events of bytes that have all come."""

    def __init__(self, events: list[list[Event]], head: bytes) -> None:
        self.status, self.error, self.head, self.complete = 200, b"", head, False
        self.headers: dict[str, str] = {}
        self._events = iter(events)

    def __iter__(self) -> Iterator[list[Event]]:
        return self._events

    def open(self) -> None:
        """It is."""

    def hurry(self, seconds: float) -> None:
        """Nothing more comes."""

    def close(self) -> None:
        """Nothing to close."""


def measure(inputs: int, seed: int) -> dict[str, Any]:
    """What came of so many inputs."""
    chance, counts = random.Random(seed), Counter[str]()
    broken: dict[str, str] = {}
    slowest = 0.0
    for number in range(inputs):
        content = _content(chance)
        started = time.process_time()
        try:
            counts[_carried(content, chance, whole=number % 4 == 0)] += 1
        except OURS as error:
            counts[f"refused: {type(error).__name__}"] += 1
        except Exception as error:
            counts["broken"] += 1
            place = traceback.extract_tb(error.__traceback__)[-1]
            broken[f"{type(error).__name__} at {place.name}:{place.lineno}"] = repr(content[:300])
        slowest = max(slowest, time.process_time() - started)
    return {
        "inputs": inputs,
        "seed": seed,
        "broken": counts["broken"],
        "where": broken,
        "counts": dict(counts),
        "slowest_cpu_seconds": round(slowest, 3),
    }


def _carried(content: bytes, chance: random.Random, *, whole: bool) -> str:
    """Takes bytes the whole way; one word for what came of them. Raises what the readers raise."""
    call = cast(Call, SimpleNamespace(deadline=time.monotonic() + 60, cancelled=lambda: False))
    if whole:
        answer = SimpleNamespace(content=content, status=200, headers={})
        connection = SimpleNamespace(request=lambda *_, **__: answer)
        found = ServerCalls(cast(Connection, connection)).whole("http://127.0.0.1/v1", {"messages": []}, call)
        read_score(found, probabilities=chance.random() < 0.5)
        return "whole"
    reader, events = EventReader(), []
    at = 0
    while at < len(content):
        size = chance.choice((1, 7, 64, 4096, len(content)))
        events.append(reader.feed(content[at : at + size]))
        at += size
    events.append(reader.end())
    received = Received(events, reader.head)
    connection = SimpleNamespace(stream=lambda *_, **__: received)
    reading = AnswerReading(chance.choice(("no", "yes", "unclear")))
    shown = ""
    for chunks in ServerCalls(cast(Connection, connection)).stream(
        "http://127.0.0.1/v1", {"messages": []}, call
    ):
        text = reading.feed(chunks)
        shown = text if reading.anew else shown + text
    shown += reading.end()
    reading.counted(len(shown))
    return "shown" if shown.strip() else f"silent: {reading.silence}"


def _content(chance: random.Random) -> bytes:
    """A body: a few chunks, mutated, as a server would send them or not at all so."""
    bodies = [json.loads(json.dumps(chance.choice(CHUNKS))) for _ in range(chance.randint(1, 5))]
    for _ in range(chance.randint(0, 4)):
        _mutate(chance, bodies)
    rows = [
        json.dumps(body, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        for body in bodies
    ]
    if chance.random() < 0.15:
        content = b"\n".join(rows) if chance.random() < 0.5 else rows[0]
    else:
        end = chance.choice((b"\n\n", b"\r\n\r\n", b"\n", b"\r\r"))
        start = chance.choice((b"data: ", b"data:", b"data: data: ", b"event: x\ndata: ", b": hi\n\ndata: "))
        content = b"".join(start + row + end for row in rows)
        content += chance.choice((b"", b"data: [DONE]\n\n", b"data: [DONE]", b"[DONE]"))
    return _bent(chance, content)


def _bent(chance: random.Random, content: bytes) -> bytes:
    """The body with damage to its bytes, now and then."""
    bent = bytearray(content)
    for _ in range(chance.choice((0, 0, 0, 1, 3, 10))):
        if not bent:
            break
        at = chance.randrange(len(bent))
        kind = chance.randrange(4)
        if kind == 0:
            bent[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del bent[at : at + chance.randint(1, 20)]
        elif kind == 2:
            bent[at:at] = chance.choice(
                (b"\r", b"\n", b"data:", b"{", b"}", b"\xff", b"\x00", b"[" * 3000, b"\xef\xbb\xbf")
            )
        else:
            bent[at:at] = bent[at : at + 30]
    return bytes(bent)


def _mutate(chance: random.Random, bodies: list[Any]) -> None:
    """Puts something odd at some place, or takes the place away."""
    place: Any = bodies
    while True:
        inner = [
            one
            for one in (place.values() if isinstance(place, dict) else place)
            if isinstance(one, dict | list)
        ]
        inner = [one for one in inner if one]
        if not inner or chance.random() < 0.2:
            break
        place = chance.choice(inner)
    key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
    if isinstance(place, dict) and chance.random() < 0.2:
        del place[key]
    elif place is not bodies or chance.random() < 0.2:
        place[key] = json.loads(json.dumps(chance.choice(ODD)))


def main() -> None:
    """Prints what came of it; fails when anything but our own errors was raised."""
    parser = argparse.ArgumentParser(description="What a broken model server could send")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261126)
    given = parser.parse_args()
    figures = measure(given.inputs, given.seed)
    show(figures, as_json=given.json)
    sys.exit(bool(figures["broken"]))


if __name__ == "__main__":
    main()
