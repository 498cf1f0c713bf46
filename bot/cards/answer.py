"""The cards people see: pure functions from what happened to card JSON 2.0.

Every outcome of a question has its card, told apart by header colour and title, small enough for a phone:
the answer, its sources, two small buttons, and one fold with all the rest. Feishu shows the question above a
reply, so a card says it again only where it was understood otherwise than it was asked. Whatever goes in, the
card stays within Feishu's limits; a long answer continues in further cards.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from bot.answer import Answer, CardState, Feedback, Human, Outcome
from bot.cards.buttons import below_answer, hand_over_row, human_line, people
from bot.cards.operator import help_card, reindex_card, sources_card, status_card, versions_card
from bot.cards.paging import Room
from bot.cards.parts import (
    LIMITS,
    Card,
    CardLimits,
    Element,
    card,
    count_elements,
    grey,
    json_bytes,
    markdown,
    shorten,
)
from bot.cards.plain import bare_card
from bot.cards.presses import PressSigner
from bot.cards.sources import MAX_LISTED, cited_sources, folded_sources, nearest_pages
from bot.cards.text import first_words, pages, to_feishu
from bot.markdown.dialect import escape
from bot.messages import say

__all__ = [
    "ANSWER_ELEMENT",
    "PROGRESS_ELEMENT",
    "answer_cards",
    "bare_answer",
    "help_card",
    "human_card",
    "notice_card",
    "progress_card",
    "reindex_card",
    "sources_card",
    "status_card",
    "versions_card",
]

PROGRESS_ELEMENT = "progress"
"""Element id of the line that says what is being done."""

ANSWER_ELEMENT = "answer"
"""Element id of the text that streams."""

_COLORS = {
    Outcome.ANSWERED: "green",
    Outcome.WEB: "blue",
    Outcome.PARTLY: "yellow",
    Outcome.NOT_FOUND: "grey",
    Outcome.DECLINED: "grey",
    Outcome.BUSY: "wathet",
    Outcome.FAILED: "red",
}
_CLOSEST = "default"
"""No answer, but places that may help: neither the green of an answer nor the grey of nothing."""
_QUESTION_LENGTH = 160
_SUMMARY_LENGTH = 60
_PROGRESS_LENGTH = 100
_FRAME_MARGIN = 600
"""Bytes for "(1/3)" in a title, the line that says where an answer goes on, commas."""

_FRAME_ELEMENTS = 10
"""Header, tags and those lines."""


def progress_card(question: str, language: str, line: str = "") -> Card:
    """The card that appears at once and streams: a progress line and an answer still empty.

    `line` says what is being done; without it the card says only that something is.
    """
    elements = [
        _question(question),
        markdown(progress_text(line or say("starting", language)), PROGRESS_ELEMENT, small=True),
        markdown("", ANSWER_ELEMENT),
    ]
    return card(say("title_progress", language), "blue", elements, streaming=True)


def progress_text(line: str) -> str:
    """The dialect text of a line about what is being done."""
    return escape(shorten(line, _PROGRESS_LENGTH))


def answer_cards(
    answer: Answer,
    *,
    actions: PressSigner | None,
    message_id: str,
    state: CardState = CardState(),  # noqa: B008 (frozen)
    now: float | None = None,
    limits: CardLimits = LIMITS,
) -> list[Card]:
    """The card or cards that end a question, the first of which takes the progress card's place.

    `message_id` is the question's, which the buttons act on; no buttons without `actions`. `state` is what
    people did with the card since. `now` is in Unix seconds, for the sources' age. Sources, buttons and
    fold stand on the last card, and that is the only one that a change of `state` changes: what stands on
    which card is settled by the fullest state.
    """
    crowd = 99_999
    fullest = replace(
        state, feedback=Feedback.ASKING_REASON, human=Human.ASKED, helpful=crowd, not_helpful=crowd
    )
    head = _head(answer)
    frame = json_bytes(_card(answer, fullest, head)) + _FRAME_MARGIN
    room = Room(limits.bytes - frame, limits.elements - _FRAME_ELEMENTS, limits.tables)
    bodies = pages(_text(answer), room, room, {item.number: item.url for item in answer.sources})
    bodies[0] = [*head, *bodies[0]]
    moment = time.time() if now is None else now
    for listed in (MAX_LISTED, 4, 1):
        longest = _tail(answer, fullest, actions, message_id, moment, listed)
        if _fits(_card(answer, fullest, longest), limits):
            break
    if not _fits(_card(answer, fullest, [*bodies[-1], *longest]), limits):
        bodies.append([])
    bodies[-1] = [*bodies[-1], *_tail(answer, state, actions, message_id, moment, listed)]
    return [_card(answer, state, body, part, len(bodies)) for part, body in enumerate(bodies, 1)]


def _tail(
    answer: Answer,
    state: CardState,
    actions: PressSigner | None,
    message_id: str,
    now: float,
    listed: int,
) -> list[Element]:
    """What stands below an answer."""
    language = answer.language
    elements = _notes(answer)
    folded: list[Element] = []
    if answer.outcome in (Outcome.NOT_FOUND, Outcome.DECLINED):
        elements += nearest_pages(answer.sources, listed)
    else:
        note = ""
        if answer.product_version:
            note = say("footer_product_version", language, version=shorten(answer.product_version, 60))
        elements += cited_sources(answer.sources, language, now, listed, note)
        folded += folded_sources(answer.sources, answer.further, answer.text, language, now, listed)
    if answer.degraded and answer.engine:
        folded.append(grey(shorten(answer.engine, 60)))
    return elements + below_answer(answer, state, actions, message_id, folded)


def _fits(whole: Card, limits: CardLimits) -> bool:
    return (
        json_bytes(whole) + _FRAME_MARGIN <= limits.bytes
        and count_elements(whole) + _FRAME_ELEMENTS <= limits.elements
    )


def bare_answer(answer: Answer) -> list[Card]:
    """An answer that `answer_cards` cannot draw: its words and sources, no markup and no button."""
    sources = [f"[{source.number}] {source.title} {source.url}".rstrip() for source in answer.sources]
    return [
        bare_card(say(f"title_{answer.outcome.value}", answer.language), "\n".join([answer.text, *sources]))
    ]


def human_card(
    answer: Answer,
    state: CardState,
    *,
    actions: PressSigner | None = None,
    message_id: str = "",
) -> Card:
    """Calls the group's experts to an answer that did not help, with the buttons that they are called to.

    It goes into the answer's thread and is drawn anew as the hand-over goes on.
    """
    elements = [_question(answer.question)]
    if state.human in (Human.NONE, Human.ASKED):
        elements.append(markdown(say("human_wanted", answer.language, people=people(state.experts))))
    else:
        elements += human_line(answer, state)
    row = hand_over_row(answer, state, actions, message_id) if actions is not None else []
    color = "green" if state.human is Human.RESOLVED else "violet"
    return card(say("title_human", answer.language), color, [*elements, *row])


def notice_card(title: str, text: str, language: str, color: str = "blue") -> Card:
    """A card with a title and some Markdown: replies to commands, refusals, news.

    Text beyond one card's room is cut with an ellipsis. `language` is 'zh' or 'en'.
    """
    return card(title, color, to_feishu(text) or [markdown(escape(shorten(title, 120)))], summary=title)


def _card(
    answer: Answer, state: CardState, elements: Sequence[Element], part: int = 1, parts: int = 1
) -> Card:
    """One of an answer's cards: its colour and tags tell how the question ended."""
    language = answer.language
    closest = answer.outcome is Outcome.NOT_FOUND and bool(answer.sources)
    color = _CLOSEST if closest else _COLORS[answer.outcome]
    tags: list[tuple[str, str]] = []
    if answer.degraded:
        color = "orange" if answer.outcome in (Outcome.ANSWERED, Outcome.WEB, Outcome.PARTLY) else color
        tags.append((say("tag_degraded", language), "orange"))
    if state.human is Human.RESOLVED and part == parts:
        tags.append((say("tag_resolved", language), "green"))
    title = say(_title(answer, closest=closest), language)
    summary = f"{title}: {first_words(answer.text, _SUMMARY_LENGTH)}".rstrip(": ")
    if parts > 1:
        title = say("title_part", language, title=title, part=part, parts=parts)
    if part < parts:
        elements = [*elements, grey(say("continued", language))]
    return card(title, color, elements, tags=tags, summary=summary)


