"""Tells a call of a tool that is written as JSON alone from JSON that somebody asked for.

No tool is ever offered, so a reply that is nothing but a call is a weak model's slip, and no answer; but a
reply that is nothing but JSON may be the configuration, or the body of a request, that was asked for. What
was meant as an answer and is hidden leaves a member with nothing, so only that is a call which hardly any
document holds:

1. It is nothing but objects, or lists of them, and not in a block of code: that is an answer's.
2. Each is one of the forms in which models are taught to call, with **no other key**: a name (`name`, `tool`,
   `tool_name`, `function`, `function_name`) with `arguments`, `parameters`, `args` or `tool_input`; `action`
   with `action_input`. Beside them only `id`, `call_id`, `index`; with an `id` also `input` (Anthropic's).
3. The name is that of a tool for finding something (`search`, `retrieve_docs`): it is what a model that was
   given passages makes up. Any name will do in what only calls are wrapped in: a `type` that says so, a
   `function` or `function_call` with such an object, a list of `tool_calls`, `functools[...]`.
4. What is given is an object (or text that holds one), not a schema: what has `properties` defines a tool.
   `action_input` may be any text.
5. The question does not ask for JSON, a request, an example, a configuration or a call of a tool: there the
   same object is the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from worker.engines.replies.mark_forms import BETWEEN, RUN_OF_TURNS, WIDE

_parse = json.JSONDecoder().raw_decode
_NAME = re.compile(r"[A-Za-z_][\w.:/-]{0,63}", re.ASCII)
_NAMES = ("name", "tool", "tool_name", "function", "function_name")
_GIVEN = ("arguments", "parameters", "args", "tool_input")
_BESIDE = frozenset({"id", "call_id", "index"})
_CALL_TYPES = frozenset({"function", "function_call", "tool_call", "tool_use"})
_ASKS = re.compile(
    r"json|payload|schema|\bconfigs?\b|configuration|manifest|\brequests?\b|\bresponses?\b|\bbody\b|hooks?\b|"
    r"\bexamples?\b|\bsend(?:s|ing)?\b|示例|例子|请求|响应|报文|"
    r"(?:tool|function)[ _-]?call|配置|返回体|载荷|清单|格式|"
    r"(?:工具|函数)(?:的)?调用|调用(?:工具|"
    r"函数)",
    re.IGNORECASE,
)
"""Questions to which JSON is the answer."""
_FINDS = re.compile(
    r"search|retriev|look_?up|find|fetch|quer|brows|wiki|google|knowledge|docs?\b|document", re.IGNORECASE
)
"""In names of tools that models make up where they were given passages to answer from."""


def is_call(text: str, question: str = "") -> bool:
    """Whether a reply is nothing but calls of tools as JSON, by the rule above; `question`: "" unknown."""
    if _ASKS.search(question):
        return False
    text = text.strip()
    wide, at = text.translate(WIDE), BETWEEN.match(text).end()  # type: ignore[union-attr]  # it takes nothing too
    wrapped, found = text.startswith("functools", at), False
    at += len("functools") * wrapped
    while at < len(text) and not RUN_OF_TURNS.fullmatch(wide, at):
        try:
            call, end = _parse(text, at)
        except (ValueError, RecursionError):
            return False
        calls = call if isinstance(call, list) else [call]
        if not all(_is_one(one, wrapped=wrapped) for one in calls):
            return False
        found = found or bool(calls)
        at = BETWEEN.match(text, end).end()  # type: ignore[union-attr]
    return found


def _is_one(call: object, *, wrapped: bool) -> bool:
    if not isinstance(call, dict):
        return False
    typed = isinstance(call.get("type"), str) and call["type"] in _CALL_TYPES
    own = {key: value for key, value in call.items() if key not in _BESIDE and not (typed and key == "type")}
    if len(own) == 1:
        [(key, value)] = own.items()
        if key in ("function", "function_call", "tool_call"):
            return _is_one(value, wrapped=True)
        listed = value if key == "tool_calls" and isinstance(value, list) else []
        return bool(listed) and all(_is_one(one, wrapped=True) for one in listed)
    told = typed or isinstance(call.get("id"), str)
    return len(own) == 2 and _is_pair(own, with_input=told, any_name=wrapped or typed)


def _is_pair(own: Mapping[str, Any], *, with_input: bool, any_name: bool) -> bool:
    """Whether two keys are a name and what it is given."""
    if own.keys() == {"action", "action_input"}:
        return _is_name(own["action"], any_name) and isinstance(own["action_input"], dict | str)
    given = (*_GIVEN, "input") if with_input else _GIVEN
    names = [key for key in _NAMES if key in own]
    gives = [key for key in given if key in own]
    return len(names) == len(gives) == 1 and _is_name(own[names[0]], any_name) and _is_given(own[gives[0]])


def _is_name(value: object, any_name: bool) -> bool:
    return (
        isinstance(value, str) and bool(_NAME.fullmatch(value)) and (any_name or bool(_FINDS.search(value)))
    )


def _is_given(value: object) -> bool:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return False
    return isinstance(value, dict) and "properties" not in value and "$schema" not in value
