"""More shapes after public reports: of vLLM, LiteLLM, OpenRouter, GLM, SiliconFlow, Volcengine and others."""

from __future__ import annotations

import json
from typing import Any

from tests.streams.failures import DOWN, LONG, REFUSED, SILENT
from tests.streams.shape import DONE, SHOWN, THOUGHT, USAGE, Shape, chunk, event, says, stream

HALF = len(SHOWN) // 2


def _mixed(field: str) -> str:
    """Thought and answer meet in one delta, as where a closing tag falls amid it."""
    both = chunk({field: THOUGHT[20:], "content": SHOWN[:5]})
    return stream([*says(THOUGHT[:20], field=field), both, *says(SHOWN[5:])])


def _cut_short(item: dict[str, Any]) -> str:
    """An event that breaks off amid a name, with the next one right behind it."""
    return "data: " + json.dumps(item)[:50]


SHAPES = (
    Shape("thought and answer in one delta", "vllm-project/vllm#43933", _mixed("reasoning_content")),
    Shape("the same in vLLM's newer field", "vllm-project/vllm#43938", _mixed("reasoning")),
    Shape(
        "an empty event that breaks off before the next",
        "anomalyco/opencode#25858: GLM 5.1",
        stream(says(SHOWN[:12]), done=False, finish=None)
        + _cut_short(chunk({"content": ""}))
        + stream(says(SHOWN[12:])),
    ),
    Shape(
        "what it cost, before the end mark",
        "xberg-io/liter-llm#155: OpenCode Zen",
        stream(
            [
                *says(),
                chunk(finish="stop"),
                {
                    "choices": [],
                    "x-type": "inference-cost",
                    "cost": "0.00001400",
                    "normalizedUsage": {"inputTokens": 8},
                },
            ],
            finish=None,
        ),
    ),
    Shape(
        "usage an empty object",
        "BerriAI/litellm#1371: Mistral",
        stream([one | {"usage": {}} for one in says()]),
    ),
    Shape(
        "neither object nor id, no finish_reason until the end",
        "NVIDIA/TensorRT-Edge-LLM#93",
        "".join(
            event({"choices": [{"index": 0, "delta": {"content": piece}}]})
            for piece in (SHOWN[:9], SHOWN[9:])
        )
        + event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        + DONE,
    ),
    Shape(
        "role alone, then empty content, then text",
        "xorbitsai/inference#1113",
        stream([chunk({"role": "assistant"}), chunk({"content": ""}), *says()]),
    ),
    Shape(
        "references beside the choices, no space after the colon",
        "langgenius/dify#13682: Volcengine's bots",
        stream(
            [
                chunk({"role": "assistant", "content": ""}, references=[{"url": "https://a", "title": "b"}]),
                *says(),
                chunk(
                    finish="stop", bot_usage={"model_usage": [USAGE]}, metadata={"is_from_self_host": False}
                ),
            ],
            finish=None,
            data="data:",
        ),
    ),
    Shape(
        "a closing tag behind thoughts of a field",
        "tenstorrent/tt-inference-server#4386: vLLM with qwen3's parser",
        stream([*says(THOUGHT, field="reasoning_content"), *says(f"</think>\n\n{SHOWN}")]),
    ),
    Shape(
        "thoughts without their opening tag, though none were expected",
        "ggml-org/llama.cpp#23320",
        stream(says(f"{THOUGHT}\n</think>\n\n{SHOWN}")),
    ),
    Shape(
        "end of the turn as the reason",
        "zeitlings/ayai-gpt-nexus#2: OpenRouter",
        stream(says(), finish="end_turn"),
    ),
    Shape("the reason in capitals", "gateways to Gemini and Cohere", stream(says(), finish="COMPLETE")),
    Shape(
        "cut by length, in capitals",
        "gateways to Gemini",
        stream(says(), finish="MAX_TOKENS"),
        finish="length",
    ),
    Shape(
        "the reasons of two, and what serves it",
        "openai/openai-go#227: OpenRouter",
        stream(
            [
                {
                    "choices": [one["choices"][0] | {"native_finish_reason": None, "logprobs": None}],
                    "provider": "A",
                }
                for one in says()
            ]
        ),
    ),
    Shape(
        "thoughts in the field of GitHub's gateway",
        "clients of api.githubcopilot.com: reasoning_text, reasoning_opaque",
        stream([*says(THOUGHT, field="reasoning_text"), chunk({"reasoning_opaque": "gAAA"}), *says()]),
    ),
    Shape(
        "the message so far beside every delta",
        "Perplexity",
        stream(
            [
                {
                    "choices": [
                        one["choices"][0] | {"message": {"role": "assistant", "content": SHOWN[: 6 * place]}}
                    ]
                }
                for place, one in enumerate(says(), 1)
            ]
        ),
    ),
    Shape(
        "an error without choices amid the stream",
        "diegosouzapw/OmniRoute#8210: OpenRouter",
        stream(says(SHOWN[:HALF]), done=False, finish=None)
        + event(
            {
                "id": "gen-1",
                "choices": [],
                "error": {"code": 502, "message": "Worker local total request limit"},
            }
        ),
        shown="",
        error=DOWN,
    ),
    Shape(
        "an error, and the end mark behind it",
        "BerriAI/litellm#39748",
        stream(says(SHOWN[:HALF]), done=False, finish=None)
        + event({"error": {"message": "guardrail failed", "type": "None", "param": "None", "code": "500"}})
        + DONE,
        shown="",
        error=DOWN,
    ),
    Shape(
        "an error as the reason, with counts of nothing",
        "maximhq/bifrost#5425",
        stream(
            [
                *says(SHOWN[:HALF]),
                chunk(finish="error", usage={"prompt_tokens": None, "completion_tokens": None}),
            ],
            finish=None,
        ),
        shown="",
        error=DOWN,
    ),
    Shape(
        "a day's limit as an event",
        "Aider-AI/aider#3550: OpenRouter's free models",
        event(
            {
                "error": {
                    "message": "Rate limit exceeded: free-models-per-day",
                    "code": 429,
                    "metadata": {"headers": {"X-RateLimit-Reset": "1743292800000"}},
                },
                "user_id": "user_x",
            }
        ),
        shown="",
        error=DOWN,
    ),
    Shape(
        "a text as the whole error",
        "Portkey-AI/gateway#636: SiliconFlow",
        json.dumps("Invalid token"),
        shown="",
        error=REFUSED,
        status=401,
        content_type="application/json",
    ),
    Shape(
        "a text as the whole error, of a busy server",
        "SiliconFlow",
        json.dumps("Model service overloaded."),
        shown="",
        error=DOWN,
        status=503,
        content_type="application/json",
    ),
    Shape(
        "a prompt that is too long, with the type beside",
        "huggingface/huggingface_hub#2558: text-generation-inference",
        event(
            {
                "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. "
                "Given: 9 `inputs` tokens and 4091 `max_new_tokens`",
                "error_type": "validation",
            }
        ),
        shown="",
        error=LONG,
    ),
    Shape(
        "a filter that names no filter",
        "Volcengine: InputTextSensitiveContentDetected",
        event(
            {
                "error": {
                    "code": "InputTextSensitiveContentDetected",
                    "message": "The request failed because the input text may contain sensitive information.",
                    "param": "",
                    "type": "BadRequest",
                }
            }
        ),
        shown="",
        error=SILENT,
        status=400,
        content_type="application/json",
    ),
    Shape(
        "a model that is being loaded, and how long that takes",
        "Hugging Face's endpoints",
        json.dumps({"error": "Model x is currently loading", "estimated_time": 20.0}),
        shown="",
        error=DOWN,
        status=503,
        content_type="application/json",
    ),
    Shape(
        "the account has no money left",
        "DeepSeek: 402",
        json.dumps(
            {
                "error": {
                    "message": "Insufficient Balance",
                    "type": "unknown_error",
                    "code": "invalid_request_error",
                }
            }
        ),
        shown="",
        error=REFUSED,
        status=402,
        content_type="application/json",
    ),
    Shape(
        "a stream of Anthropic's own protocol",
        "a base URL of another protocol: nothing can be read, and nothing breaks",
        "event: content_block_delta\n"
        + event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": SHOWN}})
        + "event: message_stop\n"
        + event({"type": "message_stop"}),
        shown="",
        error=DOWN,
    ),
    Shape(
        "events of the Responses protocol",
        "the same",
        event({"type": "response.output_text.delta", "delta": SHOWN})
        + event({"type": "response.completed", "response": {"status": "completed"}}),
        shown="",
        error=DOWN,
    ),
)
