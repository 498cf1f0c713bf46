"""`python -m bot backup DIR` and `restore DIR`: what cannot be built again, in one folder.

From Redis: questions that wait, what was said and sent, answers and their cards' state, Traces, opinions,
marked examples, the audit log, what was given up on. From disk: the settings file, the fitted gate, labelled
questions, question-and-answer files. The index itself is built again from its sources. The folder holds what
people asked, and secrets where the settings file does: only its owner can read it.

Redis' values travel as Redis dumps them (DUMP, RESTORE), so the Redis that takes them is of the same version
or newer. What runs while a backup is made may be missing its last step: it is done again, once.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from bot import redis_keys
from bot.config import disk
from bot.config.settings import Settings
from bot.errors import ConfigError, QueueUnavailable
from bot.queue import rq_layout
from bot.redis_keys import FOR_WORKERS, connect
from bot.stored import decoded

FORMAT = 1
_PASSING = (
    *(redis_keys.TENANT_TOKEN, redis_keys.TOKEN_LOCK, redis_keys.TOKEN_PROBLEM, redis_keys.AWAY),
    *(redis_keys.ALIVE, redis_keys.LEASE, redis_keys.LEASE_ASKED, redis_keys.SERVING, redis_keys.WORKERS),
    *(redis_keys.PROBE, redis_keys.DEGRADED, redis_keys.PACE, redis_keys.HOLD, redis_keys.RATE),
    *(redis_keys.TOLD, redis_keys.PAGE, redis_keys.ROBOTS),
)
"""What is known anew within seconds, or is nobody's loss."""


def backup(settings: Settings, settings_file: Path | None, folder: Path) -> str:
    """Writes the backup; says what is in it. Raises ConfigError, QueueUnavailable."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty: give a new folder for each backup")
    files = {name: _read(place) for name, place in _places(settings, settings_file) if place.is_file()}
    try:
        with connect(settings.redis.url, FOR_WORKERS) as redis:
            redis.ping()  # a Redis that is away leaves no folder behind
            with disk.writing(folder, "give another folder"):
                keys = _write(folder, redis, files)
    except RedisError as error:
        disk.remove(folder)
        raise QueueUnavailable(f"no answer at redis.url ({type(error).__name__})") from error
    except ConfigError:
        disk.remove(folder)
        raise
    return f"{folder}: {keys} keys of Redis, {len(files)} files"


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as error:
        raise ConfigError(f"{place} cannot be read ({error.strerror}): {disk.OWNER}") from error


def _write(folder: Path, redis: Redis, files: Mapping[str, bytes]) -> int:
    """How many keys of Redis are in it. Raises OSError, RedisError."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    keys = _write_redis(redis, folder / "redis.jsonl")
    for name, content in files.items():
        target = folder / "files" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o600)
    made = {"format": FORMAT, "made_at": time.time(), "keys": keys, "files": len(files)}
    (folder / "manifest.json").write_text(json.dumps(made) + "\n", "utf-8")
    return keys


def restore(settings: Settings, settings_file: Path | None, folder: Path, *, over: bool = False) -> str:
    """Brings a backup back; says what was brought. Raises ConfigError, QueueUnavailable.

    `over` writes over what a Redis in use holds.
    """
    _check(folder)
    try:
        with connect(settings.redis.url, FOR_WORKERS) as redis:
            if not over and redis.exists(redis_keys.SEQUENCE.name):
                raise ConfigError(
                    f"{settings.redis.shown} is in use: stop the bot and give --over to write over it"
                )
            keys = _read_redis(redis, folder / "redis.jsonl")
            waiting = _requeue_running(redis)
    except RedisError as error:
        raise QueueUnavailable(f"Redis did not take it ({type(error).__name__}: {error})") from error
    files = 0
    for name, place in _restored_places(settings, settings_file, folder):
        if name == "settings.yaml" and place.exists() and not over:
            continue
        content = _read(folder / "files" / name)
        with disk.writing(place, "restore where the settings' places can be written"):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            if name == "settings.yaml":
                place.chmod(0o600)
        files += 1
    return f"{keys} keys of Redis ({waiting} jobs that ran are begun again), {files} files"


def _check(folder: Path) -> None:
    try:
        made = json.loads((folder / "manifest.json").read_text("utf-8"))
        known = int(made["format"]) <= FORMAT
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ConfigError(f"{folder} is no backup: it has no readable manifest.json") from error
    if not known:
        raise ConfigError(f"{folder} was made by a later release: restore it with that one")


def _write_redis(redis: Redis, file: Path) -> int:
    count = 0
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        for key in redis.scan_iter("*", 1000):
            if not _is_kept(decoded(key)):
                continue
            with redis.pipeline() as pipeline:
                pipeline.pttl(key)
                pipeline.dump(key)
                lifetime, dumped = pipeline.execute()
            if dumped is None:  # it went meanwhile
                continue
            row = {"key": _encoded(key), "ttl": max(0, int(lifetime)), "dump": _encoded(dumped)}
            out.write(json.dumps(row) + "\n")
            count += 1
    return count


def _read_redis(redis: Redis, file: Path) -> int:
    count = 0
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            row = json.loads(line)
            key, dumped, lifetime = _from_base64(row["key"]), _from_base64(row["dump"]), int(row["ttl"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ConfigError(f"{file}:{number} is damaged: nothing after it was restored") from error
        redis.restore(key, lifetime, dumped, replace=True)
        count += 1
    return count


def _requeue_running(redis: Redis) -> int:
    """Jobs that ran when the backup was made stand in no queue: they go to the front of theirs."""
    count = 0
    for key in redis.scan_iter(f"{rq_layout.JOB_PREFIX}*", 1000):
        status, origin = redis.hmget(key, rq_layout.STATUS, "origin")
        if status == rq_layout.STARTED and origin:
            redis.hset(decoded(key), rq_layout.STATUS, "queued")
            redis.lpush(
                rq_layout.QUEUE_PREFIX + decoded(origin), decoded(key).removeprefix(rq_layout.JOB_PREFIX)
            )
            count += 1
    return count


def _is_kept(key: str) -> bool:
    if key.startswith(rq_layout.OF_RQ):
        return key.startswith(rq_layout.OF_WORK)
    return key.startswith("fennel:") and not any(_is_of(key, passing) for passing in _PASSING)


def _is_of(key: str, kind: redis_keys.Key) -> bool:
    return key.startswith(kind.prefix) if "{}" in kind.pattern else key == kind.pattern


def _places(settings: Settings, settings_file: Path | None) -> Iterator[tuple[str, Path]]:
    """(name in the backup, place) of each file that is kept."""
    yield "settings.yaml", settings_file or Path("config.yaml")
    for file in sorted((settings.index.dir / "gate").glob("*")):
        yield f"gate/{file.name}", file
    for number, file in enumerate(settings.index.gate.questions):
        yield f"questions/{number}{file.suffix}", file
    for number, source in enumerate(settings.index.sources):
        if source.qa is not None:
            yield f"qa/{number}{source.qa.suffix}", source.qa


def _restored_places(
    settings: Settings, settings_file: Path | None, folder: Path
) -> Iterator[tuple[str, Path]]:
    """Where each file of a backup goes: only to places that the settings name."""
    places = dict(_places(settings, settings_file))
    for file in sorted((folder / "files" / "gate").glob("*")):
        places[f"gate/{file.name}"] = settings.index.dir / "gate" / file.name
    for name, place in places.items():
        if (folder / "files" / name).is_file():
            yield name, place


def _encoded(value: bytes | str) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def _from_base64(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
