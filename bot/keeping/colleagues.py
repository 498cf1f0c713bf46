"""Questions that people answered: what is proposed, and what an admin confirmed.

A pair is known by the message that asked. It is proposed for thirty days and, once confirmed, stays until an
admin takes it out or whoever asked takes the question back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, replace
from typing import Any

from redis import Redis

from bot.answer import Pair
from bot.redis_keys import CONFIRMED, PROPOSED
from bot.stored import read_as

LONGEST_QUESTION = 500
LONGEST_ANSWER = 4000


def propose(redis: Redis, pair: Pair) -> None:
    """Keeps a pair for an admin to judge. Raises redis.RedisError."""
    redis.set(PROPOSED.of(pair.id), _text(pair), ex=PROPOSED.seconds)


def find(redis: Redis, question: str) -> Pair | None:
    """What is kept for a question, confirmed or proposed. Raises redis.RedisError."""
    return _pair(redis.hget(CONFIRMED.name, question)) or _pair(redis.get(PROPOSED.of(question)))


def confirm(redis: Redis, pair: Pair, by: str) -> Pair:
    """Keeps a pair for good. Raises redis.RedisError."""
    kept = replace(pair, confirmed_by=by, rejected=False)
    with redis.pipeline() as pipeline:
        pipeline.hset(CONFIRMED.name, pair.id, _text(kept))
        pipeline.delete(PROPOSED.of(pair.id))
        pipeline.execute()
    return kept


def reject(redis: Redis, pair: Pair) -> Pair:
    """Takes a pair out, or refuses it. Raises redis.RedisError."""
    refused = replace(pair, confirmed_by="", rejected=True)
    with redis.pipeline() as pipeline:
        pipeline.hdel(CONFIRMED.name, pair.id)
        pipeline.set(PROPOSED.of(pair.id), _text(refused), ex=PROPOSED.seconds)
        pipeline.execute()
    return refused


def confirmed(redis: Redis) -> dict[str, list[Pair]]:
    """All confirmed pairs by group. Raises redis.RedisError."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for value in redis.hvals(CONFIRMED.name):
        if pair := _pair(value):
            found[pair.chat_id].append(pair)
    return {chat_id: sorted(pairs, key=lambda pair: pair.at) for chat_id, pairs in found.items()}


def is_confirmed(redis: Redis, question: str) -> bool:
    """Raises redis.RedisError."""
    return bool(redis.hexists(CONFIRMED.name, question))


def forget(redis: Redis, open_id: str) -> None:
    """Takes a person's name off what they answered. Raises redis.RedisError."""
    for question, value in redis.hgetall(CONFIRMED.name).items():
        pair = _pair(value)
        if pair and open_id in (pair.by, pair.confirmed_by):
            redis.hset(CONFIRMED.name, question, _text(_without(pair, open_id)))
    for key in redis.scan_iter(PROPOSED.glob, 500):
        pair = _pair(redis.get(key))
        if pair and open_id in (pair.by, pair.confirmed_by):
            redis.delete(key)


def _without(pair: Pair, open_id: str) -> Pair:
    return replace(
        pair,
        by="" if pair.by == open_id else pair.by,
        confirmed_by="-" if pair.confirmed_by == open_id else pair.confirmed_by,
    )


def _text(pair: Pair) -> str:
    return json.dumps(asdict(pair), ensure_ascii=False)


def _pair(raw: Any) -> Pair | None:
    pair = read_as(Pair, raw)
    return replace(pair, from_messages=tuple(pair.from_messages)) if pair is not None else None
