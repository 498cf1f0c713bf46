"""One chunk of a chat completion, streamed or whole: its text, its reasoning, why it ended, what it cost.

`content` may be text, null, a list of parts or a number; reasoning comes in fields of half a dozen names or
as parts of type thinking; usage may stand in the last chunk, in every one, in the choice, or nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from worker.llm import Usage

REASONING_FIELDS = (
    *("reasoning_content", "reasoning", "thinking", "thought", "reasoning_text", "reasoning_details"),
)
_THINKING = re.compile(r"think|thought|reason", re.IGNORECASE)
"""In the type of a part: thinking, redacted_thinking, reasoning.text, reasoning_content, thought."""
INNER = ("text", "thinking", "reasoning", "content", "summary", "value", "thought", "parts")
STOP, LENGTH, FILTER, TOOLS, ERROR = "stop", "length", "filter", "tools", "error"
FINISH = {
    "length": LENGTH,
    "max_tokens": LENGTH,
    "max_length": LENGTH,
    "model_length": LENGTH,
    "content_filter": FILTER,
    "content-filter": FILTER,
    "sensitive": FILTER,
    "safety": FILTER,
    "recitation": FILTER,
    "prohibited_content": FILTER,
    "refusal": FILTER,
    "tool_calls": TOOLS,
    "tool_call": TOOLS,
    "tool_use": TOOLS,
    "function_call": TOOLS,
    "error": ERROR,
    "abort": ERROR,
    "network_error": ERROR,
    "insufficient_system_resource": ERROR,
    "null": "",
    "none": "",
}
"""How servers say why a reply ended; any other word means that it came to its end."""
WRAPPERS = ("data", "result", "output", "response", "body")
"""Where gateways put the completion that they hand on."""
LONGEST_NUMBER = 16
"""Digits of what is taken for a number; `²` is a digit to Python and no number."""
FIRST = (0, None, "", "0")
"""How the first of several choices is numbered."""
_NOT_PLAIN = frozenset(("error", "errors", "type", "success", "base_resp", "x_groq", "message"))
"""Beside the choices or in one: what makes a chunk more than a piece of text."""
_OF_TEXT = frozenset(("role", "content"))


class Chunk(NamedTuple):
    """What one chunk adds. `usage` is None where it tells none; later tellings replace earlier ones."""

    text: str = ""
    reasoning: str = ""
    finish: str = ""
    usage: Usage | None = None
    refusal: str = ""
    tool_call: bool = False
    whole: bool = False
    """Whether it holds the finished message rather than a piece."""


class PlainChunk(Chunk):
    """One that adds text and nothing else, as most do: told by its type."""

    __slots__ = ()


def plain_chunk(body: Mapping[str, Any]) -> PlainChunk | None:
    """The chunk of `body` where it is nothing but a piece of text, as most are; None where it is to be read.

    What it lets through is no error either, as `problems.problem_in` has them.
    """
    try:
        choices = body["choices"]
        if len(choices) != 1:
            return None
        choice = choices[0]
        delta = choice["delta"]
        text = delta["content"]
        more = choice.get("finish_reason") or choice.get("index") or body.get("usage")
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    if more or type(text) is not str or not (_NOT_PLAIN.isdisjoint(body) and _NOT_PLAIN.isdisjoint(choice)):
        return None
    if len(delta) > 1:
        for name, value in delta.items():
            if value and name not in _OF_TEXT:
                return None
    return PlainChunk(text) if body.get("object") != "error" else None


def unwrapped(body: dict[str, Any]) -> dict[str, Any]:
    """The completion within `body`, where a gateway puts one under a key of its own; else `body`.

    Company gateways answer `{"code": 0, "msg": "ok", "data": {...}}`, DashScope's own route has `output`.
    """
    if "choices" in body or body.get("error"):
        return body
    for name in WRAPPERS:
        inner = body.get(name)
        if isinstance(inner, dict) and inner.get("choices"):
            return {"usage": body.get("usage"), **inner}
    return body


def read_chunk(body: Mapping[str, Any]) -> Chunk:
    """Reads a chunk, or a whole completion."""
    choice = first_choice(body)
    usage = body.get("usage")
    if not (usage and isinstance(usage, dict)):
        usage = _usage_part(body, choice)
    if not choice:
        return Chunk(usage=read_usage(usage) if usage else None)
    said, whole = choice.get("delta"), False
    if said and isinstance(said, str | list):
        said = {"content": said}
    if not isinstance(said, dict) or not said:
        said, whole = choice.get("message"), True
    if not isinstance(said, dict):
        said, whole = {"content": choice.get("text")}, False
    content = said.get("content")
    text, thought = (content, "") if isinstance(content, str) else _parts(content)
    reason = choice.get("finish_reason")
    finish = FINISH.get(reason.lower(), STOP) if reason and isinstance(reason, str) else ""
    counts = read_usage(usage) if usage else None
    if said.keys() <= _OF_TEXT:
        return Chunk(text, thought, finish, counts, whole=whole)
    if "extra_content" in said and _google_thought(said["extra_content"]):
        text, thought = "", text
    for name in REASONING_FIELDS:
        if said.get(name):
            thought += _flat(said[name])
            break
    called = bool(said.get("tool_calls") or said.get("function_call"))
    return Chunk(text, thought, finish, counts, _flat(said.get("refusal")), called, whole)


def first_choice(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The choice with index 0; {} when there is none."""
    choices = body.get("choices")
    if choices is None:
        return native_choice(body)
    if isinstance(choices, dict):
        choices = [choices]
    if not isinstance(choices, list):
        return {}
    for choice in choices:
        if isinstance(choice, dict) and choice.get("index") in FIRST:
            return choice
    return {}


