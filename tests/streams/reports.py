"""More shapes after public reports: gateways, engines' own formats, models whose tags nobody parses."""

from __future__ import annotations

import gzip
import json
from typing import Any

from tests.streams.failures import DOWN, LONG, REFUSED, SILENT
from tests.streams.shape import DONE, SHOWN, THOUGHT, USAGE, Shape, chunk, event, says, stream

ROLE = chunk({"role": "assistant", "content": ""})
CHINESE = "运行 `pip install harbor` 即可安装 Harbor [1]。"
TABLE = "| Option | Default |\n|--------|--------|\n| a | 1 |\n\nBoth are described there [1]."
HALF = len(SHOWN) // 2


def _tagged(text: str, size: int = 7) -> str:
    return stream(says(text, size))


def _native(**more: Any) -> str:
    """A line of Ollama's own protocol."""
    return json.dumps({"model": "qwen3:8b", "created_at": "2025-10-26T17:15:24Z", **more}) + "\n"


def _so_far(text: str, ends: range) -> list[dict[str, Any]]:
    return [chunk({"content": text[:end]}) for end in [*ends, len(text)]]


def _refused(name: str, report: str, status: int, body: object, error: str) -> Shape:
    body = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Shape(name, report, body, "", error=error, status=status, content_type="application/json")


