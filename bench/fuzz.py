"""Throws hostile pushes at the webhook: no 5xx, and no job from anything that is not proven.

Two kinds. Unproven: random bytes, flipped bits, missing and forged headers, stale and plaintext pushes; after
them Redis must hold exactly what it held before. Proven: pushes signed with the right key (messages, presses
on buttons, recalls and other events) whose JSON has been mutated at random places; they may be accepted or
refused, but never break anything. The application is called as gunicorn calls it, over a real Redis. Then the
event parser by itself reads payloads that Hypothesis builds.
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from pydantic import SecretStr
from redis import Redis

from bench import show
from bench.webhook.events import BOT, ENCRYPT_KEY, OTHER_EVENTS, TOKEN, other_event, question
from bench.webhook.parser_fuzz import run_parser
from bot import logs
from bot.cards.presses import PressSigner
from bot.config.settings import FeishuSettings, RedisSettings, Settings, WebSettings
from bot.supervisor.redis_server import RedisServer
from bot.web.app import EVENT_PATH, create_app
from bot.web.signature import NONCE, SIGNATURE, TIMESTAMP, encrypt, signature

APP_SECRET = "fuzz app secret"
_MUST_BE_ZERO = ("server_errors", "unproven_accepted", "traces_of_unproven_in_redis", "parser_broken")
Headers = dict[str, str]
Push = tuple[Headers, bytes]
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 10**40, 1e308, "", " ", "x" * 5000, "om:1 2\n", "\ud800", "\x00", "é中文🙂"),
    *(
        [],
        {},
        [[]],
        {"": ""},
        [None],
        "[" * 500,
        '{"text":5}',
        '{"content":[[1]]}',
        "@_all",
        "../../x",
        "$(id)",
    ),
)


def measure(inputs: int, seed: int) -> dict[str, Any]:
    """Runs `inputs` pushes, three quarters of them unproven."""
    logs.configure("fuzz", level="critical")
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="fennel-fuzz-") as name, RedisServer(Path(name)) as server:
        app = create_app(_settings(server.url))
        client = Redis.from_url(server.url)
        client.set("fennel:bot:open_id", BOT)
        before = _contents(client)
        unproven = _run(app, _unproven(chance, inputs * 3 // 4))
        traces = len(_contents(client) ^ before)
        proven = _run(app, _proven(chance, inputs - inputs * 3 // 4))
        jobs = int(client.get("fennel:sequence") or 0)
    parser = run_parser(inputs // 6, seed)
    statuses = {"unproven": dict(unproven), "proven": dict(proven)}
    return {
        "inputs": inputs,
        "seed": seed,
        "server_errors": sum(n for counts in (unproven, proven) for code, n in counts.items() if code >= "5"),
        "unproven_accepted": unproven["200"],
        "traces_of_unproven_in_redis": traces,
        "jobs_from_proven": jobs,
        "parser_broken": parser["broken"],
        "parser": parser,
        "statuses": statuses,
    }


def _settings(redis_url: str) -> Settings:
    feishu = FeishuSettings(
        app_secret=SecretStr(APP_SECRET),
        encrypt_key=SecretStr(ENCRYPT_KEY),
        verification_token=SecretStr(TOKEN),
    )
    return Settings(feishu=feishu, redis=RedisSettings(url=redis_url), web=WebSettings(max_body_bytes=50_000))


def _contents(client: Redis) -> set[bytes | str]:
    return set(client.keys("*"))


def _run(app: Flask, pushes: Iterator[Push]) -> Counter[str]:
    """How often each status was answered."""
    return Counter(_status(app, headers, body) for headers, body in pushes)


def _status(app: Flask, headers: Headers, body: bytes) -> str:
    answered: list[str] = []

    def start_response(status: str, *_: object) -> Callable[[bytes], object]:
        answered.append(status[:3])
        return answered.append  # type: ignore[return-value]

    b"".join(app.wsgi_app(_environ(headers, body), start_response))
    return answered[0]


def _environ(headers: Headers, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": EVENT_PATH,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()},
    }


def _sign(body: bytes, key: str = ENCRYPT_KEY, age: int = 0) -> Headers:
    stamp, nonce = str(int(time.time()) - age), "nonce"
    return {TIMESTAMP: stamp, NONCE: nonce, SIGNATURE: signature(stamp, nonce, key, body)}


def _seal(payload: object, key: str = ENCRYPT_KEY) -> bytes:
    return json.dumps({"encrypt": encrypt(json.dumps(payload).encode(), key)}).encode()


def _unproven(chance: random.Random, count: int) -> Iterator[Push]:
    kinds: list[Callable[[random.Random, int], Push]] = [
        _random_bytes,
        _flipped_bit,
        _changed_header,
        _other_key,
        _stale,
        _plaintext,
        _unsigned,
        _wrong_token,
        _cut,
    ]
    for number in range(count):
        yield kinds[number % len(kinds)](chance, number)


def _random_bytes(chance: random.Random, number: int) -> Push:
    body = chance.randbytes(chance.choice((0, 1, 16, 64, 500)))
    if chance.random() < 0.5:
        body = json.dumps(chance.choice(ODD_VALUES)).encode()
    headers = {name: chance.choice(("", "1", "x" * 64, "é")) for name in (TIMESTAMP, NONCE, SIGNATURE)}
    return (headers if chance.random() < 0.5 else {}), body


def _flipped_bit(chance: random.Random, number: int) -> Push:
    body = bytearray(_seal(question(number, "f")))
    headers = _sign(bytes(body))
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return headers, bytes(body)


def _changed_header(chance: random.Random, number: int) -> Push:
    body = _seal(question(number, "f"))
    headers = _sign(body)
    name = chance.choice((TIMESTAMP, NONCE, SIGNATURE))
    headers[name] = chance.choice((headers[name][:-1], headers[name] + "0", "", "-1", "9" * 400, "\x00", "ÿ"))
    return headers, body


def _other_key(chance: random.Random, number: int) -> Push:
    key = chance.choice(("", "guess", ENCRYPT_KEY + " ", ENCRYPT_KEY[:-1]))
    body = _seal(question(number, "f"), key)
    return _sign(body, key), body


def _stale(chance: random.Random, number: int) -> Push:
    body = _seal(question(number, "f"))
    return _sign(body, age=chance.choice((700, 86_400, 10**9, -400, -(10**6)))), body


def _plaintext(chance: random.Random, number: int) -> Push:
    body = json.dumps(question(number, "f")).encode()
    return (_sign(body) if chance.random() < 0.5 else {}), body


def _unsigned(chance: random.Random, number: int) -> Push:
    return {}, _seal(question(number, "f"))


def _wrong_token(chance: random.Random, number: int) -> Push:
    payload = question(number, "f")
    payload["header"] = {**payload["header"], "token": chance.choice(ODD_VALUES)}  # type: ignore[dict-item]
    body = _seal(payload)
    return _sign(body), body


def _cut(chance: random.Random, number: int) -> Push:
    body = _seal(question(number, "f"))
    return _sign(body), body[: chance.randrange(len(body))]


def _proven(chance: random.Random, count: int) -> Iterator[Push]:
    signer = PressSigner(APP_SECRET)
    for number in range(count):
        payload: Any = chance.choice(_PAYLOADS)(number, "p")
        if "action" in payload["event"]:
            payload["event"]["action"]["value"] = signer.sign("helpful", f"om_{number}", "ou_1")
        for _ in range(chance.randint(1, 4)):
            _mutate(chance, payload)
        if isinstance(payload.get("header"), dict):
            payload["header"]["token"] = TOKEN
        body = _seal(payload)
        yield _sign(body), body


_PAYLOADS: list[Callable[[int, str], dict[str, Any]]] = [question, question]
_PAYLOADS += [functools.partial(other_event, event_type) for event_type in OTHER_EVENTS]


def _mutate(chance: random.Random, payload: dict[str, Any]) -> None:
    """Replaces, removes or adds something at a random place of the payload."""
    header = payload.get("header")
    if isinstance(header, dict) and chance.random() < 0.2:
        header["event_type"] = chance.choice(tuple(OTHER_EVENTS))
        return
    place: Any = payload
    while True:
        inner = [value for value in (place.values() if isinstance(place, dict) else place) if value]
        inner = [value for value in inner if isinstance(value, (dict, list))]
        if not inner or chance.random() < 0.3:
            break
        place = chance.choice(inner)
    if not place:
        return
    key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
    if isinstance(place, dict) and chance.random() < 0.15:
        del place[key]
    else:
        place[key] = json.loads(json.dumps(chance.choice(ODD_VALUES)))


def main() -> None:
    """Prints a table, or one JSON object with --json; fails when anything got through."""
    parser = argparse.ArgumentParser(description="Hostile pushes against the webhook")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inputs", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=20261123)
    given = parser.parse_args()
    figures = measure(given.inputs, given.seed)
    show(figures, as_json=given.json)
    sys.exit(any(figures[name] for name in _MUST_BE_ZERO))


if __name__ == "__main__":
    main()
