"""What a model server says when it does not answer: as an error status, or as an event under HTTP 200.

The forms are those of OpenAI, Azure, LMDeploy and its proxy, vLLM, SGLang, llama.cpp, FastAPI, LiteLLM,
OpenRouter, Anthropic, Google, FastChat, one-api, DashScope, Qianfan, Zhipu and MiniMax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_CHARACTERS = 300
FINE = (0, "0", 200, "200", "ok", "OK", "success", "Success", "", None, True)
"""Codes of gateways that put one into every answer."""
CODES = ("code", "status_code", "statusCode", "error_code", "http_code", "status", "type")
WORDS = ("message", "msg", "error_msg", "errorMessage", "detail", "error_description", "text", "title")
OF_ANSWERS = ("usage", "object", "created_at")
"""What stands in answers and in no error; the last in Ollama's own lines."""
_OF_ERRORS = frozenset(("error", "errors", "type", "success", "base_resp"))
BY_WORD = (
    (429, r"rate.?limit|quota|too.?many|throttl|overload|exhausted|\bbusy\b|concurren|balance|arrears"),
    (401, r"unauthori[sz]ed|authentication|api.?key|invalid.?token|access.?denied|permission|forbidden"),
    (504, r"timed?.?out|deadline.?exceeded"),
    (404, r"not.?found|does not exist|no such"),
    (
        400,
        r"invalid|unsupported|bad.?request|context.?length|too.?long|inspection|filter|sensitive|moderation",
    ),
)
TOO_LONG = re.compile(
    r"context.{0,12}(?:length|window|size|limit)|(?:prompt|input|messages?)\b.{0,60}too (?:long|large)|"
    r"input length|range of input|maximum.{0,40}(?:input|prompt|context).{0,20}tokens?|"
    r"exceeds?.{0,60}(?:context|n_ctx|max_model_len|max_seq_len)|reduce the length|"
    r"must have less than .{0,20}tokens|string_too_long|n_keep.{0,20}>= n_ctx|inputs` tokens.{0,40}must be",
    re.IGNORECASE | re.DOTALL,
)
FILTERED = re.compile(
    r"content.?(?:filter|policy|management)|data_?inspection|inappropriate|sensitive|moderation|"
    r"responsible.?ai|safety|prohibited.?content|risk.?control",
    re.IGNORECASE,
)
_LIMITS = (
    re.compile(r"(?:context length|context window|context size|max_model_len)\D{0,40}?\(?(\d{3,7})", re.I),
    re.compile(r"(?:maximum|max|up to|at most|limit\D{0,12}) (\d{3,7}) (?:input |prompt )?tokens", re.I),
    re.compile(r"less than (\d{3,7}) .{0,12}tokens", re.I),
    re.compile(r"inputs` tokens.{0,40}must be <= (\d{3,7})", re.I),
    re.compile(r"n_ctx \((\d{3,7})\)", re.I),
    re.compile(r"input length should be \[\s*\d+\s*,\s*(\d{3,7})", re.I),
)
_TOLD = re.compile(
    r"(?:(?:requested|resulted in|has|have|got|given:?|prompt is|input length|inputs?)\D{0,24}?)(\d{3,7})",
    re.I,
)

DEEPEST = 5
"""Levels below which no words are looked for."""


@dataclass(frozen=True)
class Problem:
    """`status` as HTTP has it, the server's own `words` (at most 300 characters), the field it blames."""

    status: int
    words: str
    field: str = ""

    @property
    def too_long(self) -> bool:
        """Whether prompt and reply do not fit the model's context."""
        return self.status in (400, 413, 422, 500) and bool(TOO_LONG.search(self.words))

    @property
    def filtered(self) -> bool:
        """Whether a content filter took offence."""
        return self.status not in (401, 404, 429) and bool(FILTERED.search(self.words))


def problem_in(body: Any, *, name: str = "", status: int = 200) -> Problem | None:
    """The error that an event or body is, None when it is none.

    `name` is the event's; any `status` but 200 makes the body an error whatever it holds.
    """
    if status == 200 and name != "error" and _is_ordinary(body):
        return None
    if isinstance(body, list):
        body = body[0] if body else {}
    if not isinstance(body, dict):
        return Problem(status, str(body or "")[:MOST_CHARACTERS]) if status != 200 else None
    found = _error_part(body)
    if found is None and name != "error" and status == 200:
        return None
    part = found if isinstance(found, dict) else {"message": found} if isinstance(found, str) else body
    words = _words(part) or _words(body)
    return Problem(_status(part, body, words, status), words, _field(part))


