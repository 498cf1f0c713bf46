"""How the events are written down: the grammar of server-sent events, and what breaks it."""

from __future__ import annotations

import json

from tests.streams.shape import DONE, SHOWN, USAGE, Shape, chunk, event, says, stream

ROLE = chunk({"role": "assistant", "content": ""})
SHAPES = (
    Shape(
        "comments while waiting",
        "OpenRouter: `: OPENROUTER PROCESSING`",
        ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" + stream([ROLE, *says()]),
    ),
    Shape(
        "ping comments between events",
        "sse-starlette under vLLM and LiteLLM: `: ping - date`",
        ": ping - 2025-01-01 00:00:00\r\n\r\n".join(event(item) for item in [*says(), chunk(finish="stop")])
        + DONE,
    ),
    Shape(
        "CRLF",
        "llama.cpp behind IIS, Azure",
        stream([ROLE, *says()], end="\r\n\r\n").replace("[DONE]\n\n", "[DONE]\r\n\r\n"),
    ),
    Shape("CR alone", "the grammar allows it", stream(says(), end="\r\r").replace("\n", "\r")),
    Shape(
        "no space after the colon", "DashScope, Spring gateways: `data:{...}`", stream(says(), data="data:")
    ),
    Shape("byte order mark", "a .NET gateway", b"\xef\xbb\xbf" + stream([ROLE, *says()]).encode()),
    Shape(
        "event, id and retry lines",
        "DashScope native style, LiteLLM",
        "retry: 3000\n\n"
        + "".join(
            f"id: {n}\nevent: message\n{event(item)}"
            for n, item in enumerate([*says(), chunk(finish="stop")])
        )
        + DONE,
    ),
    Shape(
        "one JSON over several data lines",
        "the grammar allows it",
        "".join(
            "".join(f"data: {line}\n" for line in json.dumps(item, indent=1).splitlines()) + "\n"
            for item in [*says(), chunk(finish="stop")]
        ),
    ),
    Shape(
        "no blank line between events",
        "one-api forks",
        "".join(event(item, end="\n") for item in [*says(), chunk(finish="stop")]) + DONE,
    ),
    Shape(
        "data: written twice",
        "new-api over a channel that already sends events",
        stream(says(), data="data: data: "),
    ),
    Shape("blank lines and spaces at the start", "nginx with sub_filter", "\n\n  \n" + stream(says())),
    Shape("no end mark", "Hugging Face transformers serve, Cloudflare", stream(says(), done=False)),
    Shape("no end mark and no last blank line", "TGI", stream(says(), done=False).rstrip("\n")),
    Shape(
        "neither end mark nor finish_reason",
        "Workers AI: the stream just closes",
        stream(says(), done=False, finish=None),
        finish="closed",
    ),
    Shape("end mark without finish_reason", "old FastChat", stream(says(), finish=None), finish=""),
    Shape("end mark in quotes", "a Java gateway", stream(says(), done=False) + 'data: "[DONE]"\n\n'),
    Shape(
        "more after the end mark",
        "one-api: a billing event",
        stream(says()) + event({"cost": 1}) + event(chunk({"content": "spam"})),
    ),
    Shape(
        "connection broken after the finish_reason",
        "LM Studio: premature close",
        stream(says(), done=False),
        cut=True,
    ),
    Shape(
        "connection broken in the middle",
        "any",
        stream(says()[:3], done=False, finish=None),
        shown="",
        error="EngineUnavailable",
        cut=True,
    ),
    Shape(
        "a completion instead of a stream",
        "gateways that ignore `stream`",
        json.dumps(
            {
                "object": "chat.completion",
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": SHOWN}, "finish_reason": "stop"}
                ],
                "usage": USAGE,
            }
        ),
        content_type="application/json",
    ),
    Shape(
        "an object a line",
        "Ollama-like NDJSON",
        "".join(json.dumps(item) + "\n" for item in [*says(), chunk(finish="stop")]),
        content_type="application/x-ndjson",
    ),
    Shape(
        "an error page under 200",
        "a captive proxy",
        "<html><body>502 Bad Gateway</body></html>",
        shown="",
        error="EngineUnavailable",
        content_type="text/html",
    ),
    Shape("nothing at all", "a gateway whose backend died", "", shown="", error="EngineUnavailable"),
    Shape(
        "half an object at the end",
        "cut by a proxy after the finish_reason",
        stream(says(), done=False) + 'data: {"id": "x", "cho',
    ),
    Shape("words that are no JSON between", "FastChat debug prints", "data: starting\n\n" + stream(says())),
)