GRAMMAR = (
    Shape(
        "data: null between events",
        "Kilo-Org/kilocode#3083: AgentRouter, between thought and answer",
        stream([chunk({"reasoning_content": THOUGHT})], done=False, finish=None)
        + "data: null\n\n"
        + stream(says()),
    ),
    Shape(
        "a ping as JSON",
        "gateways to Anthropic: event: ping",
        'event: ping\ndata: {"type": "ping"}\n\n'
        + 'data: {"type": "ping"}\n\n'.join(event(item) for item in says())
        + stream([]),
    ),
    Shape(
        "comments of one line feed",
        "theopenco/llmgateway#2334",
        ": ping\n".join(f"id: {number}\n{event(item)}" for number, item in enumerate(says())) + stream([]),
    ),
    Shape(
        "events without data",
        "modelcontextprotocol/python-sdk#1670: empty data lines keep the connection",
        "data:\n\ndata: \n\n".join(event(item) for item in says()) + stream([]),
    ),
    Shape(
        "the end mark without a space, with one behind it",
        "gateways in Go",
        stream(says(), done=False, data="data:") + "data:[DONE] \n\n",
    ),
    Shape(
        "two objects in one data line",
        "vllm-project/aibrix#2653: chunks joined by a proxy",
        "".join(
            f"data: {json.dumps(one)}{json.dumps(two)}\n\n"
            for one, two in zip(says()[::2], [*says()[1::2], chunk(finish="stop")], strict=False)
        )
        + stream([]),
    ),
    Shape(
        "line ends of two kinds",
        "nginx in front of two upstreams",
        "".join(
            event(item, end="\r\n\r\n" if number % 2 else "\n\n")
            for number, item in enumerate([ROLE, *says()])
        )
        + stream([]),
    ),
    Shape(
        "two kilobytes of padding",
        "proxies that wake old browsers",
        ":" + " " * 2048 + "\n\n" + stream([ROLE, *says()]),
    ),
    Shape("gzip", "Cloudflare, IIS", gzip.compress(stream([ROLE, *says()]).encode()), encoding="gzip"),
    Shape(
        "an array of chunks",
        "Gemini-like gateways without alt=sse",
        "[" + ",\n".join(json.dumps(item) for item in [*says(), chunk(finish="stop")]) + "]\n",
        content_type="application/json",
    ),
    Shape(
        "a completion over many lines",
        "gateways that ignore `stream` and print prettily",
        json.dumps(
            {"choices": [{"index": 0, "message": {"content": SHOWN}, "finish_reason": "stop"}]}, indent=2
        ),
        content_type="application/json; charset=utf-8",
    ),
    Shape(
        "Ollama's own lines",
        "a base URL behind a proxy to /api/chat",
        _native(message={"role": "assistant", "content": "", "thinking": THOUGHT}, done=False)
        + "".join(
            _native(message={"role": "assistant", "content": SHOWN[at : at + 9]}, done=False)
            for at in range(0, len(SHOWN), 9)
        )
        + _native(
            message={"role": "assistant", "content": ""},
            done=True,
            done_reason="stop",
            prompt_eval_count=812,
            eval_count=24,
        ),
        content_type="application/x-ndjson",
    ),
    Shape("an event named done", "Dify-like servers", stream(says(), done=False) + "event: done\ndata: \n\n"),
    Shape(
        "raw bytes that are no UTF-8 beside the text",
        "a provider's name in GBK",
        b'data: {"provider": "\xb0\xa2", "choices": [{"index": 0, "delta": {"content": "Run "}}]}\n\n'
        + stream(says(SHOWN.removeprefix("Run "))).encode(),
    ),
    Shape(
        "an emoji cut between its halves",
        "gateways in Java and JavaScript: UTF-16",
        stream([chunk({"content": "Done HIGH"}), chunk({"content": "LOW. "}), *says()])
        .replace("HIGH", r"\ud83c")
        .replace("LOW", r"\udf89"),
        shown=f"Done 🎉. {SHOWN}",
    ),
    Shape(
        "half an emoji and no more",
        "cut by length between the halves",
        stream([*says(), chunk({"content": " HIGH"})], finish="length").replace("HIGH", r"\ud83c"),
        finish="length",
    ),
    Shape("Chinese, escaped or not", "any", stream([*says(CHINESE[:9], 1), *says(CHINESE[9:], 3)]), CHINESE),
)
CONTENTS = (
    Shape(
        "usage without choices",
        "ROCm/ATOM#1711",
        stream(says(), done=False) + event({"object": "chat.completion.chunk", "usage": USAGE}) + DONE,
    ),
    Shape(
        "both keys in every delta",
        "scriptology/open-course-cli#108: reasoning_content '' beside content",
        stream(
            [
                chunk({"content": item["choices"][0]["delta"]["content"], "reasoning_content": ""})
                for item in says()
            ]
        ),
    ),
    Shape(
        "delta null at the end",
        "Azure's last chunk, old Qwen gateways",
        stream([*says(), {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}], finish=None),
    ),
    Shape(
        "the index as text",
        "gateways in PHP",
        stream([{"choices": [{**item["choices"][0], "index": "0"}]} for item in says()]),
    ),
    Shape(
        "the index null",
        "SambaNova-like servers",
        stream([{"choices": [{**item["choices"][0], "index": None}]} for item in says()]),
    ),
    Shape(
        "two choices in every chunk, the second first",
        "n=2 set by a gateway",
        stream(
            [
                {"choices": [{"index": 1, "delta": {"content": "other"}}, item["choices"][0]]}
                for item in says()
            ]
        ),
    ),
    Shape(
        "stop in every chunk",
        "iFlytek Spark's OpenAI route",
        stream([chunk(item["choices"][0]["delta"], "stop") for item in says()]),
    ),
    Shape(
        "the text so far, from its first letters, some of it twice",
        "QwenLM/qwen-code#3896: DashScope coding plan",
        stream([item for item in _so_far(SHOWN, range(1, len(SHOWN), 3)) for _ in range(2)]),
    ),
    Shape(
        "thought and text so far",
        "tashfeenahmed/freellmapi#1007: Gemini with thinking",
        stream(
            [
                *[chunk({"reasoning_content": THOUGHT[:end]}) for end in range(5, len(THOUGHT), 9)],
                *_so_far(SHOWN, range(10, len(SHOWN), 7)),
            ]
        ),
    ),
    Shape(
        "the whole text once more as a delta",
        "Amm1rr/WebAI-to-API#55",
        stream([*says(), chunk({"content": SHOWN}, "stop")], finish=None),
    ),
    Shape(
        "pieces that are alike",
        "none: must stay; a table's dashes are one token",
        stream(
            [
                chunk({"content": part})
                for part in (TABLE[:21], "|", "--------", "|", "--------", "|", TABLE[40:])
            ]
        ),
        TABLE,
    ),
    Shape(
        "eight dashes and eight more",
        "none: must stay",
        stream([chunk({"content": part}) for part in ("Title\n", "--------", "--------", "\n", SHOWN)]),
        f"Title\n----------------\n{SHOWN}",
    ),
    Shape(
        "parts with nulls and values",
        "Assistants-like servers",
        stream([chunk({"content": [None, {"type": "text", "text": {"value": SHOWN, "annotations": []}}]})]),
    ),
    Shape(
        "parts of type output_text",
        "gateways over the Responses API",
        stream(
            [
                chunk({"content": [{"type": "reasoning_content", "text": THOUGHT}]}),
                chunk({"content": [{"type": "output_text", "text": SHOWN}]}),
            ]
        ),
    ),
    Shape(
        "padding against eavesdroppers",
        "OpenAI: obfuscation",
        stream([{**item, "obfuscation": "x" * (number % 5)} for number, item in enumerate(says())]),
    ),
    Shape(
        "logprobs with every piece",
        "vLLM",
        stream(
            [
                {
                    "choices": [
                        {
                            **item["choices"][0],
                            "logprobs": {"content": [{"token": "a", "logprob": -0.1, "top_logprobs": []}]},
                        }
                    ]
                }
                for item in says()
            ]
        ),
    ),
    Shape(
        "timings and a progress of the prompt",
        "llama.cpp: return_progress, timings_per_token",
        stream(
            [
                {**ROLE, "prompt_progress": {"total": 812, "cache": 0, "processed": 512}},
                *({**item, "timings": {"prompt_n": 812, "predicted_n": 3}} for item in says()),
            ]
        ),
    ),
)
THINKING = (
    Shape(
        "a tool call's channel before the final one",
        "odysseus-dev/odysseus#4522: harmony commentary",
        _tagged(
            f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>commentary "
            'to=functions.search <|constrain|>json<|message|>{"q": "harbor"}<|call|><|start|>assistant'
            f"<|channel|>final<|message|>{SHOWN}<|return|>"
        ),
    ),
    Shape(
        "a final channel with a format",
        "openai/harmony: <|constrain|>",
        _tagged(
            f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant"
            f"<|channel|>final <|constrain|>text<|message|>{SHOWN}<|return|>"
        ),
    ),
    Shape(
        "only the final channel",
        "gpt-oss with low effort",
        _tagged(f"<|channel|>final<|message|>{SHOWN}<|return|>"),
    ),
    Shape(
        "Gemma 4's channel",
        "kekzl/imp#768",
        _tagged(f"<|channel>thought\n{THOUGHT}\n<channel|>{SHOWN}"),
    ),
    Shape(
        "Gemma 4's channel, only its end",
        "ollama/ollama#18288",
        _tagged(f"{THOUGHT}\n\n<channel|>{SHOWN}"),
    ),
    Shape("<mm:think>", "MiniMax M2", _tagged(f"<mm:think>{THOUGHT}</mm:think>\n{SHOWN}")),
    Shape(
        "<think> inside <think>",
        "QwenLM/qwen-code#10982",
        _tagged(f"<think>{THOUGHT}<think>{THOUGHT}</think>{THOUGHT}</think>{SHOWN}"),
    ),
    Shape(
        "two opening tags and one that closes",
        "QwenLM/qwen-code#8818",
        _tagged(f"<thinking><thinking>{THOUGHT}</thinking>\n{SHOWN}"),
    ),
    Shape("<think/>", "aaif-goose/goose#8635: a tag that closes itself", _tagged(f"<think/>\n{SHOWN}")),
    Shape("<|thought|>", "quantised merges", _tagged(f"<|thought|>{THOUGHT}<|/thought|>{SHOWN}")),
    Shape(
        "<reasoning>",
        "Granite-like, system prompts",
        _tagged(f"<reasoning>\n{THOUGHT}\n</reasoning>\n{SHOWN}"),
    ),
    Shape(
        "the thought process in words",
        "IBM Granite 3.2: vLLM's granite parser",
        _tagged(f"Here is my thought process:\n\n{THOUGHT}\n\nHere is my response:\n\n{SHOWN}"),
    ),
    Shape(
        "<details> of type reasoning",
        "Open WebUI, proxies to Z.ai",
        _tagged(
            '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n'
            f"> {THOUGHT}\n</details>\n{SHOWN}"
        ),
    ),
    Shape(
        "only the closing tag, with nothing before it",
        "DeepSeek-V3.1, GLM-4.5 with thinking off (QwenLM/qwen-code#6033)",
        _tagged(f"</think>\n\n{SHOWN}"),
    ),
    Shape(
        "attributes in the tag",
        "Claude behind a bridge",
        _tagged(f'<thinking signature="EqQB" duration="4s">{THOUGHT}</thinking>\n\n{SHOWN}'),
    ),
    Shape(
        "thought in a field and in the text",
        "Ollama over a template that thinks twice",
        stream([chunk({"reasoning": THOUGHT, "content": ""}), *says(f"<think>{THOUGHT}</think>{SHOWN}")]),
    ),
    Shape(
        "<think> and <response>",
        "ERNIE 4.5 thinking",
        _tagged(f"<think>\n{THOUGHT}\n</think>\n\n<response>\n{SHOWN}\n</response>"),
    ),
    Shape(
        "reasoning as an object",
        "gateways over the Responses API",
        stream([chunk({"reasoning": {"summary": [{"type": "summary_text", "text": THOUGHT}]}}), *says()]),
    ),
    Shape(
        "thinking_blocks",
        "LiteLLM over Anthropic",
        stream(
            [
                chunk(
                    {
                        "content": "",
                        "reasoning_content": THOUGHT,
                        "thinking_blocks": [{"type": "thinking", "thinking": THOUGHT, "signature": "Eq"}],
                    }
                ),
                *says(),
            ]
        ),
    ),
    Shape(
        "[THINK] in pieces of one character, in Chinese",
        "Magistral",
        _tagged(f"[THINK]用户问怎么安装。[/THINK]{CHINESE}", 1),
        CHINESE,
    ),
    Shape(
        "thought that speaks of the closing tag",
        "Qwen3 asked about itself",
        _tagged(f"<think>{THOUGHT} I must write `</think>` at the end.\n</think>\n{SHOWN}"),
        SHOWN,
    ),
)
FAILURES = (
    Shape(
        "an error beside empty choices",
        "diegosouzapw/OmniRoute#8210: OpenRouter in the middle",
        event(
            {
                "object": "chat.completion.chunk",
                "choices": [],
                "error": {"code": 502, "message": "Worker local total request limit reached (33/32)"},
            }
        ),
        "",
        error=DOWN,
    ),
    Shape(
        "an error as an ordinary chunk's field",
        "apache/rocketmq-dashboard#2178",
        event({"error": {"message": "quota exceeded"}}) + DONE,
        "",
        error=DOWN,
    ),
    Shape(
        "event: error in plain words",
        "gateways in Java",
        event(says()[0]) + "event: error\ndata: upstream connect error or disconnect\n\n",
        "",
        error=DOWN,
    ),
    Shape(
        "an error as the whole body",
        "hylarucoder/ChatGPT-Nuxt#56",
        json.dumps({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}),
        "",
        error=REFUSED,
        content_type="application/json",
    ),
    Shape("words alone", "Envoy", "no healthy upstream", "", error=DOWN, content_type="text/plain"),
    Shape("words as an event", "Express error handlers", "data: Internal Server Error\n\n", "", error=DOWN),
    Shape(
        "FastAPI's detail under 200",
        "servers behind a bridge",
        event({"detail": "Model crashed"}),
        "",
        error=DOWN,
    ),
    Shape("nothing but the end mark", "preloop/preloop#109", DONE, "", error=SILENT),
    Shape("nothing but pings", "a gateway whose backend hung", ": ping\n\n" * 5 + DONE, "", error=SILENT),
    Shape(
        "a load is busy, in Chinese",
        "new-api",
        event({"error": {"message": "当前分组上游负载已饱和，请稍后再试", "type": "new_api_error"}}),
        "",
        error=DOWN,
    ),
    _refused(
        "a model that is being loaded",
        "llama.cpp",
        503,
        {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        DOWN,
    ),
    _refused(
        "sensitive input, as a status",
        "Volcengine Ark",
        400,
        {
            "error": {
                "code": "SensitiveContentDetected",
                "message": "The input text may contain sensitive information.",
            }
        },
        SILENT,
    ),
    _refused("no money left", "DeepSeek: 402", 402, {"error": {"message": "Insufficient Balance"}}, REFUSED),
    _refused(
        "overloaded, by a code of its own",
        "SiliconFlow",
        503,
        {"code": 50505, "message": "Model service overloaded. Please try again later.", "data": None},
        DOWN,
    ),
    _refused(
        "too long, in DashScope's words",
        "DashScope",
        400,
        {
            "error": {
                "code": "invalid_parameter_error",
                "message": "Range of input length should be [1, 30720]",
            }
        },
        LONG,
    ),
)
_CALL = '<tool_call>\n{"name": "search", "arguments": {"query": "install"}}\n</tool_call>'
MARKS = (
    Shape(
        "a call of a tool in the text",
        "Qwen2.5 small: no parser",
        stream(says(_CALL)),
        shown="",
        error=SILENT,
    ),
    Shape("a call behind the answer", "Qwen2.5 small", stream(says(f"{SHOWN}\n{_CALL}"))),
    Shape("its own end mark", "Llama 3 without stop", stream(says(f"{SHOWN}<|eot_id|>assistant\n\nMore", 3))),
    Shape(
        "a turn of the user's", "Mistral, llama.cpp", stream(says(f" {SHOWN} [INST] And how? [/INST] So", 1))
    ),
    Shape(
        "DeepSeek's end mark", "vLLM, skip_special_tokens", stream(says(f"{SHOWN}<｜end▁of▁sentence｜>", 2))
    ),
)
SHAPES = (*GRAMMAR, *CONTENTS, *THINKING, *FAILURES, *MARKS)
