"""What a model server can do beyond the plain chat call, asked once per server and then relied upon.

OpenAI-compatible servers agree on little: some refuse fields they do not know, some ignore them, some
cap them. Each optional feature is tried once with a one-token request; a refusal that names the field
(or, where it names none, one feature at a time) turns that feature off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from worker.engines.openai.scoring import ONE_NUMBER, TOP_LOGPROBS

log = structlog.get_logger(__name__)

Ask = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
"""Posts a chat completion and returns status and JSON body; of a streamed one, its last usage."""

QUESTION = [{"role": "user", "content": "Reply with one digit from 0 to 9."}]
REFUSED = (400, 404, 415, 422)
NUMBER_SCHEMA = {"type": "integer", "minimum": 0, "maximum": 10}


@dataclass(frozen=True)
class Features:
    """Optional fields that this server accepts; `top_logprobs` 0 means that it shows no probabilities."""

    top_logprobs: int = TOP_LOGPROBS
    top_k: bool = True
    stop: bool = True
    usage_in_stream: bool = True
    format: str = ""
    """'regex_schema' (LMDeploy's own), 'json_schema', or ''."""

    def number_format(self) -> dict[str, Any] | None:
        """The `response_format` that lets the model write only one number from 0 to 10."""
        if self.format == "regex_schema":
            return {"type": "regex_schema", "regex_schema": ONE_NUMBER}
        if self.format == "json_schema":
            return {"type": "json_schema", "json_schema": {"name": "score", "schema": NUMBER_SCHEMA}}
        return None


@dataclass(frozen=True)
class ProbeFailed(Exception):
    """The server refuses even the plain call: `status` and its own words."""

    status: int
    message: str


def probe(ask: Ask, model: str) -> Features:
    """Finds the features of one server in a few one-token calls. Raises ProbeFailed."""
    features = _accepted(ask, model)
    if not features.top_logprobs:
        features = replace(features, format=_number_format(ask, model, features))
    streamed = _request(model, features) | {"stream": True, "stream_options": {"include_usage": True}}
    status, body = ask(streamed)
    features = replace(features, usage_in_stream=status == 200 and bool(body.get("usage")))
    log.info(
        "llm_features",
        model=model,
        top_logprobs=features.top_logprobs,
        top_k=features.top_k,
        stop=features.stop,
        number_format=features.format or "none",
        usage_in_stream=features.usage_in_stream,
    )
    return features


def _accepted(ask: Ask, model: str) -> Features:
    """Tries everything at once, then takes off what is refused, one feature a time."""
    features = Features()
    while True:
        status, body = ask(_request(model, features))
        if status not in REFUSED:
            break
        smaller = _without(features, error_message(body))
        if smaller is None:
            raise ProbeFailed(status, error_message(body))
        features = smaller
    if features.top_logprobs and not _shows_probabilities(body):
        features = replace(features, top_logprobs=0)
    return features


def _request(model: str, features: Features) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "messages": QUESTION,
        "max_tokens": 1,
        "temperature": 1,
        "top_p": 1,
    }
    if features.top_logprobs:
        body |= {"logprobs": True, "top_logprobs": features.top_logprobs}
    if features.top_k:
        body["top_k"] = 50
    if features.stop:
        body["stop"] = ["<|im_end|>"]
    return body


def _without(features: Features, message: str) -> Features | None:
    """Less the feature that the refusal names, else less the most unusual one; None when all are gone."""
    message = message.lower()
    if "logprobs" in message and features.top_logprobs:
        return replace(features, top_logprobs=5 if features.top_logprobs > 5 else 0)
    if "stop" in message and features.stop:
        return replace(features, stop=False)
    if features.top_k:
        return replace(features, top_k=False)
    if features.top_logprobs:
        return replace(features, top_logprobs=0)
    return replace(features, stop=False) if features.stop else None


def _shows_probabilities(body: dict[str, Any]) -> bool:
    choice = (body.get("choices") or [{}])[0]
    content = (choice.get("logprobs") or {}).get("content") or []
    return bool(content) and isinstance(content[0].get("logprob"), int | float)


def _number_format(ask: Ask, model: str, features: Features) -> str:
    for name in ("regex_schema", "json_schema"):
        form = replace(features, format=name).number_format()
        status, _ = ask(_request(model, features) | {"response_format": form})
        if status == 200:
            return name
    return ""


def error_message(body: Any) -> str:
    """The server's own words out of an error body, in the shapes of LMDeploy, OpenAI, vLLM and FastAPI.

    Cut to 300 characters, and never the request that a validation error echoes in `input`.
    """
    if isinstance(body, dict) and isinstance(body.get("error"), dict | str):
        body = body["error"]
    if isinstance(body, dict) and isinstance(body.get("detail"), list):
        body = "; ".join(_validation_error(item) for item in body["detail"])
    elif isinstance(body, dict):
        body = body.get("message") or body.get("detail") or ""
    return str(body)[:300]


def _validation_error(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    where = ".".join(str(part) for part in item.get("loc", ()) if part != "body")
    return f"{where}: {item.get('msg', '')}"
