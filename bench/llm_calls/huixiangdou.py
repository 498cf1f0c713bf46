"""What HuixiangDou's serial pipeline asks its model for one message, in tokens.

Read from InternLM/HuixiangDou at be7daa0 (2025-08-13), huixiangdou/services. Its code and prompts are not
here: of each prompt only the length of its fixed text, in tokens of InternLM2's own tokenizer, and where it
stands; what is filled in is counted at hand. An answer takes five calls, one after the other: intention,
relevance score, answer, "does the answer say that it does not know", security (serial_pipeline.py:53, 127,
139, 230, 241; SerialPipeline.generate, 366-395). A declined message takes one at least: the intention, after
which small talk ends; what passes it and is found nothing for ends there too. The relevance score makes two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.openai_rules import render

Count = Callable[[str], int]
BLOCK = 64
"""Tokens of a block of TurboMind's prefix cache."""
SYSTEM_TOKENS = 19
"""The system message of every call (llm.py:142)."""
QUESTION_CHARACTERS = 512
"""What is left of a longer question (retriever.py:249)."""
CHUNKS = 4
"""Chunks kept after reranking (retriever.py:295)."""
CHUNK_CHARACTERS = 900
"""Longest chunk (store.py:73)."""
CONTEXT_CHARACTERS = 32000 - 2 * 152
"""Text of whole files in the answer's prompt: the default of config.ini (remote_llm_max_text_length), which
is compared with characters, less twice the head of the prompt (serial_pipeline.py:106)."""
_HEADING = re.compile(r"^#{1,6}\s*", re.MULTILINE)
"""Marks of headings, which are taken off (prompt.py:138-144)."""


@dataclass(frozen=True)
class Template:
    """The fixed text of one prompt (Chinese, the pipeline's default), in tokens."""

    fixed: int
    leading: int
    """Tokens before the first thing filled in: what calls for different messages share."""


INTENTION = Template(355, 354)  # prompt.py:6-40
RELEVANCE = Template(54, 3)  # prompt.py:106
ANSWER = Template(89 + 7, 89)  # prompt.py:114-116, 151
SOURCE = 8  # around each text found, prompt.py:154
DOUBT = Template(104, 3)  # prompt.py:127
SECURITY = Template(73, 72)  # prompt.py:128


@dataclass(frozen=True)
class PeerCall:
    """One call: prompt tokens, and how many of them an earlier call of any message left in the cache."""

    prompt_tokens: int
    cached_tokens: int


class SerialPipeline:
    """`count` gives the tokens of a text, chat marks known to it."""

    def __init__(self, count: Count) -> None:
        self._count = count
        empty = [{"role": "system", "content": ""}, {"role": "user", "content": ""}]
        frame = render(empty)
        self._after = count("<|im_end|>\n<|im_start|>assistant\n")
        self._before = count(frame) - self._after

    def declined(self, message: str) -> list[PeerCall]:
        """The least that a declined message takes."""
        return [self._call(INTENTION, self._count(message))]

    def answered(
        self, message: str, chunks: Sequence[str], texts: Sequence[str], answer: str
    ) -> list[PeerCall]:
        """The five calls of an answer. `chunks` are scored, `texts` is what the answer is written from."""
        asked = self._count(message[:QUESTION_CHARACTERS])
        written = self._count(answer)
        material = sum(SOURCE + self._count(_HEADING.sub("", text)) for text in texts)
        return [
            self._call(INTENTION, self._count(message)),
            self._call(RELEVANCE, asked + self._count("\n".join(chunks))),
            self._call(ANSWER, asked + material),
            self._call(DOUBT, asked + written),
            self._call(SECURITY, written),
        ]

    def _call(self, template: Template, filled: int) -> PeerCall:
        prompt = self._before + SYSTEM_TOKENS + template.fixed + filled + self._after
        shared = self._before + SYSTEM_TOKENS + template.leading
        return PeerCall(prompt, shared // BLOCK * BLOCK)


def whole_files(files: Sequence[str], limit: int = CONTEXT_CHARACTERS) -> list[str]:
    """The texts an answer is written from: files of the best chunks in order, the last one cut at the limit.

    (retriever.py:172-218; there the last one is a window around its chunk, of the same length.)
    """
    kept: list[str] = []
    left = limit
    for text in files:
        if len(text) > left:
            return [*kept, text[:left]] if left > 0 else kept
        kept.append(text)
        left -= len(text) + 1
    return kept
