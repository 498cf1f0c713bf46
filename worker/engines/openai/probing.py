"""Finds out what a model server takes and how its model replies, in a few requests of a few tokens.

Run at start-up and again when a server comes back after a failure: another model may stand behind the same
address by then. What the probe does not meet, refusals of real calls teach later (refusals.py).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from bot.errors import AnswerTimeout
from worker.engines.openai.attempts import Call
from worker.engines.openai.bodies import NUMBER_TOKENS, Body, base_body, off_switch, streaming
from worker.engines.openai.calls import ServerCalls, ServerProblem, collected, deadline_within
from worker.engines.openai.refusals import learn, names_no_model, without_most_unusual
from worker.engines.openai.server_features import SWITCHES, Features
from worker.engines.replies.answer import AnswerReading
from worker.engines.replies.chunks import STOP, first_choice, read_chunk
from worker.engines.replies.reasoning import split_reasoning
from worker.engines.replies.scoring import first_token_probabilities, parse_reply
from worker.llm import ChatMessage

log = structlog.get_logger(__name__)

RULES: ChatMessage = {"role": "system", "content": "You reply as briefly as you can."}
DIGIT: list[ChatMessage] = [RULES, {"role": "user", "content": "Reply with one digit from 0 to 9."}]
WORD: list[ChatMessage] = [RULES, {"role": "user", "content": "Reply with the word yes."}]
"""Asked with a format for numbers: only a server that obeys it replies with one."""
MOST_LESSONS = 16
"""No server refuses more fields than there are."""
SWITCH_TOKENS = 16
WATCHED_TOKENS = 300
"""Room for the thoughts of a model about one digit."""
WATCH_SECONDS = 20.0
CONTEXT_FIELDS = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")
"""Where vLLM, OpenRouter, Groq, LM Studio and llama.cpp list the context."""


@dataclass(frozen=True)
class Known:
    """One server: the name to ask its model by, other names to try, and its features."""

    url: str
    model: str
    features: Features = field(default_factory=Features)
    others: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    served: str = ""
    """The name that the server's answers bear."""


MakeBody = Callable[[Known], Body]
"""Builds the request for a server that is known so."""


def lesson(known: Known, error: ServerProblem, sent: Body) -> Known | None:
    """What is known after a refusal of `sent`; None when it teaches nothing."""
    features = learn(known.features, error.problem, sent)
    if features is not None:
        return replace(known, features=features)
    if known.others and names_no_model(error.problem):
        return replace(known, model=known.others[0], others=known.others[1:])
    return None


