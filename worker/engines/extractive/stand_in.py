"""Quotes instead of "not found": a model must never make the bot worse than no model.

Weak models say NOT_FOUND to material that answers, or write what nothing supports. Where the gate is sure
that the index answers and a passage has the question's words, the passage is quoted and the card says why.
"""

from __future__ import annotations

from worker.engines.extractive.engine import Extractive
from worker.engines.extractive.quotes import choose
from worker.prompts import Prompt

LEAST_SHARED = 0.6
"""Share of the question's words that the quoted blocks or their headings have."""


def quoted(prompt: Prompt) -> str:
    """What the engine without a model quotes for a prompt; '' when nothing is near enough.

    What the pipeline found in the documents was judged there already.
    """
    quotes = prompt.quotes if prompt.quotes is not None else choose(prompt, LEAST_SHARED)
    return "".join(Extractive().stream(prompt)).strip() if quotes else ""
