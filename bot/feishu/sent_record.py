"""The sent-record: what went out for a message, written before and after each send.

One hash per question, with one field per logical send (the answer card, its continuations, notices). A
resumed job finds the card it was writing and continues it; a send that was written down but not confirmed is
sent again with the uuid it had, which Feishu takes once an hour (im-v1/message/reply). A second key leads
from a card back to its question, a third holds a card entity's id and the sequence of its operations.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from redis import Redis

from bot.redis_keys import ANSWER_OF, CARD, SENT
from bot.stored import decoded, known, read_object, without_unset


class State(StrEnum):
    """How far a logical send came."""

    SENDING = "sending"
    """Handed to Feishu, not confirmed."""
    OPEN = "open"
    """The card is there and still changes."""
    DONE = "done"


@dataclass(frozen=True)
class Record:
    """One logical send."""

    state: State
    started: float
    """Unix seconds of the first attempt."""
    message_id: str = ""
    """Of what was sent; empty until Feishu confirms it."""
    thread_id: str = ""
    chat_id: str = ""
    card_id: str = ""
    """Of the card entity inside, where there is one."""


_TEXTS = ("message_id", "thread_id", "chat_id", "card_id")


def uuid_of(message_id: str, key: str) -> str:
    """The uuid of a logical send: the same for every attempt, 40 characters (Feishu takes up to 50)."""
    return hashlib.sha256(f"{message_id}\n{key}".encode()).hexdigest()[:40]


class SentRecords:
    """The records of all processes."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def get(self, message_id: str, key: str) -> Record | None:
        """What is known of a logical send; None when it was never begun, or nothing that can be read is kept.

        It then goes out with the uuid that it had, which Feishu takes once.
        """
        found = self.redis.hget(SENT.of(message_id), key)
        return _read(found) if found else None

    def put(self, message_id: str, key: str, record: Record) -> None:
        """Writes a record, and the way back from the sent message to the question."""
        name = SENT.of(message_id)
        with self.redis.pipeline() as pipeline:
            pipeline.hset(name, key, json.dumps(without_unset(record, asdict(record))))
            pipeline.expire(name, SENT.seconds)
            if record.message_id:
                pipeline.set(ANSWER_OF.of(record.message_id), message_id, ex=ANSWER_OF.seconds)
            if record.message_id and record.card_id:
                pipeline.hset(CARD.of(record.message_id), "card_id", record.card_id)
                pipeline.expire(CARD.of(record.message_id), CARD.seconds)
            pipeline.execute()

    def reopen(self, message_id: str, key: str) -> None:
        """A card that was ended is to be written anew: the send's next run takes it up."""
        record = self.get(message_id, key)
        if record is not None and record.state is State.DONE:
            self.put(message_id, key, replace(record, state=State.OPEN))

    def messages(self, message_id: str) -> list[str]:
        """The ids of everything sent for a question, in order: what a recall takes back."""
        records = sorted(self.sent(message_id).values(), key=lambda record: record.started)
        return [record.message_id for record in records if record.message_id]

    def sent(self, message_id: str) -> dict[str, Record]:
        """The records of all logical sends for a question, by their keys."""
        found = self.redis.hgetall(SENT.of(message_id))
        records = {decoded(key): _read(value) for key, value in found.items()}
        return {key: record for key, record in records.items() if record is not None}

    def question_of(self, card_message_id: str) -> str:
        """The question a sent card answers; empty when it is not known."""
        return decoded(self.redis.get(ANSWER_OF.of(card_message_id)))

    def card_of(self, message_id: str) -> str:
        """The card entity inside a sent message; empty for one that was sent as JSON."""
        return decoded(self.redis.hget(CARD.of(message_id), "card_id"))

    def drop_card(self, message_id: str) -> None:
        """From now on the message is patched: its entity is of no more use."""
        self.redis.hdel(CARD.of(message_id), "card_id")

    def next_sequence(self, message_id: str, step: int = 1) -> int:
        """A sequence greater than any drawn before for this message's card, by any process."""
        return int(self.redis.hincrby(CARD.of(message_id), "sequence", step))


def _read(value: bytes | str) -> Record | None:
    """A record; of a state that only another release knows, the card is there and may yet change."""
    fields = read_object(value)
    state = fields.get("state")
    texts = all(isinstance(fields.get(name, ""), str) for name in _TEXTS)
    if not (isinstance(state, str) and isinstance(fields.get("started"), int | float) and texts):
        return None
    known_state = State(state) if state in set(State) else State.OPEN
    return Record(**{**known(Record, fields), "state": known_state})
