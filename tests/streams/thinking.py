"""Reasoning in every form in which servers send it; none of it may be shown."""

from __future__ import annotations

from tests.streams.shape import SHOWN, THOUGHT, Shape, chunk, says, stream


def _tagged(text: str, size: int = 7) -> str:
    return stream(says(text, size))


HARMONY = (
    f"<|channel|>analysis<|message|>{THOUGHT}<|end|>"
    f"<|start|>assistant<|channel|>final<|message|>{SHOWN}<|return|>"
)
SHAPES = (
    Shape(
        "reasoning_content",
        "DeepSeek, vLLM, SGLang, DashScope",
        stream([*says(THOUGHT, field="reasoning_content"), *says()]),
    ),
    Shape(
        "reasoning_content with content null",
        "vLLM",
        stream([chunk({"content": None, "reasoning_content": THOUGHT}), *says()]),
    ),
    Shape(
        "reasoning",
        "OpenRouter, Groq, vLLM 0.11, Ollama",
        stream([*says(THOUGHT, field="reasoning"), *says()]),
    ),
    Shape(
        "reasoning and reasoning_details",
        "OpenRouter",
        stream(
            [
                chunk(
                    {
                        "content": "",
                        "reasoning": THOUGHT,
                        "reasoning_details": [{"type": "reasoning.text", "text": THOUGHT}],
                    }
                ),
                *says(),
            ]
        ),
    ),
    Shape("thinking", "Ollama's own name", stream([*says(THOUGHT, field="thinking"), *says()])),
    Shape(
        "parts of type thinking",
        "Mistral Magistral",
        stream(
            [
                chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]}),
                chunk({"content": [{"type": "text", "text": SHOWN}]}),
            ]
        ),
    ),
    Shape(
        "thought parts",
        "Gemini: extra_content.google.thought",
        stream([chunk({"content": THOUGHT, "extra_content": {"google": {"thought": True}}}), *says()]),
    ),
    Shape(
        "<think> in the text",
        "Qwen3, DeepSeek-R1 without a parser",
        _tagged(f"<think>\n{THOUGHT}\n</think>\n\n{SHOWN}"),
    ),
    Shape(
        "<think> over pieces of one character", "llama.cpp", _tagged(f"<think>{THOUGHT}</think>{SHOWN}", 1)
    ),
    Shape("an empty <think>", "Qwen3 with thinking off", _tagged(f"<think>\n\n</think>\n\n{SHOWN}")),
    Shape(
        "only the closing tag",
        "Qwen3-Thinking-2507, R1: the template opens it",
        _tagged(f"{THOUGHT}\n</think>\n\n{SHOWN}"),
    ),
    Shape("the closing tag in the line", "R1-Distill", _tagged(f"{THOUGHT}</think>{SHOWN}")),
    Shape("<thinking>", "prompts after Claude", _tagged(f"<thinking>\n{THOUGHT}\n</thinking>\n{SHOWN}")),
    Shape("<thought>", "Gemini's OpenAI route", _tagged(f"<thought>{THOUGHT}</thought>{SHOWN}")),
    Shape("<seed:think>", "Seed-OSS", _tagged(f"<seed:think>{THOUGHT}</seed:think>{SHOWN}")),
    Shape("[THINK]", "Magistral without a parser", _tagged(f"[THINK]{THOUGHT}[/THINK]{SHOWN}")),
    Shape("◁think▷", "Kimi-VL", _tagged(f"◁think▷{THOUGHT}◁/think▷{SHOWN}")),
    Shape(
        "begin_of_thought",
        "Sky-T1",
        _tagged(
            f"<|begin_of_thought|>{THOUGHT}<|end_of_thought|>\n<|begin_of_solution|>{SHOWN}<|end_of_solution|>"
        ),
    ),
    Shape(
        "START_THINKING",
        "Command A",
        _tagged(f"<|START_THINKING|>{THOUGHT}<|END_THINKING|><|START_RESPONSE|>{SHOWN}<|END_RESPONSE|>"),
    ),
    Shape(
        "<think> and <answer>",
        "Hunyuan, R1-Zero",
        _tagged(f"<think>{THOUGHT}</think>\n<answer>\n{SHOWN}\n</answer>"),
    ),
    Shape("harmony", "gpt-oss without a parser", _tagged(HARMONY)),
    Shape(
        "harmony without its special tokens",
        "gpt-oss, skip_special_tokens",
        _tagged(f"analysis{THOUGHT}assistantfinal{SHOWN}"),
    ),
    Shape(
        "thought twice",
        "interleaved thinking",
        _tagged(f"<think>{THOUGHT}</think>\nFirst.\n<think>{THOUGHT}</think>\n{SHOWN}"),
        shown=f"First.\n{SHOWN}",
    ),
    Shape(
        "upper case and spaces in the tag", "a quantised R1", _tagged(f"< Think >{THOUGHT}< / Think >{SHOWN}")
    ),
    Shape(
        "an answer about the tags",
        "none: must stay",
        _tagged("Qwen3 writes `<think>` before and `</think>` after its thoughts [1]."),
        shown="Qwen3 writes `<think>` before and `</think>` after its thoughts [1].",
    ),
    Shape(
        "the tags in a code block",
        "none: must stay",
        _tagged("Its raw reply [1]:\n\n```\n<think>\nhm\n</think>\nhello\n```"),
        shown="Its raw reply [1]:\n\n```\n<think>\nhm\n</think>\nhello\n```",
    ),
    Shape(
        "an open angle at the end",
        "none: must stay",
        _tagged("It is smaller: 3 <"),
        shown="It is smaller: 3 <",
    ),
    Shape(
        "thought, and no answer",
        "cut by length",
        stream(says(THOUGHT, field="reasoning_content"), finish="length"),
        shown="",
        error="EngineSilent",
    ),
    Shape(
        "<think> never closed",
        "cut by length",
        stream(says(f"<think>{THOUGHT}"), finish="length"),
        shown="",
        error="EngineSilent",
    ),
    Shape(
        "<think> never closed, ended by the model",
        "Qwen3 small",
        stream(says(f"<think>{THOUGHT}")),
        shown="",
        error="EngineSilent",
    ),
)