@dataclass
class Probe:
    """One server's probe. `run` raises ServerProblem when even the plain call is refused."""

    calls: ServerCalls
    known: Known
    call: Call
    _last: Body = field(default_factory=dict)

    def run(self) -> Known:
        """Asks, watches, and says what it found."""
        self._accept()
        if self.known.features.streams:
            self._watch()
        if self.known.features.thinks and not self.known.features.thinking_off:
            self._find_switch()
        features = self.known.features
        if not features.top_logprobs and (features.thinking_off or not features.thinks):
            self._change(format=self._number_format())
        self._tell()
        return self.known

    def _accept(self) -> None:
        """Everything at once, then less what is refused, one field a time."""
        answer: Body = {}
        for _ in range(MOST_LESSONS):
            try:
                answer = self._ask(self._everything())
                break
            except ServerProblem as error:
                self._take_back(error)
        else:
            raise ServerProblem(self._refused)
        self.known = replace(self.known, served=_name_in(answer))
        if self.known.features.top_logprobs and not _shows_probabilities(answer):
            self._change(top_logprobs=0)

    def _take_back(self, error: ServerProblem) -> None:
        self._refused = error.problem
        taught = lesson(self.known, error, self._last)
        if taught is None and error.problem.status in (400, 415, 422) and not error.problem.filtered:
            fewer = without_most_unusual(self.known.features)
            taught = replace(self.known, features=fewer) if fewer is not None else None
        if taught is None:
            raise error
        self.known = taught

    def _everything(self) -> Body:
        features = self.known.features
        body = base_body(self.known.model, features, DIGIT, 1)
        body |= {name: value for name, value in _SAMPLING.items() if getattr(features, name)}
        if features.top_logprobs:
            body |= {"logprobs": True, "top_logprobs": features.top_logprobs}
        if features.stop:
            body["stop"] = ["<|im_end|>"]
        return body | off_switch(features)

    def _watch(self) -> None:
        """A streamed reply to a question that needs no thought: does reasoning come, and usage?"""
        reading = self._read(1, {})
        if reading is not None and reading.usage.calls == 0 and self.known.features.usage_in_stream:
            self._change(usage_in_stream=False)
        if reading is not None and _unclear(reading):
            reading = self._read(WATCHED_TOKENS, {})
        if reading is None:
            return
        self._change(thinks=reading.thinks or ("unclear" if _unclear(reading) else ""))

    def _find_switch(self) -> None:
        for name, switch in SWITCHES.items():
            if name in self.known.features.no_switches:
                continue
            reading = self._read(SWITCH_TOKENS, switch)
            if reading is not None and reading.started and not reading.thinks and not _unclear(reading):
                self._change(thinking_off=name)
                return

    def _number_format(self) -> str:
        for name in ("regex_schema", "json_schema"):
            features = replace(self.known.features, format=name)
            body = base_body(self.known.model, features, WORD, NUMBER_TOKENS) | off_switch(features)
            try:
                answer = self._ask(body | {"response_format": features.number_format()})
            except ServerProblem as error:
                if error.problem.status >= 500:
                    return ""
                continue
            text, _ = split_reasoning(read_chunk(answer).text, opened=features.opened)
            if parse_reply(text).value is not None:
                return name
        return ""

    def _read(self, tokens: int, switch: Body) -> AnswerReading | None:
        """A streamed reply, read until it is clear that the model thinks; None when it is refused."""
        reading = AnswerReading()
        for _ in range(MOST_LESSONS):
            body = base_body(self.known.model, self.known.features, DIGIT, tokens) | switch
            self._last = streaming(body, self.known.features)
            call = deadline_within(self.call, WATCH_SECONDS)
            try:
                with closing(self.calls.stream(self.known.url, self._last, call)) as stream:
                    for chunks in stream:
                        reading.feed(chunks)
                        if reading.thinks and reading.usage.calls:
                            break
                reading.end()
                return reading
            except AnswerTimeout:
                if call.deadline == self.call.deadline:
                    raise
                return reading
            except ServerProblem as error:
                taught = None if switch else lesson(self.known, error, self._last)
                if taught is None and not switch:
                    raise
                if taught is None:
                    return None
                self.known = taught
                if not taught.features.streams:
                    return None
        return None

    def _ask(self, body: Body) -> Body:
        if self.known.features.answers_whole:
            self._last = body
            return self.calls.whole(self.known.url, body, self.call)
        self._last = streaming(body, self.known.features)
        return collected(self.calls.stream(self.known.url, self._last, self.call))

    def _change(self, **changes: Any) -> None:
        self.known = replace(self.known, features=replace(self.known.features, **changes))

    def _tell(self) -> None:
        features = self.known.features
        log.info(
            "llm_features",
            server=self.known.url,
            model=self.known.model,
            top_logprobs=features.top_logprobs,
            number_format=features.format or "none",
            usage_in_stream=features.usage_in_stream,
            thinks=features.thinks or "no",
            thinking_off=features.thinking_off or "no",
            without=[name for name in _OPTIONAL if not getattr(features, name)],
        )


_SAMPLING: Body = {"temperature": 1, "top_p": 1, "top_k": 50}
_OPTIONAL = ("temperature", "top_p", "top_k", "stop", "system_role", "streams", "answers_whole", "limit")


def _unclear(reading: AnswerReading) -> bool:
    """Whether a reply to "one digit" neither is one, nor ended, nor was marked as reasoning."""
    if reading.thinks or reading.finish == STOP:
        return False
    return parse_reply(reading.begins).value is None


def _shows_probabilities(answer: Body) -> bool:
    try:
        found = first_token_probabilities(first_choice(answer))
    except ValueError:
        return False
    return bool(found) and bool(found[0])


def _name_in(answer: Body) -> str:
    name = answer.get("model")
    return name if isinstance(name, str) else ""
