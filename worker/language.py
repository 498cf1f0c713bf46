"""The language an answer is written in, and that of a chat, in which everything else is said there."""

from __future__ import annotations

from redis import Redis

from bot.redis_keys import SPOKEN
from bot.stored import decoded
from index.text.chinese import has_chinese

MOST_NOTED = 9
"""Questions of a chat that its language is told by."""


def language_of(text: str, wish: str) -> str:
    """'zh' or 'en': what the group wishes for; with 'auto', Chinese where the question has any Chinese."""
    if wish in ("zh", "en"):
        return wish
    return "zh" if has_chinese(text) else "en"


def note_spoken(redis: Redis, chat_id: str, text: str) -> None:
    """A question was asked in a chat. Raises redis.RedisError."""
    key = SPOKEN.of(chat_id)
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.lpush(key, language_of(text, "auto"))
        pipeline.ltrim(key, 0, MOST_NOTED - 1)
        pipeline.expire(key, SPOKEN.seconds)
        pipeline.execute()


def chat_language(redis: Redis, chat_id: str, wish: str, text: str = "") -> str:
    """The language of a chat: what the group wishes for, else what most of its last questions were asked in.

    `text`, what is said just now, tells it where nothing was asked yet; a command is no question. Raises
    redis.RedisError.
    """
    if wish in ("zh", "en"):
        return wish
    said = [decoded(row) for row in redis.lrange(SPOKEN.of(chat_id), 0, -1)]
    if not said:
        return language_of(text, wish) if text else "zh"
    chinese = said.count("zh")
    if 2 * chinese == len(said):
        return said[0]
    return "zh" if 2 * chinese > len(said) else "en"
