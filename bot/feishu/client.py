"""The outbound client: replies, cards that stream, updates, reactions, recalls.

Every logical send has a stable key. What it becomes is written down before and after
(bot/feishu/sent_record.py), so that a job that died half-way continues its card and never replies twice. How
one call is carried through is bot/feishu/call.py; what the calls are, bot/feishu/api.py; how a card streams,
bot/feishu/card_stream.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog
from redis import Redis

from bot.cards.plain import lesser_cards
from bot.clock import SYSTEM, Clock
from bot.config.settings import FeishuSettings
from bot.errors import FeishuError, MessageGone
from bot.feishu.api import Card2, FeishuAPI, message_id_in, milliseconds_in
from bot.feishu.call import PATIENCE, Caller, remedy_of
from bot.feishu.card_stream import CardStream, Carrier, EntityCarrier, PatchCarrier, Ways, without_streaming
from bot.feishu.codes import Remedy
from bot.feishu.outage import Outages, Unheeded
from bot.feishu.pacing import Pacer
from bot.feishu.sent_record import Record, SentRecords, State, uuid_of
from bot.feishu.token import TenantToken
from bot.redis_keys import BOT_OPEN_ID

log = structlog.get_logger(__name__)
Taken = TypeVar("Taken")

UUID_LIFETIME = 55 * 60
"""Seconds during which a send may be repeated under its uuid; Feishu remembers one for an hour."""
ENTITY_PATIENCE = 5.0
"""Seconds spent on making a card entity before the answer goes without."""


@dataclass(frozen=True)
class Sent:
    """A message that Feishu confirmed."""

    message_id: str
    thread_id: str
    chat_id: str


class Feishu:
    """The bot's side of one Feishu app. Methods raise MessageGone and FeishuError."""

    def __init__(
        self,
        settings: FeishuSettings,
        redis: Redis,
        *,
        on_call: Callable[[str], None] | None = None,
        on_refusal: Callable[[str, int], None] | None = None,
        clock: Clock = SYSTEM,
        sleep: Callable[[float], None] | None = None,
        patience: float = PATIENCE,
        heed_outages: bool = True,
    ) -> None:
        """`on_call`, `on_refusal` and `patience`, in seconds, are Caller's. `sleep` replaces `clock`'s.

        `heed_outages` False asks Feishu also while workers wait for it to come back.
        """
        self.outages = (Outages if heed_outages else Unheeded)(redis, clock, sleep)
        token = TenantToken(settings, redis, sleep=sleep, clock=clock, outages=self.outages)
        pacer = Pacer(redis, sleep=sleep, clock=clock)
        caller = Caller(
            token,
            pacer,
            self.outages,
            clock=clock,
            sleep=sleep,
            on_call=on_call,
            on_refusal=on_refusal,
            patience=patience,
        )
        self._clock = clock
        self.open_id = ""
        """The bot's own, once Feishu has said it."""
        self.records = SentRecords(redis)
        self._token = token
        self._api = FeishuAPI(settings, caller)
        self._app_id = settings.app_id
        self._redis = redis

    def bot_open_id(self) -> str:
        """The bot's own open_id, asked of Feishu and kept in Redis for the webhook."""
        open_id = self.open_id = self._api.bot_open_id()
        self._redis.set(BOT_OPEN_ID.name, open_id)
        return open_id

    def check_token(self) -> None:
        """Makes sure that there is a token, for /readyz. Raises FeishuError."""
        self._token.get()

    def granted_scopes(self) -> frozenset[str]:
        """The scopes the app has, for the doctor."""
        return self._api.granted_scopes()

    def reply(
        self, message_id: str, card: Card2, *, key: str, in_thread: bool = True, chat_id: str = ""
    ) -> Sent:
        """Replies to a message, once for a `key`; with `chat_id` the group's rate limit is kept beforehand.

        A card that Feishu refuses for its content goes out as plain Markdown instead. Raises MessageGone when
        the message to answer was recalled.
        """
        record = self.records.get(message_id, key)
        if record is not None and record.message_id:
            return Sent(record.message_id, record.thread_id, record.chat_id)
        record = record or Record(State.SENDING, self._clock.now())
        sent = self._reply(message_id, key, record, card, in_thread=in_thread, chat_id=chat_id)
        self.records.put(message_id, key, replace(sent, state=State.DONE))
        return Sent(sent.message_id, sent.thread_id, sent.chat_id)

    def send(self, chat_id: str, card: Card2, *, key: str) -> Sent:
        """Sends a card into a chat, once for a `key`."""
        uuid = uuid_of(chat_id, key)
        record = self.records.get(uuid, key)
        if record is not None and record.message_id:
            return Sent(record.message_id, record.thread_id, record.chat_id)
        record = record or Record(State.SENDING, self._clock.now(), chat_id=chat_id)
        self.records.put(uuid, key, record)
        data = self._api.create(chat_id, card, uuid=uuid)
        record = replace(record, state=State.DONE, message_id=message_id_in(data))
        self.records.put(uuid, key, record)
        return Sent(record.message_id, str(data.get("thread_id") or ""), chat_id)

    def update(self, message_id: str, card: Card2, *, key: str) -> None:
        """Replaces the card of a message the bot sent, whichever way it was sent; `key` is for the log."""
        card = without_streaming(card)
        card_id = self.records.card_of(message_id)
        carrier = self._carrier(message_id, card_id, card)
        try:
            carrier.complete(card)
        except MessageGone:
            raise
        except FeishuError as error:
            remedy = remedy_of(error)
            log.warning("feishu.update_refused", message_id=message_id, key=key, code=error.code)
            if remedy is Remedy.CONTENT:
                _first_taken(lesser_cards(card), carrier.complete)
            elif card_id and remedy in (Remedy.EXPIRED, Remedy.NEVER, Remedy.SETUP, Remedy.UNKNOWN):
                self.records.drop_card(message_id)
                self._carrier(message_id, "", card).complete(card)
            else:
                raise

    def stream(self, message_id: str, card: Card2, *, key: str, chat_id: str = "") -> CardStream:
        """Replies with a card that will stream, or takes up the one a former run of the job began."""
        record = self.records.get(message_id, key)
        fresh = record is None or not record.message_id
        if record is None or not record.message_id:
            record = self._open(message_id, card, key, record, chat_id)
        return self._stream(message_id, key, card, record, fresh=fresh)

    def recall(self, message_id: str) -> None:
        """Recalls a message of the bot's own; one that is gone already is as it should be."""
        try:
            self._api.delete(message_id)
        except MessageGone:
            log.info("feishu.recalled_before", message_id=message_id)

    def react(self, message_id: str, emoji: str) -> str:
        """Adds a reaction such as "OnIt"; returns its id."""
        return self._api.react(message_id, emoji)

    def forwarded(self, message_id: str) -> list[dict[str, Any]]:
        """The messages inside a forwarded chat, in order."""
        return self._api.forwarded(message_id)

    def resource(self, message_id: str, key: str, kind: str) -> bytes:
        """The bytes of a picture ('image') or of anything else ('file') in a message. Raises FileTooLarge."""
        return self._api.resource(message_id, key, kind)

    def fetch_message(self, message_id: str) -> dict[str, Any]:
        """The message as im-v1/message/get gives it. Raises MessageGone when it was recalled."""
        message = self._api.get(message_id)
        if not message or message.get("deleted"):
            raise MessageGone(230110, "the message was recalled or deleted")
        return message

    def _open(self, message_id: str, card: Card2, key: str, former: Record | None, chat_id: str) -> Record:
        """Makes the card entity and replies with it, or with the card itself where there can be none."""
        record = former or Record(State.SENDING, self._clock.now(), card_id=self._entity(card))
        content = _entity_content(record.card_id) if record.card_id else without_streaming(card)
        try:
            return self._reply(message_id, key, record, content, in_thread=True, chat_id=chat_id)
        except MessageGone:
            raise
        except FeishuError as error:
            plainer = (Remedy.CONTENT, Remedy.EXPIRED, Remedy.UNKNOWN)
            if not record.card_id or remedy_of(error) not in plainer:
                raise
            log.warning("stream.entity_refused", message_id=message_id, code=error.code)
            record, content = replace(record, card_id=""), without_streaming(card)
            return self._reply(message_id, key, record, content, in_thread=True, chat_id=chat_id)

    def _entity(self, card: Card2) -> str:
        """A card entity, empty when Feishu makes none: the answer then comes as patches."""
        try:
            return self._api.create_card(card, patience=ENTITY_PATIENCE)
        except FeishuError as error:
            log.warning("stream.no_entity", code=error.code, why=error.message)
            return ""

    def _reply(
        self,
        message_id: str,
        key: str,
        record: Record,
        content: dict[str, Any],
        *,
        in_thread: bool,
        chat_id: str,
    ) -> Record:
        """Sends under the record's uuid and writes down what came of it."""
        found = self._find_sent(message_id, record)
        if found is None:
            self.records.put(message_id, key, record)
            found = self._send_reply(message_id, key, content, in_thread=in_thread, chat_id=chat_id)
        sent = replace(
            record,
            state=State.OPEN,
            message_id=message_id_in(found),
            thread_id=str(found.get("thread_id") or ""),
            chat_id=str(found.get("chat_id") or chat_id),
        )
        self.records.put(message_id, key, sent)
        return sent

    def _send_reply(
        self, message_id: str, key: str, content: dict[str, Any], *, in_thread: bool, chat_id: str
    ) -> dict[str, Any]:
        uuid = uuid_of(message_id, key)

        def send(content: dict[str, Any], in_thread: bool) -> dict[str, Any]:
            return self._api.reply(message_id, content, uuid=uuid, in_thread=in_thread, chat_id=chat_id)

        try:
            return send(content, in_thread)
        except FeishuError as error:
            remedy = remedy_of(error)
            if remedy is Remedy.THREADLESS and in_thread:
                return send(content, False)
            if remedy in (Remedy.CONTENT, Remedy.UNKNOWN) and content.get("type") != "card":
                log.warning("feishu.plain_card", message_id=message_id, key=key, code=error.code)
                return _first_taken(lesser_cards(content), lambda lesser: send(lesser, in_thread))
            raise

    def _find_sent(self, message_id: str, record: Record) -> dict[str, Any] | None:
        """The reply of an unconfirmed send whose uuid Feishu has forgotten, if it arrived after all."""
        if self._clock.now() - record.started < UUID_LIFETIME:
            return None
        for reply in self._api.replies(message_id, record.started - 1):
            sender = reply.get("sender")
            own = isinstance(sender, dict) and sender.get("id") == self._app_id
            late = milliseconds_in(reply, "create_time") >= int(record.started * 1000) - 1000
            if own and late and not self.records.question_of(message_id_in(reply)):
                log.warning("feishu.found_unconfirmed_reply", message_id=message_id)
                return reply
        return None

    def _stream(self, message_id: str, key: str, card: Card2, record: Record, *, fresh: bool) -> CardStream:
        current = record

        def replaced(last: Card2) -> str:
            nonlocal current
            self.recall(current.message_id)
            sent = self.reply(message_id, last, key=f"{key}:replaced", chat_id=current.chat_id)
            current = replace(current, message_id=sent.message_id, card_id="")
            self.records.put(message_id, key, current)
            return sent.message_id

        def follow(number: int, further: Card2) -> None:
            self.reply(message_id, further, key=f"{key}:{number}", chat_id=current.chat_id)

        ways = Ways(
            patching=lambda: PatchCarrier(self._api, current.message_id, card),
            replace=replaced,
            follow=follow,
            done=lambda: self.records.put(message_id, key, replace(current, state=State.DONE)),
        )
        carrier = self._carrier(record.message_id, record.card_id, card)
        done = record.state is State.DONE
        return CardStream(carrier, ways, record.message_id, finished=done, shown=card if fresh else None)

    def _carrier(self, message_id: str, card_id: str, card: Card2) -> Carrier:
        if card_id:
            return EntityCarrier(self._api, self.records, message_id, card_id)
        return PatchCarrier(self._api, message_id, card)


def _first_taken(cards: list[Card2], send: Callable[[Card2], Taken]) -> Taken:
    """Sends the first of these cards that Feishu does not refuse for its content."""
    for card in cards[:-1]:
        try:
            return send(card)
        except MessageGone:
            raise
        except FeishuError as error:
            if remedy_of(error) not in (Remedy.CONTENT, Remedy.UNKNOWN):
                raise
    return send(cards[-1])


def _entity_content(card_id: str) -> dict[str, Any]:
    return {"type": "card", "data": {"card_id": card_id}}
