"""The model behind `tests.openai_server`: scripted replies, planted probabilities, an honest prefix cache."""

from __future__ import annotations

import hashlib
import math
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

BLOCK = 64
"""Tokens of a prefix-cache block, as LMDeploy's cache_block_seq_len."""
WORD = re.compile(r"<\|?\w+\|?>|[A-Za-z]+|\d|[^\sA-Za-z\d]")
MATERIAL = re.compile(r"<<<\S+ \[1\] \S+\n[^\n]*\n(.*?)\n<<<", re.S)
MARKS = {"<s>": 1, "<|im_start|>": 92543, "<|im_end|>": 92542}
"""InternLM2's chat marks are one token each; sentencepiece takes them for text."""
MARK = re.compile("(" + "|".join(map(re.escape, MARKS)) + ")")
QUESTION = re.compile(r"<<<(?:问题|question) \w+\n(.*?)\n<<<", re.S)
SENTENCE = re.compile(r"[^。.!?！？\n]{8,}[。.!?！？]?")
Reply = Callable[[list[dict[str, Any]]], str]
Probabilities = Callable[[list[dict[str, Any]]], dict[str, float]]


@dataclass
class Answering:
    """One answer under way: what it says, how long it takes, what it cost."""

    model: str
    pieces: list[str]
    seconds: float
    prompt_tokens: int
    cached_tokens: int
    probabilities: dict[str, float]
    finish_reason: str

    def whole(self, logprobs: bool) -> dict[str, Any]:
        """The body of an unstreamed answer, as LMDeploy's ChatCompletionResponse."""
        message = {
            "role": "assistant",
            "content": "".join(self.pieces),
            "reasoning_content": None,
            "tool_calls": None,
        }
        choice: dict[str, Any] = {
            "index": 0,
            "message": message,
            "logprobs": self.logprobs() if logprobs else None,
            "finish_reason": self.finish_reason,
        }
        return self._frame("chat.completion", [choice]) | {"usage": self.usage()}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """The pieces of a streamed answer, as LMDeploy's ChatCompletionStreamResponse without its nulls."""
        for number, piece in enumerate(self.pieces):
            choice: dict[str, Any] = {"index": 0, "delta": {"role": "assistant", "content": piece}}
            if number == len(self.pieces) - 1:
                choice["finish_reason"] = self.finish_reason
            yield self._frame("chat.completion.chunk", [choice])

    def usage_chunk(self) -> dict[str, Any]:
        """The last chunk where stream_options.include_usage was asked for."""
        return self._frame("chat.completion.chunk", []) | {"usage": self.usage()}

    def usage(self) -> dict[str, Any]:
        """Token counts."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": len(self.pieces),
            "total_tokens": self.prompt_tokens + len(self.pieces),
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
            "completion_tokens_details": None,
        }

    def logprobs(self) -> dict[str, Any]:
        """The first token's probabilities: the sampled token apart from `top_logprobs`, as LMDeploy does."""
        ranked = sorted(self.probabilities.items(), key=lambda pair: -pair[1])
        entries = [
            {"token": token, "bytes": list(token.encode()), "logprob": math.log(probability)}
            for token, probability in ranked
        ]
        return {"content": [entries[0] | {"top_logprobs": entries[1:]}]}

    def _frame(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": self.model, "choices": choices}


@dataclass
class ScriptedModel:
    """`score` plants most of the probability on one number; `probabilities` plants any distribution."""

    name: str = "internlm2-chat-7b"
    score: int = 8
    reply: str | Reply = ""
    latency: float = 0.0
    score_latency: float = 0.0
    pieces: int = 24
    tokenizer: str = ""
    probabilities: Probabilities | None = None
    _blocks: set[bytes] = field(default_factory=set)
    _processor: Any = None

    def encode(self, text: str) -> list[int]:
        """Token ids: the sentencepiece model's where one is given, else a number per word and sign."""
        if not self.tokenizer:
            return [zlib.crc32(word.encode()) % 92544 for word in WORD.findall(text)]
        if self._processor is None:
            import sentencepiece

            self._processor = sentencepiece.SentencePieceProcessor(model_file=self.tokenizer)
        ids: list[int] = []
        for part in MARK.split(text):
            ids += [MARKS[part]] if part in MARKS else self._processor.encode(part)
        return ids

    def answer(self, body: dict[str, Any], prompt: list[int]) -> Answering:
        """Decides what to say and what of the prompt was in the cache."""
        limit = body.get("max_completion_tokens") or body.get("max_tokens") or 512
        planted = self._planted(body["messages"])
        short = limit <= 4
        if short:
            pieces = [max(planted, key=lambda token: planted[token])]
        else:
            pieces = self._split(self._say(body["messages"]))
        finish = "length" if short or len(pieces) > limit else "stop"
        seconds = self.score_latency if short else self.latency
        cached = self._cache(prompt)
        return Answering(self.name, pieces[:limit], seconds, len(prompt), cached, planted, finish)

    def _planted(self, messages: list[dict[str, Any]]) -> dict[str, float]:
        if self.probabilities is not None:
            return self.probabilities(messages)
        rest = {str(number): 0.02 for number in range(11) if number != self.score}
        return {str(self.score): 0.75, **rest}

    def _say(self, messages: list[dict[str, Any]]) -> str:
        if callable(self.reply):
            return self.reply(messages)
        return self.reply or quote_material(messages)

    def _split(self, text: str) -> list[str]:
        size = max(1, math.ceil(len(text) / self.pieces))
        return [text[start : start + size] for start in range(0, len(text), size)] or [""]

    def _cache(self, prompt: list[int]) -> int:
        """Tokens of the prompt's full blocks that earlier prompts began with; remembers this one's."""
        digest, cached, found = hashlib.sha256(), 0, True
        for start in range(0, len(prompt) - BLOCK + 1, BLOCK):
            digest.update(repr(prompt[start : start + BLOCK]).encode())
            key = digest.digest()
            found = found and key in self._blocks
            cached += BLOCK if found else 0
            self._blocks.add(key)
        return min(cached, max(len(prompt) - 1, 0) // BLOCK * BLOCK)


def question_of(messages: list[dict[str, Any]]) -> str:
    """The question between its marks; '' when there is none."""
    found = QUESTION.search("\n".join(str(message.get("content", "")) for message in messages))
    return found.group(1) if found else ""


def quote_material(messages: list[dict[str, Any]]) -> str:
    """The first sentence of the material numbered 1, cited; what a model that reads its prompt would say."""
    found = MATERIAL.search("\n".join(str(message.get("content", "")) for message in messages))
    sentence = SENTENCE.search(found.group(1)) if found else None
    return f"{sentence.group(0).strip()} [1]" if sentence else "I do not know."
