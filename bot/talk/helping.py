"""Which threads experts were called into, so that what they say there without naming the bot is heard."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import QueueUnavailable
from bot.events.events import Message
from bot.redis_keys import HELP
from bot.stored import decoded


def note_called(redis: Redis, question: str, places: tuple[str, ...]) -> None:
    """Experts were called for a question, whose thread goes by these ids. Raises redis.RedisError."""
    for place in filter(None, dict.fromkeys(places)):
        redis.set(HELP.of(place), question, ex=HELP.seconds)


def question_helped(redis: Redis, message: Message) -> str:
    """The question in whose thread experts were called, where this message stands in it; empty elsewhere.

    Raises QueueUnavailable.
    """
    places = [HELP.of(place) for place in (message.root_id, message.thread_id) if place]
    if not places:
        return ""
    try:
        found = redis.mget(places)
    except RedisError as error:
        raise QueueUnavailable("Redis does not say what this thread is about") from error
    return next((decoded(raw) for raw in found if raw), "")
