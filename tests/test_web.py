"""bot.web over HTTP semantics: what Feishu gets back, and what gets into the queue."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from rq.queue import Queue as RQQueue

from bot.cards.presses import PressSigner
from bot.config.settings import FeishuSettings, LimitSettings, RedisSettings, Settings, WebSettings
from bot.metrics import exposition
from bot.queue import intake
from bot.redis_keys import connect
from bot.web.app import EVENT_PATH, create_app
from bot.web.operator_pages import create_operator_app
from bot.web.signature import NONCE, SIGNATURE, TIMESTAMP, encrypt, signature
from tests.silent_redis import MOST_TRIES, SilentRedis

KEY, TOKEN, SECRET, BOT = "encrypt key", "verification token", "app secret", "ou_bot"
SETTINGS = Settings(
    feishu=FeishuSettings(encrypt_key=KEY, verification_token=TOKEN, app_secret=SECRET),
    web=WebSettings(max_body_bytes=20_000),
    limits=LimitSettings(queue_per_group=3),
    admins=("ou_admin",),
)


@pytest.fixture
def client(redis: Redis) -> Iterator[FlaskClient]:
    redis.set("fennel:bot:open_id", BOT)
    with create_app(SETTINGS, redis).test_client() as client:
        yield client


def event(event_type: str, body: dict[str, Any], event_id: str = "event1") -> dict[str, Any]:
    header = {"event_id": event_id, "event_type": event_type, "token": TOKEN, "app_id": "cli_1"}
    return {"schema": "2.0", "header": header, "event": body}


def question(
    text: str, message_id: str = "om_1", *, mention: bool = True, chat: str = "group"
) -> dict[str, Any]:
    mentions = [{"key": "@_user_1", "id": {"open_id": BOT}, "name": "Fennel"}] if mention else []
    message = {
        "message_id": message_id,
        "chat_id": "oc_1",
        "chat_type": chat,
        "message_type": "text",
        "content": json.dumps({"text": ("@_user_1 " if mention else "") + text}),
        "mentions": mentions,
        "create_time": str(int(time.time() * 1000)),
    }
    sender = {"sender_id": {"open_id": "ou_asker"}, "sender_type": "user"}
    return event("im.message.receive_v1", {"sender": sender, "message": message}, f"event_{message_id}")


def seal(payload: object, key: str = KEY) -> tuple[dict[str, str], bytes]:
    body = json.dumps({"encrypt": encrypt(json.dumps(payload).encode(), key)}).encode()
    stamp, nonce = str(int(time.time())), "nonce"
    return {TIMESTAMP: stamp, NONCE: nonce, SIGNATURE: signature(stamp, nonce, key, body)}, body


def push(client: FlaskClient, payload: object, key: str = KEY) -> tuple[int, Any]:
    headers, body = seal(payload, key)
    answer = client.post(EVENT_PATH, headers=headers, data=body)
    assert answer.content_type == "application/json"
    return answer.status_code, answer.get_json()


def queued(redis: Redis, lane: str = "answer") -> list[str]:
    return [job.func_name for job in RQQueue(lane, connection=redis, serializer="json").jobs]


def test_a_question_becomes_one_job_however_often_it_is_pushed(client: FlaskClient, redis: Redis) -> None:
    for _ in range(3):
        assert push(client, question("how?")) == (200, {})
    assert queued(redis) == ["worker.jobs.answer"]


def test_unmentioned_chatter_is_accepted_and_ignored(client: FlaskClient, redis: Redis) -> None:
    assert push(client, question("lunch?", mention=False)) == (200, {})
    assert queued(redis) == []


def test_private_questions_need_no_mention(client: FlaskClient, redis: Redis) -> None:
    assert push(client, question("how?", mention=False, chat="p2p")) == (200, {})
    assert queued(redis) == ["worker.jobs.answer"]


def test_commands_become_their_own_job(client: FlaskClient, redis: Redis) -> None:
    assert push(client, question("/reindex docs")) == (200, {})
    (job,) = RQQueue("quick", connection=redis, serializer="json").jobs
    assert (job.func_name, *job.args[1:]) == ("worker.jobs.command", "reindex", "docs")


def test_the_url_check_encrypted_plain_and_of_both_versions(client: FlaskClient, redis: Redis) -> None:
    challenge = {"challenge": 'ajls"384', "token": TOKEN, "type": "url_verification"}
    _, body = seal(challenge)
    assert client.post(EVENT_PATH, data=body).get_json() == {"challenge": 'ajls"384'}
    assert push(client, challenge) == (200, {"challenge": 'ajls"384'})
    assert client.post(EVENT_PATH, json=challenge).status_code == 401, "plaintext although a key is set"
    plain = create_app(Settings(feishu=FeishuSettings(verification_token=TOKEN)), redis).test_client()
    assert plain.post(EVENT_PATH, json=challenge).get_json() == {"challenge": 'ajls"384'}
    assert plain.post(EVENT_PATH, json={**challenge, "token": "x"}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"\xff\xfe", b'{"encrypt": 5}', b'{"encrypt": "AAAA"}', b"[" * 15_000],
)
def test_unproven_bodies_are_refused_alike(client: FlaskClient, redis: Redis, body: bytes) -> None:
    answer = client.post(EVENT_PATH, data=body)
    assert (answer.status_code, answer.get_json()) == (401, {"error": "unproven"})
    assert redis.keys("*") == [b"fennel:bot:open_id"]


def test_proven_nonsense_is_malformed(client: FlaskClient) -> None:
    for payload in ([], {}, {"header": {}}, {"header": {"token": TOKEN}}, question("x", "om:1")):
        headers, body = seal(payload)
        assert client.post(EVENT_PATH, headers=headers, data=body).status_code in (400, 401)
    assert push(client, question("x", "om:1")) == (400, {"error": "malformed"})


def test_too_large_bodies_are_refused_unread(client: FlaskClient) -> None:
    answer = client.post(EVENT_PATH, data=b"x" * 20_001)
    assert (answer.status_code, answer.get_json()) == (413, {"error": "too_large"})


def test_other_methods_and_pages_are_refused_in_json(client: FlaskClient) -> None:
    assert client.get(EVENT_PATH).get_json() == {"error": "method not allowed"}
    assert client.get("/fetch").get_json() == {"error": "not found"}
    assert client.get("/rq").status_code == 404


def test_unknown_events_are_accepted_and_counted(client: FlaskClient) -> None:
    assert push(client, event("im.something.new_v9", {})) == (200, {})
    assert b'fennel_events_total{type="Unknown"}' in exposition()


def test_without_the_bots_own_id_feishu_is_asked_to_push_again(
    client: FlaskClient, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr(intake, "time", clock)
    redis.delete("fennel:bot:open_id")
    assert push(client, question("how?")) == (503, {"error": "unavailable"})
    redis.set("fennel:bot:open_id", BOT)
    assert push(client, question("how?")) == (503, {"error": "unavailable"}), "it is not asked at each push"
    now += 1.1
    assert push(client, question("how?")) == (200, {})
    assert queued(redis) == ["worker.jobs.answer"]


@pytest.mark.parametrize("hanging", [False, True])
def test_a_redis_that_is_away_gives_503_within_a_second(hanging: bool) -> None:
    with SilentRedis(hanging=hanging) as silent:
        away = Settings(feishu=SETTINGS.feishu, redis=RedisSettings(url=silent.url))
        client = create_app(away, connect(away.redis.url)).test_client()
        for payload in (
            question("how?", chat="p2p"),
            event("im.message.recalled_v1", {"message_id": "om_1", "chat_id": "oc_1"}),
        ):
            assert push(client, payload) == (503, {"error": "unavailable"})
            assert silent.tries() <= MOST_TRIES, "Feishu waits 3 s: the contract of connect()"
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    operator = create_operator_app(away, connect(away.redis.url)).test_client()
    assert b"fennel_redis_up 0.0" in operator.get("/metrics").data


def test_a_full_queue_is_still_accepted_and_the_asker_is_told(client: FlaskClient, redis: Redis) -> None:
    for number in range(5):
        assert push(client, question("how?", f"om_{number}")) == (200, {})
    assert queued(redis, "quick") == ["worker.jobs.busy"]
    assert queued(redis) == ["worker.jobs.answer"] * 3


def test_an_asker_behind_a_long_queue_is_told_the_position(redis: Redis) -> None:
    redis.set("fennel:bot:open_id", BOT)
    limits = LimitSettings(running_per_group=1, tell_position_from=2)
    client = create_app(SETTINGS.model_copy(update={"limits": limits}), redis).test_client()
    for number in (1, 2, 3, 3, 4):
        assert push(client, question("how?", f"om_{number}")) == (200, {})
    [notice] = RQQueue("quick", connection=redis, serializer="json").jobs
    assert (notice.func_name, queued(redis)) == ("worker.jobs.waiting", ["worker.jobs.answer"])
    assert (notice.args[0]["message_id"], notice.args[1]) == ("om_3", 2)


def press(value: object, operator: str = "ou_asker", event_id: str = "press1") -> dict[str, Any]:
    body = {
        "operator": {"open_id": operator},
        "token": "c-1",
        "action": {"value": value, "tag": "button"},
        "context": {"open_message_id": "om_card", "open_chat_id": "oc_1"},
    }
    return event("card.action.trigger", body, event_id)


def test_a_press_is_answered_with_a_toast_and_queued(client: FlaskClient, redis: Redis) -> None:
    value = PressSigner(SECRET).sign("helpful", "om_1", "ou_asker")
    for _ in range(2):
        status, answer = push(client, press(value))
        assert (status, answer["toast"]["type"]) == (200, "success")
        assert set(answer["toast"]["i18n"]) == {"zh_cn", "en_us"}
    assert queued(redis) == ["worker.jobs.feedback"]


def test_forged_and_foreign_presses_do_nothing(client: FlaskClient, redis: Redis) -> None:
    recall = PressSigner(SECRET).sign("recall", "om_1", "ou_asker")
    forged = {**recall, "asker": "ou_mallory"}
    kinds = [
        push(client, press(value, operator))[1]["toast"]["type"]
        for value, operator in (
            (forged, "ou_mallory"),
            ("text", "ou_asker"),
            ({}, "ou_asker"),
            (recall, "ou_x"),
        )
    ]
    assert kinds == ["error", "error", "error", "warning"]
    assert queued(redis) == []
    assert push(client, press(recall, "ou_admin"))[1]["toast"]["type"] == "success"


def test_a_recalled_question_is_marked_and_cleared_up(client: FlaskClient, redis: Redis) -> None:
    body = {"message_id": "om_1", "chat_id": "oc_1", "recall_type": "message_owner"}
    assert push(client, event("im.message.recalled_v1", body)) == (200, {})
    assert redis.get("fennel:cancelled:om_1") == b"1"
    assert queued(redis, "quick") == ["worker.jobs.recall"]


def test_the_bare_readiness_is_yes_or_no(client: FlaskClient, redis: Redis) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"ready": False})
    redis.sadd("fennel:workers", "a")
    redis.set("fennel:serving:a", "20261123-1")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"ready": True})


@pytest.mark.parametrize("page", ["/metrics", "/rq", "/rq/", "/metrics/", "//metrics", "/readyz/details"])
def test_the_webhook_serves_no_operator_page_to_anybody(client: FlaskClient, page: str) -> None:
    odd = ({"Via": "1.1 proxy"}, {"CF-Connecting-IP": "203.0.113.7"}, {"Host": "127.0.0.1:8001"})
    for headers in ({}, *odd):
        assert client.get(page, headers=headers).status_code == 404


def test_no_text_and_no_secret_is_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    push(client, question("my private words"))
    push(client, question("my private words"), key="wrong")
    for word in ("private words", KEY, TOKEN, SECRET):
        assert word not in caplog.text


@pytest.mark.slow
def test_the_web_process_loads_no_heavy_package() -> None:
    script = "import sys, bot.web; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    packages = {name.split(".")[0] for name in loaded.split()}
    heavy = {"lark_oapi", "torch", "numpy", "faiss", "sklearn", "transformers", "sentence_transformers"}
    assert packages & (heavy | {"lmdeploy", "openai", "rq_dashboard", "worker", "index"}) == set()


@pytest.mark.slow
def test_hostile_pushes_get_nowhere() -> None:
    """A short run of bench/fuzz.py, which is run at length by `make bench`."""
    command = [sys.executable, "-m", "bench.fuzz", "--json", "--inputs", "2000", "--seed", "7"]
    figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert figures["server_errors"] == figures["unproven_accepted"] == 0
    assert figures["traces_of_unproven_in_redis"] == figures["parser_broken"] == 0
    assert figures["jobs_from_proven"] > 0, "the proven half must reach the queue, else it tests nothing"
