"""Streams without an answer: errors in all forms under HTTP 200, tool calls, filters, refusals."""

from __future__ import annotations

import json

from tests.streams.shape import DONE, SHOWN, Shape, chunk, event, says, stream

DOWN, REFUSED, SILENT, LONG = "EngineUnavailable", "EngineRefused", "EngineSilent", "PromptTooLong"


def _error(name: str, report: str, body: object, error: str, prefix: str = "") -> Shape:
    return Shape(name, report, prefix + event(body), shown="", error=error)


SHAPES = (
    _error(
        "error object",
        "vLLM, OpenAI",
        {"error": {"message": "CUDA out of memory", "type": "server_error", "code": 500}},
        DOWN,
    ),
    _error(
        "object error, code beside",
        "LMDeploy, FastChat",
        {"object": "error", "message": "rate limited", "code": 429},
        DOWN,
    ),
    _error("error as text", "Ollama", {"error": "llama runner process has terminated"}, DOWN),
    _error(
        "event: error",
        "DashScope",
        {"code": "InvalidParameter", "message": "url error"},
        REFUSED,
        "event:error\n:HTTP_STATUS/400\n",
    ),
    _error(
        "type error",
        "Anthropic behind a gateway",
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        DOWN,
    ),
    _error(
        "error_code and text",
        "LMDeploy's proxy",
        {"error_code": 10402, "text": "Failed to get response after a period of time"},
        DOWN,
    ),
    _error(
        "error_code and error_msg",
        "Qianfan",
        {"error_code": 336501, "error_msg": "Rate limit reached for RPM"},
        DOWN,
    ),
    _error(
        "base_resp",
        "MiniMax",
        {"base_resp": {"status_code": 1004, "status_msg": "login fail: invalid api key"}},
        REFUSED,
    ),
    _error("code as text", "one-api", {"code": "model_overloaded", "message": "busy", "data": None}, DOWN),
    _error("success false", "a company gateway", {"success": False, "message": "quota exhausted"}, DOWN),
    _error(
        "a list with an error",
        "Google",
        [{"error": {"code": 503, "status": "UNAVAILABLE", "message": "The model is overloaded."}}],
        DOWN,
    ),
    _error(
        "error inside the choice",
        "OpenRouter",
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": ""},
                    "finish_reason": "error",
                    "error": {"code": 502, "message": "Provider returned error"},
                }
            ]
        },
        DOWN,
    ),
    _error(
        "too long",
        "llama.cpp",
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size",
                "type": "exceed_context_size_error",
            }
        },
        LONG,
    ),
    _error(
        "filtered input",
        "DashScope",
        {
            "error": {
                "code": "data_inspection_failed",
                "message": "Input data may contain inappropriate content.",
            }
        },
        SILENT,
    ),
    Shape(
        "an error after the first words",
        "vLLM",
        event(says()[0]) + event({"error": {"message": "EngineDeadError", "code": 500}}) + DONE,
        shown="",
        error=DOWN,
    ),
    Shape(
        "finish_reason error",
        "OpenRouter, SGLang abort",
        stream(says()[:2], finish="abort"),
        shown="",
        error=DOWN,
    ),
    Shape(
        "finish_reason insufficient_system_resource",
        "DeepSeek",
        stream([], finish="insufficient_system_resource"),
        shown="",
        error=DOWN,
    ),
    Shape(
        "a tool call",
        "Qwen with a tool template",
        stream(
            [
                chunk(
                    {
                        "tool_calls": [
                            {"index": 0, "id": "c", "function": {"name": "search", "arguments": "{}"}}
                        ]
                    }
                )
            ],
            finish="tool_calls",
        ),
        shown="",
        error=SILENT,
    ),
    Shape(
        "a filtered answer",
        "Azure",
        stream([chunk({"role": "assistant"})], finish="content_filter"),
        shown="",
        error=SILENT,
    ),
    Shape(
        "a refusal in its own field",
        "OpenAI",
        stream([chunk({"refusal": "I'm sorry, I can't help with that."})]),
        shown="",
        error=SILENT,
    ),
    Shape(
        "no text at all",
        "an empty completion",
        stream([chunk({"role": "assistant", "content": ""})]),
        shown="",
        error=SILENT,
    ),
    Shape("only white space", "a base model", stream([chunk({"content": "\n \n"})]), shown="", error=SILENT),
    Shape(
        "busy",
        "any",
        json.dumps({"error": {"message": "Rate limit reached"}}),
        shown="",
        error=DOWN,
        status=429,
        content_type="application/json",
    ),
    Shape(
        "an HTML page with a status",
        "nginx",
        "<html>504 Gateway Time-out</html>",
        shown="",
        error=DOWN,
        status=504,
        content_type="text/html",
    ),
    Shape(
        "the key is refused",
        "any",
        json.dumps({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}),
        shown="",
        error=REFUSED,
        status=401,
        content_type="application/json",
    ),
    Shape(
        "too long, as a status",
        "vLLM",
        json.dumps(
            {
                "object": "error",
                "message": "The maximum context length is 4096 tokens. Your request has 5211 input tokens.",
                "code": 400,
            }
        ),
        shown="",
        error=LONG,
        status=400,
        content_type="application/json",
    ),
    Shape("201", "a gateway", stream(says()), shown=SHOWN, status=201),
)
