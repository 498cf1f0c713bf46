"""One card for every outcome and every state, in both languages: what the gallery page shows.

The texts are about Fennel itself. The signer's secret is no secret: a press on a sample goes nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.actions import ActionSigner
from bot.answer import (
    Answer,
    CardState,
    Feedback,
    Human,
    Outcome,
    ReindexProgress,
    ReindexReport,
    Source,
)
from bot.card_parts import Card
from bot.card_sample_texts import TEXTS
from bot.cards import (
    answer_cards,
    help_card,
    notice_card,
    progress_card,
    recalled_card,
    reindex_card,
    status_card,
)
from bot.messages import say

_NOW = 1_790_000_000.0
_DAY = 86400.0
_SIGNER = ActionSigner("card samples")
_EXPERTS = ("ou_expert_one", "ou_expert_two")
_READY = CardState(experts=_EXPERTS, can_search_web=True)


@dataclass(frozen=True)
class Sample:
    """A named example: one card, or several that belong together."""

    name: str
    language: str
    cards: tuple[Card, ...]


def samples() -> list[Sample]:
    """Every sample, Chinese first."""
    return [sample for language in ("zh", "en") for sample in _of_language(language)]


def _of_language(language: str) -> Iterator[Sample]:
    for name, answer, state in (*_outcomes(language), *_states(language)):
        cards = answer_cards(answer, actions=_SIGNER, message_id="om_sample", state=state, now=_NOW)
        yield Sample(name, language, tuple(cards))
    for name, card in _others(language):
        yield Sample(name, language, (card,))


def _outcomes(language: str) -> Iterator[tuple[str, Answer, CardState]]:
    text = TEXTS[language]
    answered = _answered(language)
    nearest = replace(answered, text=say("not_found", language), engine="", sources=_sources(language)[:2])
    yield "answered", answered, _READY
    yield "rich text", replace(answered, text=text["rich"]), _READY
    yield "long answer", replace(answered, text="\n\n".join([text["rich"]] * 22)), _READY
    web = tuple(replace(source, web=True) for source in answered.sources)
    yield "answered from the web", replace(answered, outcome=Outcome.WEB, sources=web), _READY
    yield "partly", replace(answered, outcome=Outcome.PARTLY, unsupported=2), _READY
    yield "degraded", replace(answered, degraded=text["degraded"], engine="extractive"), _READY
    yield "not found", replace(nearest, outcome=Outcome.NOT_FOUND, question=text["odd"]), _READY
    declined = replace(
        answered, outcome=Outcome.DECLINED, text=say("declined", language), sources=(), further=()
    )
    yield "declined", replace(declined, question=text["chat"], engine=""), CardState()
    busy = replace(declined, outcome=Outcome.BUSY, question=answered.question, text="", engine="")
    yield "busy", replace(busy, queue_position=3), CardState()
    failed = replace(busy, outcome=Outcome.FAILED, text=say("failed", language, reason=text["reason"]))
    yield "failed", failed, CardState()


def _states(language: str) -> Iterator[tuple[str, Answer, CardState]]:
    answered = _answered(language)
    yield "helpful pressed", answered, replace(_READY, feedback=Feedback.HELPFUL)
    yield "not helpful: reason asked", answered, replace(_READY, feedback=Feedback.ASKING_REASON)
    yield "not helpful: reason given", answered, replace(_READY, feedback=Feedback.NOT_HELPFUL)
    yield "human asked", answered, replace(_READY, human=Human.ASKED)
    yield "human took it", answered, replace(_READY, human=Human.TAKEN, taken_by=_EXPERTS[0])
    yield "resolved", answered, replace(_READY, human=Human.RESOLVED, taken_by=_EXPERTS[0])
    yield "web search under way", answered, replace(_READY, searching_web=True)
    yield "more sources", answered, replace(_READY, more_sources=True)


def _others(language: str) -> Iterator[tuple[str, Card]]:
    text = TEXTS[language]
    yield "progress", progress_card(text["question"], language)
    yield "recalled", recalled_card(text["question"], language)
    yield "why", notice_card(say("title_why", language), text["why"], language)
    yield "admins only", notice_card("/reindex", say("admins_only", language), language, "grey")
    yield "reindex running", reindex_card(ReindexProgress("embedding", 340, 512), language)
    yield "reindex done", reindex_card(_report(), language)
    yield "reindex failed", reindex_card(ReindexReport(version="", failed=text["reason"]), language)
    facts = {"Redis": "7.2", "engine": "internlm2-chat-7b", "index": "20261123-0915", "queue": "0"}
    yield "status", status_card(facts, language)
    yield "help", help_card(language, admin=True)


def _answered(language: str) -> Answer:
    text = TEXTS[language]
    return Answer(
        outcome=Outcome.ANSWERED,
        question=text["question"],
        text=text["answer"],
        language=language,
        sources=_sources(language),
        engine="internlm2-chat-7b",
        index_version="20261123-0915",
        asker="ou_asker",
        further=_further(language),
    )


def _sources(language: str) -> tuple[Source, ...]:
    text = TEXTS[language]
    return (
        Source(
            1,
            text["guide"],
            (text["guide"], text["callback"]),
            "https://example.com/fennel/feishu#callback",
            excerpt=text["excerpt"],
            updated_at=_NOW - 3 * _DAY,
        ),
        Source(2, text["local"], (text["ngrok"],), path="docs/local.md", updated_at=_NOW - 400 * _DAY),
    )


def _further(language: str) -> tuple[Source, ...]:
    text = TEXTS[language]
    return (Source(3, text["trouble"], (), "https://example.com/fennel/troubleshooting", updated_at=_NOW),)


def _report() -> ReindexReport:
    return ReindexReport(
        version="20261123-1104",
        added=("docs/zh/longconn.md",),
        changed=("docs/zh/feishu.md", "docs/en/feishu.md"),
        removed=("docs/zh/old_setup.md",),
        documents=42,
        chunks=518,
        seconds=6.3,
        problems=("docs/scan.pdf: no text in it",),
    )
