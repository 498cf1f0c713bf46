"""Shapes after public reports of 2025 and 2026 that the others do not hold."""

from __future__ import annotations

from typing import Any

from tests.streams.failures import DOWN, LONG, SILENT
from tests.streams.shape import DONE, SHOWN, THOUGHT, USAGE, Shape, chunk, event, says, stream

NO_ERROR = {"message": "", "type": "", "param": "", "code": None}
HALF = len(SHOWN) // 2


def _with_choice(items: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """The chunks with more in the choice of each."""
    return [{**item, "choices": [{**item["choices"][0], **more}]} for item in items]


def _thinks(**more: Any) -> list[dict[str, Any]]:
    return _with_choice(says(THOUGHT, field="reasoning_content"), **more)


def _long(name: str, report: str, words: str, **more: Any) -> Shape:
    error = {"message": words, **more}
    return Shape(name, report, f"event: error\n{event({'error': error})}", shown="", error=LONG)


SHAPES = (
    Shape(
        "an end with every piece of reasoning",
        "open-webui/open-webui#16377",
        stream([*_thinks(finish_reason="stop"), *says()]),
    ),
    Shape(
        "the last word in the chunk that ends it",
        "vllm-project/vllm#35705",
        stream([*says(SHOWN[:HALF]), chunk({"content": SHOWN[HALF:]}, "length")], finish=None),
        finish="length",
    ),
    Shape(
        "an empty finish_reason in every chunk",
        "ollama/ollama#4357",
        stream(_with_choice(says(), finish_reason="")),
    ),
    Shape(
        "usage in the choice, then once more alone",
        "maximhq/bifrost#191",
        stream(
            [*says(), *_with_choice([chunk(finish="stop")], usage=USAGE), {"choices": [], "usage": USAGE}],
            finish=None,
        ),
    ),
    Shape(
        "an empty error beside every piece",
        "gateways in Go whose answer has a field for it",
        stream([item | {"error": NO_ERROR} for item in says()]),
    ),
    Shape(
        "reasoning that is encrypted",
        "Effect-TS/effect#7763: OpenRouter",
        stream(
            [
                chunk(
                    {"content": "", "reasoning_details": [{"type": "reasoning.encrypted", "data": "gAAA"}]}
                ),
                *says(),
            ]
        ),
    ),
    Shape(
        "the rest of a closing tag before the answer",
        "vllm-project/vllm#14170: a parser that cuts the tag in two",
        stream([*_thinks(), *says(f"/think>\n\n{SHOWN}")]),
    ),
    Shape(
        "thoughts, and the stream closes",
        "ollama/ollama#17118",
        stream(_thinks(), done=False, finish=None),
        shown="",
        error=SILENT,
    ),
    Shape(
        "the answer in the field for reasoning",
        "vllm-project/vllm#40816: nobody can tell it from thoughts",
        stream(says(field="reasoning")),
        shown="",
        error=SILENT,
    ),
    Shape(
        "usage and not a word",
        "lmstudio-ai/lmstudio-bug-tracker#2339: a prompt beyond the context",
        stream([chunk({"role": "assistant"}), {"choices": [], "usage": USAGE}]),
        shown="",
        error=SILENT,
    ),
    _long(
        "more to keep than there is room for",
        "continuedev/continue#11279: LM Studio",
        "Cannot truncate prompt with n_keep (4270) >= n_ctx (4096)",
    ),
    _long(
        "the first tokens do not fit",
        "cline/cline#3664: LM Studio",
        "Trying to keep the first 10136 tokens when context the overflows. However, the model is loaded with "
        "context length of only 7866 tokens, which is not enough.",
    ),
    _long(
        "the context is used up",
        "lmstudio-ai/lmstudio-bug-tracker#2339: MLX",
        "Context size has been exceeded.",
    ),
    _long(
        "a request that exceeds the context",
        "unslothai/unsloth#9390: llama.cpp",
        "request (2358 tokens) exceeds the available context size (2048 tokens), try increasing it",
        type="exceed_context_size_error",
        n_prompt_tokens=2358,
        n_ctx=2048,
    ),
    Shape(
        "no channel for the model",
        "QuantumNous/new-api: every upstream of it is off",
        event({"error": {"message": "当前分组 default 下对于模型 m 无可用渠道", "type": "new_api_error"}})
        + DONE,
        shown="",
        error=DOWN,
    ),
)
