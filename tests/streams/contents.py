"""Where the text, the ends and the counts stand in a chunk."""

from __future__ import annotations

from tests.streams.shape import DONE, SHOWN, USAGE, Shape, chunk, event, says, stream

HALF = len(SHOWN) // 2
FILTERS = {"hate": {"filtered": False, "severity": "safe"}}
SHAPES = (
    Shape(
        "content null first",
        "Azure, DeepSeek",
        stream([chunk({"role": "assistant", "content": None}), *says()]),
    ),
    Shape(
        "empty choices first",
        "Azure: prompt_filter_results",
        event(
            {"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERS}]}
        )
        + stream(says()),
    ),
    Shape(
        "a filter chunk without delta",
        "Azure asynchronous filter",
        stream(
            [
                *says(),
                {
                    "choices": [
                        {
                            "index": 0,
                            "finish_reason": None,
                            "content_filter_results": FILTERS,
                            "content_filter_offsets": {"check_offset": 1},
                        }
                    ]
                },
            ]
        ),
    ),
    Shape(
        "content in parts",
        "Mistral",
        stream(
            [
                chunk(
                    {
                        "content": [
                            {"type": "text", "text": SHOWN[:HALF]},
                            {"type": "text", "text": SHOWN[HALF:]},
                        ]
                    }
                )
            ]
        ),
    ),
    Shape(
        "content as one part",
        "a gateway to Gemini",
        stream([chunk({"content": {"type": "text", "text": SHOWN}})]),
    ),
    Shape(
        "content in parts of plain text",
        "LiteLLM over a custom provider",
        stream([chunk({"content": [SHOWN[:HALF], SHOWN[HALF:]]})]),
    ),
    Shape(
        "message instead of delta",
        "Baichuan, old one-api",
        stream([{"choices": [{"index": 0, "message": {"content": SHOWN}}]}]),
    ),
    Shape(
        "the whole message once more at the end",
        "Moonshot-like gateways",
        stream([*says(), {"choices": [{"index": 0, "delta": {}, "message": {"content": SHOWN}}]}]),
    ),
    Shape(
        "text instead of delta",
        "completions behind a chat route",
        stream([{"choices": [{"index": 0, "text": SHOWN}]}]),
    ),
    Shape(
        "the text so far every time",
        "DashScope without incremental_output",
        stream(
            [chunk({"content": SHOWN[:end]}) for end in range(12, len(SHOWN) + 1, 5)]
            + [chunk({"content": SHOWN})]
        ),
    ),
    Shape(
        "a second choice",
        "n=2 set by a gateway",
        stream(
            [
                item
                for piece in says()
                for item in (piece, {"choices": [{"index": 1, "delta": {"content": "other"}}]})
            ]
        ),
    ),
    Shape(
        "usage in every chunk",
        "vLLM continuous_usage_stats",
        stream([{**item, "usage": USAGE} for item in says()]),
    ),
    Shape(
        "usage null in every chunk",
        "OpenAI with include_usage",
        stream([{**item, "usage": None} for item in says()]),
    ),
    Shape(
        "usage in the choice",
        "Moonshot",
        stream(
            [*says(), {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": USAGE}]}],
            finish=None,
        ),
    ),
    Shape(
        "usage in x_groq",
        "Groq",
        stream([*says(), {**chunk(finish="stop"), "x_groq": {"usage": USAGE}}], finish=None),
    ),
    Shape(
        "finish_reason empty until the end",
        "SiliconFlow, iFlytek",
        stream([chunk(item["choices"][0]["delta"], "") for item in says()]),
    ),
    Shape(
        "finish_reason 'null'",
        "DashScope",
        stream([chunk(item["choices"][0]["delta"], "null") for item in says()]),
    ),
    Shape("finish_reason eos_token", "TGI", stream(says(), finish="eos_token")),
    Shape(
        "finish_reason with the last text",
        "llama.cpp python",
        stream([*says()[:-1], chunk(says()[-1]["choices"][0]["delta"], "stop")], finish=None),
    ),
    Shape("cut by length with text", "any", stream(says(), finish="length"), finish="length"),
    Shape(
        "max_tokens as the reason",
        "a gateway to Anthropic",
        stream(says(), finish="max_tokens"),
        finish="length",
    ),
    Shape(
        "filtered in the middle",
        "Azure, Zhipu `sensitive`",
        stream(says(), finish="sensitive"),
        finish="filter",
    ),
    Shape(
        "end mark run over",
        "models without generation_config.json",
        stream(says(SHOWN + "<|im_end|>\n<|im_start|>user\nmore"), finish="length"),
    ),
    Shape(
        "nothing but usage after the text",
        "vLLM",
        stream(says(), done=False) + event({"choices": [], "usage": USAGE}) + DONE,
    ),
    Shape("choices null", "a gateway's keep-alive", stream([{"choices": None}, *says()])),
    Shape("error null", "Together, Perplexity", stream([{**item, "error": None} for item in says()])),
    Shape(
        "a code of success in every chunk",
        "MiniMax, Zhipu",
        stream([{**item, "base_resp": {"status_code": 0, "status_msg": ""}, "code": 200} for item in says()]),
    ),
    Shape(
        "role in every chunk",
        "vLLM old, LMDeploy",
        stream(
            [
                chunk(
                    {
                        "role": "assistant",
                        "tool_calls": None,
                        "reasoning_content": None,
                        **item["choices"][0]["delta"],
                    }
                )
                for item in says()
            ]
        ),
    ),
)
