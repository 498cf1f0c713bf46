"""What the worker hands to the card: the answer, its sources, its outcome.

It lives on the outbound side of `bot` so that `bot.cards` can draw it without importing `worker`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a question ended; each has its own card."""

    ANSWERED = "answered"
    WEB = "web"
    """Answered from web pages rather than the index."""
    PARTLY = "partly"
    """Some sentences were dropped because no passage supports them."""
    NOT_FOUND = "not_found"
    """Nothing in the documents answers it; the nearest pages are listed."""
    DECLINED = "declined"
    """Not a question for these documents; shown only when the bot was mentioned."""
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True)
class Source:
    """One cited document or page."""

    number: int
    """The n of [n] in the answer, counted from 1."""
    title: str
    heading_path: tuple[str, ...] = ()
    url: str = ""
    """Empty where the source has no web address."""
    path: str = ""
    """Path relative to the source's root, for documents."""
    excerpt: str = ""
    updated_at: float = 0.0
    """Unix seconds; 0 when unknown."""
    web: bool = False


@dataclass(frozen=True)
class Answer:
    """The end of one question, ready to be drawn."""

    outcome: Outcome
    question: str
    text: str
    """Markdown with [n] citations; for outcomes without an answer, the sentence to show."""
    language: str
    """'zh' or 'en'."""
    sources: tuple[Source, ...] = ()
    engine: str = ""
    """For the footer: which engine wrote it, such as 'extractive' or 'internlm2-chat-7b'."""
    index_version: str = ""
    degraded: str = ""
    """Why a lesser engine answered; empty when nothing is degraded."""
    queue_position: int = 0
    unsupported: int = 0
    """Sentences dropped or marked because no passage supports them."""
