"""What the bot says of itself, of the documents that the process answers from."""

from __future__ import annotations

from bot.errors import IndexMissing
from bot.messages import say
from worker.conversation.introduction import introduction_of
from worker.process.process import Process


def introduction(process: Process, language: str) -> list[str]:
    """Paragraphs of Markdown: what it knows, and questions to try; that it knows nothing yet."""
    try:
        pair = process.knowledge.current
    except IndexMissing:
        return [say("knows_nothing", language)]
    return introduction_of(pair.searcher, pair.gate, language)
