"""The requests: what is asked of a server, in the words that this one takes.

LMDeploy takes probabilities after temperature, top-k and top-p, and its server samples by default: a score is
asked for with temperature 1, top_p 1 and a wide top_k, which leave them as the model gave them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from worker.engines.openai.server_features import SWITCHES, Features
from worker.engines.replies.stop_words import STOP_WORDS
from worker.llm import Messages

Body = dict[str, Any]
NUMBER_TOKENS = 4
"""Room for a parsed reply: '10', a full stop, an end mark."""
SCORE_ROOM = 512
"""Tokens that a model which cannot stop thinking may think for a score."""
THINKING_SAMPLING = (
    # Model cards: greedy decoding makes these repeat themselves without end while they think.
    (re.compile(r"qwen-?3|qwq|qwen-?plus|qwen-?max", re.I), {"temperature": 0.6, "top_p": 0.95, "top_k": 20}),
    (re.compile(r"deepseek-?r1|r1-distill", re.I), {"temperature": 0.6, "top_p": 0.95}),
    (re.compile(r"internlm-?3|intern-?s1", re.I), {"temperature": 0.8, "top_p": 0.8, "top_k": 50}),
)


class Wanted(NamedTuple):
    """One streamed reply: at most `limit` tokens of answer and `room` of reasoning before it.

    `quiet` asks for no reasoning, where the server has a switch for that.
    """

    messages: Messages
    limit: int
    temperature: float = 0.0
    room: int = 0
    quiet: bool = False
    insists: bool = False
    """Whether there is room for reasoning even where none is known of."""


def stream_body(model: str, features: Features, wanted: Wanted) -> Body:
    """The request for a streamed reply."""
    thinks = features.surely_thinks and not (wanted.quiet and features.thinking_off)
    limit = wanted.limit + (wanted.room if thinks or wanted.insists else 0)
    body = base_body(model, features, wanted.messages, limit)
    cold = wanted.temperature == 0
    sampling: Body = {"temperature": wanted.temperature, "top_p": 1, "top_k": 1 if cold else 50}
    if thinks and cold:
        sampling |= next((dict(own) for name, own in THINKING_SAMPLING if name.search(model)), {})
    body |= _allowed(sampling, features)
    if features.stop and (stop := _stop_words(wanted.messages)):
        body["stop"] = stop
    if wanted.quiet:
        body |= off_switch(features)
    return streaming(body, features) if features.streams else body


def _stop_words(messages: Messages) -> list[str]:
    """Those of which nothing is written in what is sent: an answer about such a mark is not cut at it."""
    return [word for word in STOP_WORDS if not any(word in message["content"] for message in messages)]


def score_body(model: str, features: Features, messages: Messages, *, ten_is_one_token: bool) -> Body:
    """The request for one number."""
    thinks = features.surely_thinks and not features.thinking_off
    if features.top_logprobs and not thinks:
        body = base_body(model, features, messages, 1 if ten_is_one_token else 2)
        body |= _allowed({"temperature": 1, "top_p": 1, "top_k": 50}, features)
        return body | {"logprobs": True, "top_logprobs": features.top_logprobs} | off_switch(features)
    body = base_body(model, features, messages, NUMBER_TOKENS + (SCORE_ROOM if thinks else 0))
    body |= _allowed({"temperature": 0, "top_p": 1, "top_k": 50}, features)
    number_format = None if thinks else features.number_format()
    return body | ({"response_format": number_format} if number_format else {}) | off_switch(features)


def base_body(model: str, features: Features, messages: Messages, limit: int) -> Body:
    """Model, messages and length; what every request has."""
    body: Body = {"model": model, "messages": _for(features, messages)}
    if features.limit:
        limit = max(limit, features.least_tokens)
        body[features.limit] = min(limit, features.most_tokens) if features.most_tokens else limit
    return body


def off_switch(features: Features) -> Body:
    """What switches reasoning off here; {} where nothing does or needs to."""
    return dict(SWITCHES[features.thinking_off]) if features.thinking_off else {}


def streaming(body: Body, features: Features) -> Body:
    """The same request, its reply streamed."""
    options = {"stream_options": {"include_usage": True}} if features.usage_in_stream else {}
    return body | {"stream": True} | options


def _allowed(sampling: Body, features: Features) -> Body:
    return {name: value for name, value in sampling.items() if getattr(features, name)}


def _for(features: Features, messages: Messages) -> list[Any]:
    """The messages; without a system turn where the model's template has none."""
    if features.system_role:
        return list(messages)
    rules = "\n".join(message["content"] for message in messages if message["role"] == "system")
    turns = [dict(message) for message in messages if message["role"] != "system"]
    if rules and turns:
        turns[0]["content"] = f"{rules}\n\n{turns[0]['content']}"
    return turns
