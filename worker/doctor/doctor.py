"""`python -m bot doctor`: checks what a working bot needs; each failure says what to do.

A check returns a Finding and never raises: one broken part must not hide the others. The parts that
answer and know are asked by dotted path, so that the doctor runs where their packages are missing and
can say that they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from secrets import token_hex
from time import time

import requests
from redis.exceptions import RedisError

from bot.config.progress import waiting
from bot.config.settings import Settings
from bot.errors import FennelError
from bot.http_session import in_words, new_session
from bot.web.signature import encrypt, signature
from worker.doctor.rows import FAILED, GOOD, WARNING

CALLBACK_TIMEOUT = 1.0
"""Seconds Feishu waits for the challenge [event-subscription-guide, request URL]."""


CONNECT = "`python -m bot connect` makes the Feishu app by one scan and keeps its keys"


@dataclass(frozen=True)
class Finding:
    """What one check found. `fix` says what to do; empty when all is well."""

    check: str
    state: str
    detail: str
    fix: str = ""


def run(settings: Settings, *, as_json: bool, live: str = "") -> int:
    """Prints every finding; returns 1 when something failed. `live` is the chat of a question of its own."""
    findings = examine(settings)
    if live:
        findings += _live(settings, live)
    findings.append(verdict(findings))
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _print(findings)
    return int(any(finding.state == FAILED for finding in findings))


def _live(settings: Settings, chat_id: str) -> list[Finding]:
    try:
        found = import_module("worker.doctor.live").live(settings, chat_id)
        return [Finding(*row) for row in found]
    except (FennelError, RedisError) as error:
        return [Finding("live", FAILED, f"{type(error).__name__}: {error}", "is the bot in this chat?")]


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order a newcomer meets the parts."""
    checks: list[tuple[str, Callable[[Settings], list[Finding]]]] = [
        ("keys", _keys),
        ("settings", _by_path("worker.doctor.meaning", "meaning_rows")),
        ("redis", _by_path("worker.doctor.redis", "redis_rows")),
        ("proxies", _by_path("worker.doctor.checks", "proxies")),
        ("feishu", _by_path("worker.doctor.checks", "feishu")),
        ("callback", _callback),
        ("index", _by_path("worker.doctor.checks", "index")),
        ("engine", _by_path("worker.doctor.checks", "engine")),
        ("pictures", _by_path("worker.doctor.checks", "pictures")),
    ]
    findings: list[Finding] = []
    for name, check in checks:
        try:
            with waiting(f"checking {name}"):
                findings += check(settings)
        except (FennelError, RedisError, OSError, ImportError) as error:
            findings.append(Finding(name, FAILED, f"{type(error).__name__}: {error}"))
    return findings


def verdict(findings: list[Finding]) -> Finding:
    """All of it in one line, and the one thing to do next."""
    failed = {finding.check: finding for finding in findings if finding.state == FAILED}
    warned = dict.fromkeys(finding.check for finding in findings if finding.state == WARNING)
    if failed:
        what = "not ready for a group" if set(failed) == {"feishu.app_id"} else "not ready"
        detail = f"{what}: {', '.join(failed)} first"
        return Finding("verdict", FAILED, detail, f"next: {_next_step(failed)}")
    start = "next: mention the bot in a group; `python -m bot up` starts what does not run yet"
    if warned:
        return Finding("verdict", WARNING, f"ready; look at {', '.join(warned)} when there is time", start)
    return Finding("verdict", GOOD, "ready", start)


def _next_step(failed: dict[str, Finding]) -> str:
    """What mends the most: one scan for an app that is not there, one command for what does not run."""
    if {"feishu.app_id", "feishu.app_secret"} & set(failed):
        return CONNECT
    if set(failed) <= {"redis", "feishu", "callback", "index"} and "redis" in failed:
        return "`python -m bot up` starts a Redis here, builds the index and starts everything"
    if set(failed) <= {"callback", "index"}:
        return "`python -m bot up` builds the index where there is none and starts everything"
    return next((finding.fix for finding in failed.values() if finding.fix), "read the lines above")


