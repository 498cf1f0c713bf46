"""A follow-up written out by the model, where there is one.

What it writes is the search's question and is shown on the card, so it must look like a question about what
was said: one line, not much longer than that, with words of it. Anything else (an answer, an apology, a
refusal) leaves the rules to decide.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from bot.errors import AnswerTimeout, EngineRefused, EngineSilent, EngineUnavailable
from index.text.chinese import CHARACTERS
from worker.llm import LLM, IsCancelled, Usage
from worker.prompts import rewrite_messages
from worker.unforeseen import unforeseen

SECONDS = 8.0
MOST_TOKENS = 120
_CITES = re.compile(r"\[\d+\]")
_QUOTES = "\"'“”「」` "
_WORDS = re.compile(rf"[A-Za-z0-9_]{{2,}}|[{CHARACTERS}]")


def rewrite(
    text: str, earlier: Sequence[str], language: str, llm: LLM, cancelled: IsCancelled, group: str
) -> tuple[str, Usage]:
    """The question written out, empty where the model has none to offer. Raises Cancelled."""
    written, usage = "", Usage()
    try:
        reply = llm.stream(
            rewrite_messages(text, earlier, language),
            max_tokens=MOST_TOKENS,
            deadline=time.monotonic() + SECONDS,
            cancelled=cancelled,
            group=group,
        )
        for piece in reply:
            if reply.anew:
                written, reply.anew = "", False
            written += piece
        usage = reply.usage
    except Exception as error:
        expected = isinstance(error, EngineUnavailable | EngineRefused | EngineSilent | AnswerTimeout)
        if not expected and not unforeseen("rewriting", error):
            raise
        return "", usage
    return accepted(written, text, earlier), usage


def accepted(written: str, text: str, earlier: Sequence[str]) -> str:
    """What the model wrote, if it can be the question; else empty."""
    lines = [line.strip(_QUOTES) for line in written.strip().splitlines() if line.strip()]
    if len(lines) != 1 or _CITES.search(lines[0]):
        return ""
    line = lines[0]
    said = [text, *earlier[-2:]]
    if not 2 <= len(line) <= 2 * sum(len(one) for one in said) + 20:
        return ""
    own, new = set(_WORDS.findall(line.lower())), set(_WORDS.findall(" ".join(said).lower()))
    return line if own and 2 * len(own & new) >= len(own) else ""
