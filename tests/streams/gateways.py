"""Shapes of gateways that wrap completions in answers of their own, or write events in a hand of theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.streams.failures import DOWN, SILENT
from tests.streams.shape import DONE, SHOWN, THOUGHT, USAGE, Shape, chunk, event, says, stream

ENDED = [*says(), chunk(finish="stop")]
MESSAGE = {"role": "assistant", "content": SHOWN, "reasoning_content": THOUGHT}
WHOLE = {"choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}], "usage": USAGE}
LATE = {"message": "usage could not be recorded", "type": "new_api_error", "code": "500"}


def _within(name: str, chunks: Iterable[Any]) -> str:
    return "".join(event({"code": 0, "msg": "success", name: item}) for item in chunks)


def _thinks(begin: str, end: str, report: str) -> Shape:
    return Shape(
        f"{begin}…{end}".replace("\n", " "), report, stream(says(f"{begin}{THOUGHT}{end}{SHOWN}", 5))
    )


def _piece(delta: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


SHAPES = (
    Shape("chunks under a key", "company gateways in Java: data", _within("data", ENDED)),
    Shape("chunks under another key", "company gateways: result", _within("result", ENDED)),
    Shape(
        "a whole completion under a key",
        "company gateways that cannot stream",
        json.dumps({"code": 200, "message": "success", "data": WHOLE}),
        content_type="application/json",
    ),
    Shape(
        "output, and usage beside it",
        "DashScope's own route, with result_format message",
        "id:1\nevent:result\n:HTTP_STATUS/200\ndata:"
        + json.dumps({"output": {"choices": WHOLE["choices"]}, "usage": {"input_tokens": 3}})
        + "\n\n",
    ),
    Shape(
        "result and is_end",
        "Qianfan's first protocol",
        "".join(
            event({"object": "chat.completion", "is_end": rest == "", "result": piece, "usage": USAGE})
            for piece, rest in ((SHOWN[:20], "more"), (SHOWN[20:], ""))
        ),
    ),
    Shape(
        "response alone",
        "Cloudflare Workers AI",
        event({"response": SHOWN[:9], "p": "abc"}) + event({"response": SHOWN[9:]}) + DONE,
        finish="",
    ),
    Shape(
        "an error in an answer of its own",
        "the same gateways",
        _within("data", []) + event({"code": 50001, "msg": "upstream is away", "data": None}),
        "",
        error=DOWN,
    ),
    Shape("the name of the field in capitals", "a proxy in C#", stream(says()).replace("data:", "Data:")),
    Shape("events that are indented", "a template of a proxy", stream(says()).replace("data:", "  data:")),
    Shape(
        "a hard blank behind the colon", "a page's copy", stream(says()).replace("data: {", "data:\u00a0{")
    ),
    Shape("the delta is the text", "a proxy made at home", stream([_piece(SHOWN[:9]), _piece(SHOWN[9:])])),
    Shape("the delta is a list", "the same", stream([_piece([{"type": "text", "text": SHOWN}])])),
    Shape(
        "parts in the content",
        "gateways to Gemini",
        stream([chunk({"content": {"parts": [{"text": SHOWN}]}})]),
    ),
    Shape(
        "an error behind the end",
        "one-api's kin: what fails is the counting",
        stream(says(), done=False) + event({"error": LATE}) + DONE,
    ),
    Shape(
        "an error behind an end without a word",
        "the same: there is nothing to keep",
        stream([], done=False) + event({"error": LATE}) + DONE,
        "",
        error=DOWN,
    ),
    Shape(
        "an error behind ends that came with every piece",
        "the same: nobody knows whether that is all",
        "".join(event(item) for item in [chunk({"content": SHOWN[:9]}, "stop")]) + event({"error": LATE}),
        "",
        error=DOWN,
    ),
    Shape(
        "a filter that looks once all is written",
        "gateways with a guard behind the model",
        stream(says(), done=False) + event({"error": {"code": "content_filter", "message": "filtered"}}),
        "",
        error=SILENT,
    ),
)

FOLDED = "<details><summary>"
SHAPES += (
    _thinks("<|inner_prefix|>", "<|inner_suffix|>", "Apertus"),
    _thinks("<|think_start|>", "<|think_end|>", "merges with marks of their own"),
    _thinks("<think_start>\n", "\n<think_end>\n", "the same"),
    _thinks("<｜begin▁of▁thinking｜>", "<｜end▁of▁thinking｜>", "after DeepSeek's marks"),
    _thinks("<longcat_think>", "</longcat_think>", "LongCat"),
    _thinks("<analysis>\n", "\n</analysis>\n\n", "prompts after Claude"),
    _thinks("<thought_process>", "</thought_process>\n<final_answer>\n", "the same"),
    _thinks("<思考>", "</思考>\n", "prompts in Chinese"),
    _thinks("[思考开始]\n", "\n[思考结束]\n", "LLM-Red-Team's proxies"),
    _thinks(f"{FOLDED}思考过程</summary><pre>", "</pre></details>\n\n", "the same, folded"),
    _thinks(f"{FOLDED}Thought for 3 seconds</summary>\n\n> ", "\n</details>\n", "Open WebUI's pipes"),
    _thinks("```thinking\n", "\n```\n\n", "prompts that ask for a block of thoughts"),
    _thinks("Thought: ", "\nFinal Answer: ", "ReAct"),
    _thinks("**Reasoning:**\n\n", "\n\n**Answer:**\n\n", "small models, step by step"),
    _thinks("## 思考过程\n", "\n\n## 回答\n", "the same in Chinese"),
    *(
        Shape(
            f"no thoughts: {text[:24]}".replace("\n", " "),
            "answers about such things",
            stream(says(text)),
            text,
        )
        for text in (
            "Write it so [1]:\n\n[reasoning]\neffort = 3",
            "<details>\n<summary>Reasoning models</summary>\nUse R1 [1].\n</details>",
            "Reasoning: it is off [1].\n\n```\nAnswer: 1\n```",
            "The mark <think_start> begins it and <think_end> ends it [1].",
            "Thinking: the switch is `think` [1].",
            "```think.sh\nharbor think\n```\nRun it [1].",
        )
    ),
)
