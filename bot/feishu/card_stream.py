"""The card of one answer while it is being written.

It is a CardKit entity whose text streams; where Feishu does not let it be one, a message that is patched; and
at the worst a card that shows its text once, at the end. Frames (progress lines and text so far) always carry
the full text, so a lost one costs nothing: they are sent once, dropped while a limit is near, and given up
when Feishu refuses their content. The last card is what counts: it is retried, made plainer, or put in the
place of the one that cannot be changed any more.

Sources: cardkit-v1 (sequence, streaming mode, 10 operations a second, 10 minutes), im-v1/message/patch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bot.cards.answer import ANSWER_ELEMENT, PROGRESS_ELEMENT, progress_text
from bot.cards.plain import plain_card
from bot.cards.text import stream_text
from bot.errors import FeishuError, MessageGone
from bot.feishu.api import Card2, FeishuAPI
from bot.feishu.call import remedy_of
from bot.feishu.codes import Remedy
from bot.feishu.sent_record import SentRecords

log = structlog.get_logger(__name__)

ENTITY_PACE = 0.12
"""Seconds between two frames of a card entity: a little under the 10 a second it allows."""
PATCH_PACE = 1.0
"""Seconds between two patches of a message: each carries the whole card."""
SLOWEST_PACE = 5.0
MOST_FAILURES = 5
"""Failed frames in a row after which the text waits for the last card."""
_OTHERWISE = (Remedy.NEVER, Remedy.SETUP, Remedy.UNKNOWN, Remedy.EXPIRED, Remedy.SEQUENCE)
"""Refusals of an entity after which its message may still be patched."""
SEQUENCES = 100
"""How many sequences a carrier draws at once: enough for most cards, and one question to Redis."""
SEQUENCE_JUMP = 1000
"""What a refused sequence is raised by: whoever overtook us has not drawn so many."""


class Carrier(Protocol):
    """What shows the text."""

    pace: float

    def show(self, element_id: str, text: str, patience: float) -> None:
        """Shows a frame. Raises FeishuError."""

    def complete(self, card: Card2) -> None:
        """Shows the last card and ends streaming. Raises FeishuError."""


class EntityCarrier:
    """A CardKit entity in streaming mode."""

    pace = ENTITY_PACE

    def __init__(self, api: FeishuAPI, records: SentRecords, message_id: str, card_id: str) -> None:
        self._api = api
        self._records = records
        self._message_id = message_id
        self._card_id = card_id
        self._closed = False
        self._sequences = iter(range(0))

    def show(self, element_id: str, text: str, patience: float) -> None:
        try:
            self._write(element_id, text, patience)
        except FeishuError as error:
            if not self._mended(error):
                raise
            self._write(element_id, text, patience)

    def complete(self, card: Card2) -> None:
        """Ends streaming, then replaces the card: closed once, whatever is tried again after."""
        if not self._closed:
            self._close()
            self._closed = True
        self._once_more(lambda: self._api.update_card(self._card_id, card, self._sequence))

    def _write(self, element_id: str, text: str, patience: float) -> None:
        self._api.write_element(self._card_id, element_id, text, self._sequence, patience=patience)

    def _close(self) -> None:
        try:
            self._once_more(lambda: self._api.set_streaming(self._card_id, False, self._sequence))
        except FeishuError as error:
            if remedy_of(error) is not Remedy.CLOSED:
                raise

    def _once_more(self, operation: Callable[[], None]) -> None:
        try:
            operation()
        except FeishuError as error:
            if remedy_of(error) is not Remedy.SEQUENCE:
                raise
            self._jump()
            operation()

    def _mended(self, error: FeishuError) -> bool:
        """Whether the cause of a refused frame is out of the way now."""
        remedy = remedy_of(error)
        if remedy is Remedy.SEQUENCE:
            self._jump()
        elif remedy is Remedy.CLOSED:
            self._once_more(lambda: self._api.set_streaming(self._card_id, True, self._sequence))
        else:
            return False
        return True

    def _sequence(self) -> int:
        number = next(self._sequences, None)
        if number is None:
            last = self._records.next_sequence(self._message_id, SEQUENCES)
            self._sequences = iter(range(last - SEQUENCES + 1, last + 1))
            number = next(self._sequences)
        return number

    def _jump(self) -> None:
        """Leaves the numbers behind that somebody else has overtaken."""
        self._records.next_sequence(self._message_id, SEQUENCE_JUMP)
        self._sequences = iter(range(0))


class PatchCarrier:
    """A message sent as card JSON and replaced as a whole."""

    pace = PATCH_PACE

    def __init__(self, api: FeishuAPI, message_id: str, card: Card2) -> None:
        self._api = api
        self._message_id = message_id
        self._card = without_streaming(card)

    def show(self, element_id: str, text: str, patience: float) -> None:
        self._card = _with_text(self._card, element_id, text)
        self._api.patch(self._message_id, self._card, patience=patience)

    def complete(self, card: Card2) -> None:
        self._api.patch(self._message_id, without_streaming(card))


@dataclass(frozen=True)
class Ways:
    """What a stream asks of the client that made it."""

    patching: Callable[[], Carrier]
    """Another carrier for the same message."""
    replace: Callable[[Card2], str]
    """Recalls the card and replies with this one; returns the new message's id."""
    follow: Callable[[int, Card2], None]
    """Replies with the n-th card of the answer."""
    done: Callable[[], None]
    """Writes down that everything is out."""