def _by_path(module: str, function: str) -> Callable[[Settings], list[Finding]]:
    def check(settings: Settings) -> list[Finding]:
        return [Finding(*finding) for finding in getattr(import_module(module), function)(settings)]

    return check


def _has_no_app(settings: Settings) -> bool:
    """Whether no Feishu app was connected yet: then one step brings all that is missing."""
    feishu = settings.feishu
    return not (feishu.app_id or feishu.app_secret.get_secret_value())


def _keys(settings: Settings) -> list[Finding]:
    """The four keys of the Feishu app, by the name of their setting."""
    feishu = settings.feishu
    if _has_no_app(settings):
        detail = "no Feishu app is connected yet; `make demo` and `python -m bot ask` work without one"
        return [Finding("feishu.app_id", FAILED, detail, CONNECT)]
    named = {
        "app_id": (feishu.app_id, "Credentials & Basic Info"),
        "app_secret": (feishu.app_secret.get_secret_value(), "Credentials & Basic Info"),
        "encrypt_key": (feishu.encrypt_key.get_secret_value(), "Events & Callbacks > Encryption Strategy"),
        "verification_token": (
            feishu.verification_token.get_secret_value(),
            "Events & Callbacks > Encryption Strategy",
        ),
    }
    if _without_webhook(settings):
        return [
            *(Finding(f"feishu.{name}", GOOD, "set") for name in ("app_id", "app_secret")),
            Finding("webhook keys", GOOD, "none: events come over the long connection, which needs none"),
        ]
    return [
        Finding(f"feishu.{name}", GOOD, "set")
        if value
        else Finding(
            f"feishu.{name}",
            FAILED,
            "empty",
            f"copy it from the console ({page}) and export FEISHU_{name.upper()}",
        )
        for name, (value, page) in named.items()
    ]


def _without_webhook(settings: Settings) -> bool:
    """Whether events can only come over the long connection, as after `python -m bot connect`."""
    feishu = settings.feishu
    provable = feishu.encrypt_key.get_secret_value() or feishu.verification_token.get_secret_value()
    return bool(feishu.app_id and feishu.app_secret.get_secret_value() and not provable)


def _callback(settings: Settings) -> list[Finding]:
    """Sends the webhook the challenge that Feishu sends when the request URL is saved."""
    if _without_webhook(settings) or _has_no_app(settings):
        return []
    url = f"http://{settings.web.host}:{settings.web.port}/feishu/event"
    feishu = settings.feishu
    challenge = token_hex(8)
    body = json.dumps(
        {
            "type": "url_verification",
            "challenge": challenge,
            "token": feishu.verification_token.get_secret_value(),
        }
    ).encode()
    key = feishu.encrypt_key.get_secret_value()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if key:
        body = json.dumps({"encrypt": encrypt(body, key)}).encode()
        stamp, nonce = str(int(time())), token_hex(8)
        headers |= {
            "X-Lark-Request-Timestamp": stamp,
            "X-Lark-Request-Nonce": nonce,
            "X-Lark-Signature": signature(stamp, nonce, key, body),
        }
    try:
        with new_session() as session:
            response = session.post(url, data=body, headers=headers, timeout=CALLBACK_TIMEOUT)
        if not response.ok:
            fix = "restart the web process: it runs with other keys than these settings"
            return [Finding("callback", FAILED, f"{url} answered {response.status_code}", fix)]
        answer = response.json()
    except (requests.RequestException, ValueError) as error:
        fix = "start everything: `python -m bot up`, or the web process: `.venv/bin/honcho start web`"
        return [Finding("callback", FAILED, f"{url} does not answer: {in_words(error)}", fix)]
    if not isinstance(answer, dict) or answer.get("challenge") != challenge:
        return [Finding("callback", FAILED, f"{url} is not Fennel's webhook", "set web.port to a free port")]
    return [Finding("callback", GOOD, f"{url} answers Feishu's challenge")]


def _print(findings: list[Finding]) -> None:
    signs = {GOOD: "ok  ", WARNING: "warn", FAILED: "FAIL"}
    for finding in findings:
        print(f"{signs[finding.state]}  {finding.check}: {finding.detail}")
        if finding.fix:
            print(f"      -> {finding.fix}")