def _title(answer: Answer, *, closest: bool) -> str:
    """Name of the card's title: what is refused for a limit does not wait in the queue."""
    if answer.outcome is Outcome.BUSY and answer.text:
        return "title_not_now"
    return "title_closest" if closest else f"title_{answer.outcome.value}"


def _question(question: str) -> Element:
    return markdown(f"> {escape(shorten(question, _QUESTION_LENGTH))}", "question", small=True)


def _head(answer: Answer) -> list[Element]:
    """What was asked and understood, where that is not what Feishu shows above the card."""
    if not answer.standalone.strip():
        return [_question(answer.question)] if answer.gathered and answer.question.strip() else []
    understood = say("understood_as", answer.language, question=shorten(answer.standalone, _QUESTION_LENGTH))
    return [{**grey(understood), "element_id": "understood"}]


def _text(answer: Answer) -> str:
    if answer.outcome is Outcome.BUSY and not answer.text:
        name = "busy" if answer.queue_position > 0 else "busy_next"
        return say(name, answer.language, position=answer.queue_position)
    return answer.text


def _notes(answer: Answer) -> list[Element]:
    """What the reader must know about the answer: that it is late, dropped sentences, a lesser engine."""
    notes = []
    if answer.late:
        notes.append(say("late", answer.language, age=_span(answer.late, answer.language)))
    if answer.unsupported:
        name = "unsupported_one" if answer.unsupported == 1 else "unsupported"
        notes.append(say(name, answer.language, count=answer.unsupported))
    if answer.degraded:
        notes.append(say("degraded", answer.language, reason=shorten(answer.degraded, 200)))
    return (
        [markdown("<br>".join(f"⚠️ {escape(note)}" for note in notes), "notes", small=True)] if notes else []
    )


def _span(seconds: float, language: str) -> str:
    """In minutes below an hour and a half, in hours above."""
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return say("age_in_minutes", language, count=minutes)
    return say("age_in_hours", language, count=round(minutes / 60))