class CardStream:
    """What the job writes to. One thread uses it; Feishu.stream makes it.

    `shown` is the card as it was sent a moment ago, None for one that a former run wrote to.
    """

    def __init__(
        self,
        carrier: Carrier,
        ways: Ways,
        message_id: str,
        *,
        finished: bool = False,
        shown: Card2 | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.message_id = message_id
        """The card's message. Changes when the card had to be replaced by a new one."""
        self.finished = finished
        """Whether the last card is there; true from the start when a former run ended it."""
        self._carrier = carrier
        self._ways = ways
        self._may_fall_back = True
        self._clock = clock
        self._next = 0.0
        self._failures = 0
        self._frames = not finished
        self._shown = dict(_texts_by_id((shown or {}).get("body") or {}))

    def progress(self, text: str) -> None:
        """Shows one line about what is being done. Raises MessageGone when the card was taken away."""
        self._show(PROGRESS_ELEMENT, progress_text(text), patience=0.5)

    def write(self, text: str) -> None:
        """Shows the Markdown answer so far, all of it; skipped when the last frame was a moment ago.

        Raises MessageGone when the card was taken away: there is nobody to write for.
        """
        if self._clock() >= self._next and (shown := stream_text(text)):
            self._show(ANSWER_ELEMENT, shown, patience=0.0)

    def finish(self, cards: list[Card2]) -> None:
        """Puts the last card in place and the continuations after it. A second call does nothing.

        Raises MessageGone when the card was taken away, FeishuError when the card could not be shown; one
        that is retriable leaves everything so that the resumed job continues here.
        """
        if self.finished:
            return
        self._frames = False
        self._complete(cards[0])
        for number, card in enumerate(cards[1:], start=2):
            self._ways.follow(number, card)
        self.finished = True
        self._ways.done()

    def _show(self, element_id: str, text: str, patience: float) -> None:
        if not self._frames or not text or self._shown.get(element_id) == text:
            return
        try:
            self._carrier.show(element_id, text, patience)
        except MessageGone:
            self._frames = False
            raise
        except FeishuError as error:
            self._frame_failed(error)
        else:
            self._shown[element_id] = text
            self._failures = 0
        self._next = self._clock() + min(self._carrier.pace * 2**self._failures, SLOWEST_PACE)

    def _frame_failed(self, error: FeishuError) -> None:
        """Decides what becomes of the frames that follow."""
        self._failures += 1
        remedy = remedy_of(error)
        if remedy in (*_OTHERWISE, Remedy.CLOSED) and self._fall_back():
            return
        if remedy is not Remedy.RETRY or self._failures >= MOST_FAILURES:
            self._frames = False
            log.warning("stream.frames_stopped", message_id=self.message_id, code=error.code)

    def _fall_back(self) -> bool:
        """Goes on with patches, once."""
        if not self._may_fall_back:
            return False
        log.warning("stream.patching", message_id=self.message_id)
        self._carrier, self._may_fall_back, self._failures = self._ways.patching(), False, 0
        return True

    def _complete(self, card: Card2) -> None:
        try:
            self._carrier.complete(card)
        except MessageGone:
            raise
        except FeishuError as error:
            self._complete_otherwise(card, error)

    def _complete_otherwise(self, card: Card2, error: FeishuError) -> None:
        remedy = remedy_of(error)
        if remedy is Remedy.CONTENT:
            log.warning("stream.plain_card", message_id=self.message_id, code=error.code)
            self._carrier.complete(plain_card(card))
        elif remedy is Remedy.CLOSED:
            self._carrier.complete(card)
        elif remedy in _OTHERWISE and self._fall_back():
            self._complete(card)
        elif remedy is Remedy.EXPIRED:
            self.message_id = self._ways.replace(card)
        else:
            raise error


def without_streaming(card: Card2) -> Card2:
    """The card as a message that does not stream: patches cannot end streaming mode."""
    config = {
        name: value
        for name, value in (card.get("config") or {}).items()
        if name not in ("streaming_mode", "streaming_config")
    }
    return {**card, "config": config}


def _with_text(card: Card2, element_id: str, text: str) -> Card2:
    """The card with other content in one element, wherever it is."""
    return {**card, "body": _changed(card.get("body") or {}, element_id, text)}


def _texts_by_id(node: Any) -> Iterator[tuple[str, str]]:
    """The texts of elements that have an id."""
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from _texts_by_id(inner)
    if isinstance(node, dict) and "element_id" in node and "content" in node:
        yield node["element_id"], node["content"]


def _changed(node: Any, element_id: str, text: str) -> Any:
    if isinstance(node, list):
        return [_changed(item, element_id, text) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("element_id") == element_id:
        return {**node, "content": text}
    return {name: _changed(value, element_id, text) for name, value in node.items()}
