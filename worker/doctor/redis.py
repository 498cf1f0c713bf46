"""The doctor's look at Redis: can it be written to, does it run the program's script, does it keep things.

A replica, a cluster and a user who may only read answer to PING as well as any.
"""

from __future__ import annotations

from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.config.settings import Settings
from bot.errors import ConfigError, FennelError
from bot.queue.queue import Queue
from bot.redis_keys import FOR_COMMANDS, SEEN, connect
from bot.supervisor.redis_server import LOOPBACK, find_binary
from worker.doctor.rows import FAILED, GOOD, WARNING, Row

OLDEST_REDIS = (6, 2)
"""RQ moves jobs with BLMOVE, which came with Redis 6.2; without it a job can be lost."""
RIGHTS = "give redis.url a user with +@all ~*, or one that may read, write and run scripts on all keys"


def redis_rows(settings: Settings) -> list[Row]:
    """Everything there is to say about redis.url."""
    client = connect(settings.redis.url, FOR_COMMANDS)
    try:
        client.ping()
        info = _asked(client.info)
        rows = _kind(info) or [*_written(client, settings), *_kept(_asked(lambda: client.config_get("*")))]
        return [*_version(info), *rows]
    except RedisError as error:
        return [_none_yet(error, settings) or _unreachable(error, settings.redis.shown)]
    finally:
        client.close()


def _asked(ask: Any) -> dict[str, Any]:
    """What a command tells; {} where this user may not ask."""
    try:
        found: dict[str, Any] = ask()
    except (NoPermissionError, ResponseError):
        return {}
    return found


def _none_yet(error: RedisError, settings: Settings) -> Row | None:
    """Before there is an app, that no Redis runs here yet is no fault where `bot up` starts one."""
    shown, feishu = settings.redis.shown, settings.feishu
    refused = isinstance(error, RedisConnectionError) and "refused" in str(error)
    if feishu.app_id or not refused or urlsplit(settings.redis.url).hostname not in LOOPBACK:
        return None
    try:
        find_binary()
    except ConfigError:
        return None
    return ("redis", GOOD, f"none runs at {shown} yet; `python -m bot up` starts one", "")


def _unreachable(error: RedisError, shown: str) -> Row:
    if isinstance(error, AuthenticationError | NoPermissionError):
        words = "user or password of redis.url is refused, or the user may do nothing"
        return ("redis", FAILED, f"{type(error).__name__}: {words}", RIGHTS)
    fix = "start one with `appendonly yes`, or set redis.url; `make demo` brings its own"
    why = "does not answer in time" if isinstance(error, RedisTimeoutError) else "cannot be reached"
    if isinstance(error, RedisConnectionError | RedisTimeoutError):
        return ("redis", FAILED, f"{shown} {why}", fix)
    return ("redis", FAILED, f"{shown} refuses: {' '.join(str(error).split())[:200]}", fix)


def _version(info: dict[str, Any]) -> list[Row]:
    version = str(info.get("redis_version", ""))
    if not version:
        return [("redis", WARNING, "its version cannot be read", "")]
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        return [("redis", FAILED, f"version {version}", "install Redis 6.2 or newer")]
    return [("redis", GOOD, f"version {version}", "")]


def _kind(info: dict[str, Any]) -> list[Row]:
    """A server that cannot be the bot's, by its own words."""
    if str(info.get("cluster_enabled", 0)) == "1":
        fix = "set redis.url to a Redis without cluster mode: one script touches several keys at once"
        return [("redis write", FAILED, "it is a node of a cluster", fix)]
    if info.get("role") in ("slave", "replica"):
        fix = "set redis.url to its primary"
        return [("redis write", FAILED, "it is a replica, which takes no writes", fix)]
    return []


def _written(client: Redis, settings: Settings) -> list[Row]:
    """A write, and the script that takes every message in, made to find a message that it has seen before."""
    token = f"doctor-{token_hex(6)}"
    key = f"{SEEN.prefix}reindex-{token}"
    try:
        client.set(key, token, ex=60)
    except (ReadOnlyError, NoPermissionError, ResponseError) as error:
        return [("redis write", FAILED, f"nothing can be written: {_words(error)}", RIGHTS)]
    try:
        taken = Queue(client, settings).submit_reindex({"message_id": token})
    except (RedisError, FennelError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        return [("redis write", FAILED, f"the bot's own script does not run: {_words(cause)}", RIGHTS)]
    finally:
        client.delete(key)
    if not taken.duplicate:
        return [
            (
                "redis write",
                FAILED,
                "what was written is not read back",
                "use one Redis, no proxy over several",
            )
        ]
    return [("redis write", GOOD, "writes, and runs the bot's own script", "")]


def _kept(config: dict[str, Any]) -> list[Row]:
    if not config:
        words = "its settings cannot be read by this user"
        return [
            (
                "redis persistence",
                WARNING,
                words,
                "see that appendonly is yes and maxmemory-policy noeviction",
            )
        ]
    rows: list[Row] = []
    if config.get("appendonly") != "yes":
        words = "appendonly is off: a restart of Redis loses waiting questions"
        rows.append(("redis persistence", WARNING, words, "set `appendonly yes` in redis.conf"))
    if config.get("maxmemory-policy") != "noeviction":
        words = f"maxmemory-policy is {config.get('maxmemory-policy')}: Redis may drop queued questions"
        rows.append(("redis memory", WARNING, words, "set `maxmemory-policy noeviction`"))
    return rows


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:160]}"