def native_choice(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A line of Ollama's own protocol as a choice, of Qianfan's or of Cloudflare's; {} for anything else."""
    if "done" in body:
        said = body.get("message")
        delta = said if isinstance(said, dict) else {"content": body.get("response")}
        return {"delta": delta, "finish_reason": (body.get("done_reason") or STOP) if body["done"] else None}
    told = body.get("result") or body.get("response")
    if not isinstance(told, str):
        return {}
    return {"delta": {"content": told}, "finish_reason": STOP if body.get("is_end") else None}


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Token counts of one call; what a server leaves out counts as 0."""
    prompt = _dict(usage.get("prompt_tokens_details"))
    completion = _dict(usage.get("completion_tokens_details")) or _dict(usage.get("output_tokens_details"))
    return Usage(
        1,
        _count(usage.get("prompt_tokens")) or _first_count(usage, "input_tokens", "prompt_eval_count"),
        _count(usage.get("completion_tokens")) or _first_count(usage, "output_tokens", "eval_count"),
        _count(prompt.get("cached_tokens")) or _count(usage.get("prompt_cache_hit_tokens")),
        _count(completion.get("reasoning_tokens")) or _count(usage.get("reasoning_tokens")),
    )


def _usage_part(body: Mapping[str, Any], choice: Mapping[str, Any]) -> dict[str, Any]:
    return (
        _dict(choice.get("usage"))
        or _dict(_dict(body.get("x_groq")).get("usage"))
        or (dict(body) if body.get("eval_count") else {})
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first_count(usage: Mapping[str, Any], *names: str) -> int:
    return next((count for name in names if (count := _count(usage.get(name)))), 0)


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) < LONGEST_NUMBER:
        value = int(value)
    return int(value) if isinstance(value, int | float) and 0 <= value < 1 << 40 else 0


def _parts(content: Any) -> tuple[str, str]:
    """Text and reasoning of a content that is not plain text."""
    if content is None or isinstance(content, bool):
        return "", ""
    if isinstance(content, int | float):
        return str(content), ""
    text: list[str] = []
    thought: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        thinks = isinstance(part, dict) and (
            bool(_THINKING.search(str(part.get("type")))) or part.get("thought") is True
        )
        (thought if thinks else text).append(_flat(part))
    return "".join(text), "".join(thought)


def _flat(value: Any, depth: int = 0) -> str:
    """All text in a part, however it is wrapped."""
    if isinstance(value, str):
        return value
    if depth > 4:
        return ""
    if isinstance(value, list):
        return "".join(_flat(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return next((_flat(value[key], depth + 1) for key in INNER if value.get(key)), "")
    return ""


def _google_thought(extra: Any) -> bool:
    return _dict(_dict(extra).get("google")).get("thought") is True