def _is_ordinary(body: Any) -> bool:
    """Whether it is a chunk as nearly all are, in which an error has no place."""
    if type(body) is not dict or not _OF_ERRORS.isdisjoint(body) or body.get("object") == "error":
        return False
    choices = body.get("choices")
    if type(choices) is not list:
        return False
    return not choices or (
        type(choices[0]) is dict and len(choices) == 1 and _OF_ERRORS.isdisjoint(choices[0])
    )


def _error_part(body: Mapping[str, Any]) -> Any:
    """What in a body under HTTP 200 is an error; None when nothing is."""
    for holder in (body, *_choices(body)):
        error = holder.get("error") or holder.get("errors")
        if isinstance(error, list):
            error = error[0] if error else None
        if isinstance(error, str) or (isinstance(error, dict) and any(error.values())):
            return error
    if body.get("object") == "error" or body.get("type") == "error" or body.get("success") is False:
        return body
    base = body.get("base_resp")
    if isinstance(base, dict) and base.get("status_code") not in FINE:
        return {"code": base.get("status_code"), "message": base.get("status_msg")}
    if isinstance(body.get("choices"), list | dict) or any(body.get(key) for key in OF_ANSWERS):
        return None
    coded = any(body.get(key) not in FINE for key in CODES)
    worded = any(body.get(key) for key in WORDS)
    return body if worded and (coded or "code" not in body) else None


def _choices(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    choices = body.get("choices")
    yield from (item for item in choices if isinstance(item, dict)) if isinstance(choices, list) else ()


def _status(part: Mapping[str, Any], body: Mapping[str, Any], words: str, status: int) -> int:
    codes = [str(holder[key]) for holder in (part, body) for key in CODES if holder.get(key) not in FINE]
    if status != 200:
        return status
    for code in codes:
        if code.isdecimal() and len(code) == 3 and 400 <= int(code) < 600:
            return int(code)
    said = " ".join((*codes, words)).lower()
    otherwise = 400 if TOO_LONG.search(said) else 502
    return next((number for number, pattern in BY_WORD if re.search(pattern, said)), otherwise)


def _field(part: Mapping[str, Any]) -> str:
    field = part.get("param") or part.get("field") or ""
    return field if isinstance(field, str) else ""


def _words(part: Mapping[str, Any], depth: int = 0) -> str:
    """The server's own words; never the request that a validation error echoes in `input`."""
    found = []
    for key in WORDS:
        value = part.get(key)
        if isinstance(value, list):
            value = "; ".join(filter(None, map(_validation_error, value)))
        elif isinstance(value, dict):
            value = _words(value, depth + 1) if depth < DEEPEST else ""
        if value and isinstance(value, str):
            found.append(value)
            break
    code = part.get("code")
    if isinstance(code, str) and not code.isdecimal() and code not in " ".join(found):
        found.append(f"({code})")
    metadata = part.get("metadata")
    if isinstance(metadata, dict) and metadata.get("raw"):  # OpenRouter: what the provider behind it said
        found.append(str(metadata["raw"]))
    return " ".join(found)[:MOST_CHARACTERS]


def _validation_error(item: Any) -> str:
    if not isinstance(item, dict):
        return item if isinstance(item, str) else ""
    place = item.get("loc")
    where = ".".join(str(part) for part in (place if isinstance(place, list) else ()) if part != "body")
    return f"{where}: {item.get('msg', '')}"


def error_message(body: Any) -> str:
    """The server's own words out of an error body; '' when there are none."""
    found = problem_in(body, status=400)
    return found.words if found else ""


def context_limit(words: str) -> int:
    """Tokens of the context that a refusal names; 0 when it does not."""
    plain = re.sub(r"(?<=\d)[,_](?=\d{3})", "", words)
    return next((int(match[1]) for pattern in _LIMITS if (match := pattern.search(plain))), 0)


def told_tokens(words: str) -> int:
    """Tokens of the prompt that a refusal names; 0 when it does not."""
    plain = re.sub(r"(?<=\d)[,_](?=\d{3})", "", words)
    inside = re.search(
        r"\(?(\d{3,7}) (?:in the messages|input tokens|of text input|tokens from the input)", plain
    )
    found = inside or _TOLD.search(plain)
    return int(found[1]) if found else 0
