"""`python -m bot failed`: what was given up on, as a list, and its second chance."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import QueueUnavailable
from bot.queue.dead_letters import DeadLetter, listed, retry
from bot.redis_keys import FOR_COMMANDS, connect


def show(url: str, *, as_json: bool) -> str:
    """The list, oldest first. Raises QueueUnavailable."""
    with _redis(url) as redis:
        letters = listed(redis)
    if as_json:
        return json.dumps([asdict(letter) for letter in letters], ensure_ascii=False, indent=2)
    return "\n".join(map(line_of, letters)) or "nothing was given up on"


def try_again(url: str, job: str = "") -> str:
    """Puts everything, or one job, back into its queue; says how many. Raises QueueUnavailable."""
    with _redis(url) as redis:
        wanted = [job] if job else [letter.job_id for letter in listed(redis)]
        done = [job_id for job_id in wanted if retry(redis, job_id)]
    if job and not done:
        return f"{job} is not among them; `python -m bot failed` lists what is"
    return f"{len(done)} of {len(wanted)} are tried again"


def line_of(letter: DeadLetter) -> str:
    """One line of the list."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(letter.at)) if letter.at else "?"
    code = f" ({letter.code})" if letter.code else ""
    return f"{when}  {letter.kind or '?':9} {letter.job_id} {letter.chat_id}  {letter.why}{code}"


@contextmanager
def _redis(url: str) -> Iterator[Redis]:
    try:
        with connect(url, FOR_COMMANDS) as redis:
            yield redis
    except RedisError as error:
        raise QueueUnavailable(
            f"no answer at redis.url ({type(error).__name__}): is Redis running?"
        ) from error
