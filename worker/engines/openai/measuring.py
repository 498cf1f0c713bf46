"""Token counts put right by what servers count: each call's `usage.prompt_tokens` is a measurement.

Estimates were 30 % too low for SmolLM2 and 68 % too high for Qwen, and even a tokenizer's count is wrong when
another model is served than the one configured. Chinese and other texts are corrected apart. Where two
prompts of different lengths are counted alike, the server cuts prompts without a word: its context is known.
"""

from __future__ import annotations

import math
import re
import threading
from functools import lru_cache

from worker.engines.openai.tokens import Counter
from worker.llm import Messages

LEAST_TOKENS = 300
"""Shorter prompts are mostly template; they say little of the text."""
WEIGHT = 0.3
"""Of a new measurement against those before."""
LEAST_CONTEXT = 512
"""No server cuts prompts at fewer; one that counts fewer of a long prompt does not count."""
LEAST_PLAUSIBLE = 0.2
LEAST_RATIO, LARGEST_RATIO = 0.3, 3.0
EXACT_WITHIN = 0.1
"""So far a tokenizer's count may be off (marks of the chat template) before another model is suspected."""
LONGER = 1.25
ALIKE = 0.01
TEMPLATE_TOKENS = 24
"""What a chat template adds to a prompt of two turns, about."""
AS_USUAL = 0.05
SURE_AFTER = 4
LOOKED_AT = 16
"""One call in so many is looked at, however usual it is."""
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")


class MeasuredCounter:
    """Counts by `counter`, times what was measured. Safe to use from many threads."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self._raw = lru_cache(maxsize=1024)(counter.count)
        self._ratios: dict[bool, float] = {}
        self._lock = threading.Lock()
        self._usual: dict[tuple[str, bool], tuple[float, int]] = {}
        """Tokens a character of a server's last call that was unlike the one before, and its calls."""
        self._longest: dict[str, tuple[int, int]] = {}

    def count(self, text: str) -> int:
        """Tokens of `text`, corrected once something was measured."""
        raw = self._raw(text)
        ratio = self._ratio(_is_wide(text))
        return raw if ratio == 1.0 else math.ceil(raw * ratio)

    def observe(self, url: str, messages: Messages, prompt_tokens: int) -> int:
        """Learns from one call to `url`. Returns the tokens at which it cuts prompts, 0 if it does not."""
        if prompt_tokens <= 0 or self._is_as_expected(url, messages, prompt_tokens):
            return 0
        text = "\n".join(message["content"] for message in messages)
        raw = self._raw(text)
        if raw < LEAST_TOKENS:
            return 0
        cut = self._cut_at(url, raw, prompt_tokens) if prompt_tokens >= LEAST_CONTEXT else 0
        if not cut and prompt_tokens >= LEAST_PLAUSIBLE * raw:
            measured = max(prompt_tokens - TEMPLATE_TOKENS, 1) / raw
            self._learn(_is_wide(text), min(max(measured, LEAST_RATIO), LARGEST_RATIO))
        return cut

    def _is_as_expected(self, url: str, messages: Messages, prompt_tokens: int) -> bool:
        """Whether a call counts as many tokens a character as those before it: it teaches nothing.

        Counting a whole prompt once more costs as much as reading its answer.
        """
        density = prompt_tokens / max(sum(len(message["content"]) for message in messages), 1)
        kind = url, all(message["content"].isascii() for message in messages)
        with self._lock:
            usual, calls = self._usual.get(kind, (0.0, 0))
            alike = calls >= SURE_AFTER and abs(density - usual) <= AS_USUAL * usual
            self._usual[kind] = usual if alike else density, calls + 1
        return alike and calls % LOOKED_AT != 0

    def _learn(self, wide: bool, measured: float) -> None:
        with self._lock:
            before = self._ratios.get(wide)
            self._ratios[wide] = measured if before is None else before + WEIGHT * (measured - before)

    def _ratio(self, wide: bool) -> float:
        ratio = self._ratios.get(wide, self._ratios.get(not wide, 1.0))
        if self.counter.exact and abs(ratio - 1.0) <= EXACT_WITHIN:
            return 1.0
        return ratio

    def _cut_at(self, url: str, raw: int, prompt_tokens: int) -> int:
        """Two prompts, one longer by a quarter, that are counted alike: the longer one was cut."""
        with self._lock:
            seen_raw, seen_tokens = self._longest.get(url, (0, 0))
            if seen_raw < raw:
                self._longest[url] = raw, prompt_tokens
            if not seen_raw:
                return 0
        longer, shorter = max(raw, seen_raw), min(raw, seen_raw)
        alike = abs(prompt_tokens - seen_tokens) <= ALIKE * max(prompt_tokens, seen_tokens)
        far_below = longer * self._ratio(False) > LONGER * max(prompt_tokens, seen_tokens)
        return max(prompt_tokens, seen_tokens) if alike and far_below and longer >= LONGER * shorter else 0


def _is_wide(text: str) -> bool:
    """Whether most of its tokens are those of Chinese, Japanese or Korean characters."""
    if text.isascii():
        return False
    sample = text[:4000:8]
    return 3 * len(_WIDE.findall(sample)) > len(sample)
