"""What a refusal teaches: the field that this server does not take, and what to send instead.

Refusals name the field in `param`, in `loc`, or in prose of a dozen wordings; what matters is whether a field
that was sent is among the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from worker.engines.openai.server_features import SWITCHES, Features
from worker.engines.replies.problems import Problem

LEARNED_FROM = (400, 403, 404, 405, 415, 422, 500, 501)
LENGTH_FIELDS = ("max_tokens", "max_completion_tokens")
_SYSTEM = re.compile(
    r"system.{0,30}(?:role|message|prompt|instruction)s?.{0,40}(?:not|un)|role.{0,24}system|"
    r"roles? must alternate|"
    r"(?:not|un)\w{0,12} support.{0,24}(?:'system'|system role|system message|developer instruction)",
    re.IGNORECASE,
)
_ONLY_STREAMS = re.compile(
    r"only.{0,16}support.{0,8}stream|stream\W{0,3}(?:mode )?(?:must|should|has to) be.{0,12}true|"
    r"non-?stream\w{0,20}.{0,40}(?:not|un)|enable the stream|requires? stream|stream.{0,12} is required",
    re.IGNORECASE,
)
_NEVER_STREAMS = re.compile(
    r"stream(?:ing)?\W{0,3}(?:mode |responses? )?(?:is |are )?"
    r"(?:not (?:support|allow|enabled)|unsupported|disabled)|"
    r"(?:not|does\W?n.t) support.{0,12}stream(?:ing)?\b(?!_)|stream\W{0,3}does not support true",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"\[\s*\d+\s*,\s*(\d+)\s*\]|(?:at most|maximum (?:value|of)(?: is)?|max(?:imum)? allowed\D{0,20}|"
    r"less than or equal to|no more than|not exceed|<=|limit (?:is|of))\W{0,4}(\d+)",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"(?:>=|at least|minimum (?:value )?(?:of|is)|greater than or equal to)\W{0,3}(\d+)", re.IGNORECASE
)
_THINKING = re.compile(r"\benable_thinking\b")
_UNKNOWN_MODEL = re.compile(
    r"model.{0,80}(?:not (?:found|exist|supported|available|loaded|been loaded|served)|does ?n.t exist|"
    r"unknown|no such|not a valid|invalid)|(?:unknown|invalid|no such|no available).{0,12}model|"
    r"model_not_found|模型不存在|无可用渠道",
    re.IGNORECASE | re.DOTALL,
)


def learn(features: Features, problem: Problem, sent: Mapping[str, Any]) -> Features | None:
    """The features less what this refusal of `sent` names; None when it names nothing that was sent."""
    if problem.status not in LEARNED_FROM or (
        problem.too_long and not _about_length_field(problem, features)
    ):
        return None
    words = problem.words
    if _THINKING.search(words) or _THINKING.search(problem.field):
        return _about_thinking(features, sent)
    for name, remedy in REMEDIES.items():
        if _blamed(name, problem, sent) and (changed := remedy(features, words)) != features:
            return changed
    return _about_form(features, words, sent)


def without_most_unusual(features: Features) -> Features | None:
    """Less the feature that fewest servers have, for a refusal that names none; None when all are gone."""
    for name, off in (
        ("top_k", False),
        ("top_logprobs", 0),
        ("stop", False),
        ("top_p", False),
        ("temperature", False),
        ("system_role", False),
    ):
        changes: dict[str, Any] = {name: off}
        if getattr(features, name):
            return replace(features, **changes)
    return None


def names_no_model(problem: Problem) -> bool:
    """Whether it is the model's name that was refused."""
    if problem.status not in (400, 403, 404, 422, 500, 503):
        return False
    return problem.field == "model" or bool(_UNKNOWN_MODEL.search(problem.words))


def _blamed(name: str, problem: Problem, sent: Mapping[str, Any]) -> bool:
    if name not in sent:
        return False
    return name in re.split(r"\W+", problem.field) or bool(re.search(rf"(?<!\w){name}(?!\w)", problem.words))


def _about_length_field(problem: Problem, features: Features) -> bool:
    """vLLM says of max_tokens, too, that it exceeds the context: only a fixed limit is the field's own."""
    return bool(features.limit) and bool(
        re.search(rf"{features.limit}\W{{0,3}} is not supported", problem.words)
    )


def _about_thinking(features: Features, sent: Mapping[str, Any]) -> Features | None:
    """DashScope: Qwen3 answers unstreamed only with enable_thinking false; others do not know the word."""
    if "enable_thinking" in sent or "chat_template_kwargs" in sent:
        return replace(features, thinking_off="", no_switches=features.no_switches | {features.thinking_off})
    if "enable_thinking" in features.no_switches:
        return None
    return replace(features, thinking_off="enable_thinking", thinks=features.thinks or "field")


def _about_form(features: Features, words: str, sent: Mapping[str, Any]) -> Features | None:
    roles = [message.get("role") for message in sent.get("messages", ())]
    if features.system_role and "system" in roles and _SYSTEM.search(words):
        return replace(features, system_role=False)
    if not sent.get("stream") and features.answers_whole and _ONLY_STREAMS.search(words):
        return replace(features, answers_whole=False)
    if sent.get("stream") and features.streams and _NEVER_STREAMS.search(words):
        return replace(features, streams=False)
    return None


def _length(features: Features, words: str) -> Features:
    if not re.search(r"(?:unsupported|not supported|unrecognized|unknown|use ')", words, re.IGNORECASE):
        least, most = _LEAST.search(words), _MOST.search(words)
        if least and int(least[1]) > features.least_tokens:
            return replace(features, least_tokens=int(least[1]))
        found = int(next(filter(None, most.groups()))) if most else 0
        if found and (not features.most_tokens or found < features.most_tokens):
            return replace(features, most_tokens=found)
    following = {"max_tokens": "max_completion_tokens", "max_completion_tokens": ""}
    return replace(features, limit=following.get(features.limit, ""))


def _logprobs(features: Features, words: str) -> Features:
    most = _MOST.search(words)
    allowed = int(next(filter(None, most.groups()))) if most else 5
    return replace(features, top_logprobs=allowed if 0 < allowed < features.top_logprobs else 0)


def _switch(features: Features, words: str) -> Features:
    return replace(features, thinking_off="", no_switches=features.no_switches | {features.thinking_off})


def _off(name: str, value: Any) -> Callable[[Features, str], Features]:
    return lambda features, words: replace(features, **{name: value})


REMEDIES: dict[str, Callable[[Features, str], Features]] = {
    **{name: _length for name in LENGTH_FIELDS},
    "top_logprobs": _logprobs,
    "logprobs": _logprobs,
    "stream_options": _off("usage_in_stream", False),
    "response_format": _off("format", ""),
    "temperature": _off("temperature", False),
    "top_p": _off("top_p", False),
    "top_k": _off("top_k", False),
    "stop": _off("stop", False),
    **{name: _switch for switch in SWITCHES.values() for name in switch},
}
"""What to do when a field is refused by name; each is tried in turn."""
