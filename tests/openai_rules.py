"""What LMDeploy's api_server 0.18 accepts and how it words refusals, for `tests.openai_server`.

Read from lmdeploy/serve/openai: protocol.py (fields and their types; unknown fields are ignored),
chat_completions/validation.py (ranges), endpoints/common.py (model name), core/async_engine.py (context
length), utils/server_utils.py (content type, keys). tests/lmdeploy/ runs the same requests against the
real package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

FORMATS = ("text", "json_object", "json_schema", "regex_schema")
TYPES: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "messages": (list,),
    "temperature": (float, int),
    "top_p": (float, int),
    "top_k": (int,),
    "min_p": (float, int),
    "logprobs": (bool,),
    "top_logprobs": (int,),
    "max_tokens": (int,),
    "max_completion_tokens": (int,),
    "min_new_tokens": (int,),
    "n": (int,),
    "stop": (str, list),
    "stream": (bool,),
    "stream_options": (dict,),
    "response_format": (dict,),
    "repetition_penalty": (float, int),
    "seed": (int,),
}
WORDS = {
    str: "Input should be a valid string",
    int: "Input should be a valid integer",
    float: "Input should be a valid number",
    bool: "Input should be a valid boolean",
    list: "Input should be a valid list",
    dict: "Input should be a valid dictionary",
}

PARSING = {
    int: ", unable to parse string as an integer",
    float: ", unable to parse string as a number",
}


class Refusal(Exception):
    """An HTTP status with LMDeploy's error body."""

    def __init__(self, status: int, message: str, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "type": kind, "code": status, "param": None, "object": "error"}


UNAUTHORIZED = Refusal(401, "Unauthorized.", "authentication_error")
TOO_BUSY = Refusal(429, "Too many requests.", "rate_limit_error")


def read_body(data: bytes, content_type: str) -> dict[str, Any]:
    """The request's JSON object. Raises Refusal."""
    if content_type.lower().split(";", 1)[0] != "application/json":
        raise Refusal(400, "Unsupported Media Type: Only 'application/json' is allowed")
    try:
        body = json.loads(data)
    except ValueError as error:
        raise Refusal(400, "JSON decode error") from error
    if not isinstance(body, dict):
        raise Refusal(400, "Input should be a valid dictionary")
    return body


def check_chat(body: dict[str, Any], model: str) -> None:
    """Everything that LMDeploy looks at before the prompt is tokenised. Raises Refusal."""
    for name in ("model", "messages"):
        if name not in body:
            raise Refusal(400, f"{name}: Field required")
    for name, value in body.items():
        _check_type(name, value)
    if body["model"] != model:
        raise Refusal(404, f"The model {body['model']!r} does not exist.", "not_found_error")
    for name, fine, words in RANGES:
        value = body.get(name)
        if value is not None and not fine(value):
            shown = float(value) if TYPES[name][0] is float else value
            raise Refusal(400, words.format(name=name, value=repr(shown)))
    if not body["messages"]:
        raise Refusal(400, "messages must not be empty unless input_ids is set.")
    _check_format(body.get("response_format"))


def check_quirks(body: dict[str, Any], quirks: Collection[str]) -> None:
    """Servers other than LMDeploy: what they do not know, they refuse. Raises Refusal."""
    for name in ("top_k", "logprobs", "stream_options", "response_format", "stop"):
        if f"refuses_{name}" in quirks and name in body:
            raise Refusal(400, f"Unrecognized request argument supplied: {name}")
    form = (body.get("response_format") or {}).get("type")
    if "refuses_regex_schema" in quirks and form == "regex_schema":
        raise Refusal(400, "response_format.type: Input should be 'text', 'json_object' or 'json_schema'")


def _check_type(name: str, value: Any) -> None:
    wanted = TYPES.get(name)
    if wanted is None or (value is None and name not in ("model", "messages")):
        return
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        parsing = PARSING.get(wanted[0], "") if isinstance(value, str) else ""
        raise Refusal(400, f"{name}: {WORDS[wanted[0]]}{parsing}")
    if isinstance(value, list) and name == "messages" and not all(isinstance(item, dict) for item in value):
        raise Refusal(400, "messages.0: Input should be a valid dictionary")


RANGES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("n", lambda value: value > 0, "The {name} {value} must be a positive int."),
    ("top_p", lambda value: 0 < value <= 1, "The {name} {value} must be in (0, 1]."),
    ("top_k", lambda value: value >= 0, "The {name} {value} cannot be a negative integer."),
    ("temperature", lambda value: 0 <= value <= 2, "The {name} {value} must be in [0, 2]"),
    ("min_p", lambda value: 0 <= value <= 1, "The {name} {value} must be in [0, 1]."),
    ("max_completion_tokens", lambda value: value > 0, "The {name} {value} must be a positive integer."),
    ("max_tokens", lambda value: value > 0, "The {name} {value} must be a positive integer."),
    ("min_new_tokens", lambda value: value >= 0, "The {name} {value} cannot be a negative integer."),
    ("top_logprobs", lambda value: value <= 20, "The {name} {value} must be in [0, 20]."),
)


def _check_format(form: dict[str, Any] | None) -> None:
    if form is None:
        return
    if form.get("type") not in FORMATS:
        choices = ", ".join(f"'{name}'" for name in FORMATS[:-1]) + f" or '{FORMATS[-1]}'"
        raise Refusal(400, f"response_format.type: Input should be {choices}")
    if form["type"] == "regex_schema":
        try:
            re.compile(form.get("regex_schema") or "")
        except re.error as error:
            raise Refusal(400, f"Regex parsing error: {error}") from error


def check_length(tokens: int, session_len: int) -> None:
    """Refuses a prompt that fills the context; LMDeploy never cuts one short."""
    if tokens >= session_len:
        raise Refusal(
            400, f"Input length ({tokens}) must be smaller than the model context length ({session_len})."
        )


def render(messages: list[dict[str, Any]]) -> str:
    """InternLM2's chat format, up to where the assistant begins."""
    turns = "".join(f"<|im_start|>{item['role']}\n{item['content']}<|im_end|>\n" for item in messages)
    return f"<s>{turns}<|im_start|>assistant\n"
