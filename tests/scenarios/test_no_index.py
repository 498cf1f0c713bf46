"""A worker that has no index yet: questions wait for one that has, and where nobody has, that is said."""

from __future__ import annotations

from pathlib import Path

from bot.messages import say
from bot.queue.queue import ANSWER_QUEUE
from bot.redis_keys import SERVING, WAITING, WORKERS
from tests.house import House, until, words

QUESTION = "How do I revoke a Harbor access token?"


def test_a_question_waits_for_a_worker_with_an_index_and_is_told_where_there_is_none(
    redis_url: str, tmp_path: Path, documents: Path
) -> None:
    with House(redis_url, tmp_path / "none", documents) as house:
        house.redis.set(
            SERVING.of("another"), "20260101T000000"
        )  # first: one that does not serve is struck off
        house.redis.sadd(WORKERS.name, "another")
        asked = house.ask(QUESTION)
        until(lambda: house.redis.zcard(WAITING.of(ANSWER_QUEUE)))
        assert not house.feishu.cards(asked), "another worker may answer it"
        house.redis.delete(SERVING.of("another"))
        assert say("because_index", "en") in words(house.card(asked))
        house.quiet()
        assert len(house.feishu.cards(asked)) == 1
