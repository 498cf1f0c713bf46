"""What the worker hands to the card: the answer, its sources, its outcome.

It lives on the outbound side of `bot` so that `bot.cards.answer` can draw it without importing `worker`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from bot.stored import known, new_field, without_unset


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
    source: str = ""
    """Name of the source in `index.sources` that the document is of; empty for a web page."""


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
    asker: str = ""
    """open_id of who asked; buttons that only the asker may press are bound to it."""
    further: tuple[Source, ...] = ()
    """Passages that were found but not cited: behind "more sources"."""
    late: float = new_field(0.0)
    """Seconds from the question to its answer, where that is worth a line: Feishu was away meanwhile."""
    product_version: str = new_field("")
    """Which version of the product it speaks of, where the sources say."""
    standalone: str = new_field("")
    """The question as it was understood, where that is not as it was asked: a follow-up, a quoted message."""
    gathered: bool = new_field(False)
    """The question is more than the message that the card replies to: pieces, a quoted message, a file."""
    private: bool = new_field(False)
    """Asked in a private chat: only the asker sees the card."""

    def to_json(self) -> dict[str, Any]:
        """Small JSON: what is kept so that a pressed button can draw the card anew."""
        whole = without_unset(self, asdict(self))
        for source in (*whole["sources"], *whole["further"]):
            del source["source"]  # no card shows it, and the release before refuses new fields
        return whole

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Answer:
        """The reverse of `to_json`; raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            **{
                **known(cls, data),
                "outcome": Outcome(data["outcome"]),
                "sources": tuple(_source(item) for item in data["sources"]),
                "further": tuple(_source(item) for item in data["further"]),
            }
        )


def _source(data: Mapping[str, Any]) -> Source:
    return Source(**{**known(Source, data), "heading_path": tuple(data["heading_path"])})


class Feedback(StrEnum):
    """Whether a card asks for a reason. Opinions are a person's own and kept beside the card, not on it."""

    NONE = "none"
    HELPFUL = "helpful"
    """Written by the first release; read like NONE."""
    ASKING_REASON = "asking_reason"
    """Somebody pressed "not helpful" and gave no reason yet: the optional form is open."""
    NOT_HELPFUL = "not_helpful"
    """Like HELPFUL."""


class Human(StrEnum):
    """Where a hand-over to a human stands."""

    NONE = "none"
    ASKED = "asked"
    TAKEN = "taken"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class CardState:
    """What people did with an answer's card since it was sent; the card is drawn from answer and state."""

    feedback: Feedback = Feedback.NONE
    human: Human = Human.NONE
    experts: tuple[str, ...] = ()
    """open_ids mentioned when a human is asked; empty: "ask a human" is not offered."""
    taken_by: str = ""
    """open_id of the expert who took the question."""
    can_search_web: bool = False
    """Offer "answer again with web search"."""
    searching_web: bool = False
    """It was pressed and the new answer is under way."""
    more_sources: bool = False
    """Asked for by a button of the first release; they stand behind the fold now."""
    helpful: int = new_field(0)
    """People who found the answer helpful, and below who did not."""
    not_helpful: int = new_field(0)

    def to_json(self) -> dict[str, Any]:
        """Small JSON, kept beside the answer's."""
        return without_unset(self, asdict(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CardState:
        """The reverse of `to_json`; raises TypeError, KeyError or ValueError for anything else."""
        return cls(
            **{
                **known(cls, data),
                "feedback": Feedback(data["feedback"]),
                "human": Human(data["human"]),
                "experts": tuple(data["experts"]),
            }
        )


@dataclass(frozen=True)
class ReindexProgress:
    """One moment of a running reindex."""

    stage: str
    """Name of what runs: 'loading', 'splitting', 'embedding', 'compared', 'publishing'."""
    done: int = 0
    total: int = 0
    """0 when not yet known."""


@dataclass(frozen=True)
class ReindexReport:
    """What a finished reindex did, by document path."""

    version: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    documents: int = 0
    chunks: int = 0
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    """Documents that could not be read, each with why."""
    dry_run: bool = False
    """It only tells what would change."""
    cancelled: bool = False
    """Somebody stopped it; the old version keeps answering."""
    worse: tuple[str, ...] = ()
    """Own questions that the version before answered rightly and this one does not."""
    failed: str = ""
    """Why nothing was published; the old version then keeps answering."""
    gone: tuple[str, ...] = ()
    """Documents that would have been removed: nothing was published, and a person is asked."""
    total: int = 0
    """Documents there were, where `gone` asks."""
    remarks: tuple[str, ...] = ()
    """What is to be told of documents that were read."""
    unread: str = ""
    """Formats that are not read, with how many files of each."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Files and folders that were passed over, by why: hidden, empty, tools."""


@dataclass(frozen=True)
class SourceLine:
    """One source of the index as /sources shows it."""

    name: str
    documents: int
    age: str
    """How long ago it was last read, in words; empty for never."""
    fault: str = ""
    """Why it could not be read the last time."""
    due: str = ""
    """When it is read by itself, as the settings say."""


@dataclass(frozen=True)
class VersionLine:
    """One version of the index as /versions shows it."""

    name: str
    built: str
    """Local date and time."""
    documents: int
    chunks: int
    added: int
    changed: int
    removed: int
    current: bool
    use: Mapping[str, Any] | None = None
    """Signed value of the button that makes it the current one; None for no button."""


@dataclass(frozen=True)
class Pair:
    """One question and what a person answered."""

    id: str
    """The message that asked."""
    chat_id: str
    question: str
    answer: str
    by: str
    """open_id of who answered; empty once that person was forgotten."""
    at: float
    """Unix seconds of the answer."""
    language: str = "zh"
    confirmed_by: str = ""
    rejected: bool = False
    from_messages: tuple[str, ...] = ()
    """The messages that the answer was said in."""
