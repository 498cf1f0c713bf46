"""The pages for operators: on a port of their own, behind a token where that port is open."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError
from redis import Redis

from bot.config.settings import FeishuSettings, Settings, WebSettings
from bot.queue.queue import Queue
from bot.redis_keys import AWAY
from bot.web.operator_pages import create_operator_app
from bot.web.readiness import check_readiness
from tests.test_queue import limits, message

SETTINGS = Settings(feishu=FeishuSettings(encrypt_key="k"))


@pytest.fixture
def client(redis: Redis) -> Iterator[FlaskClient]:
    redis.set("fennel:bot:open_id", "ou_bot")
    with create_operator_app(SETTINGS, redis).test_client() as client:
        yield client


def test_readiness_names_what_is_missing(client: FlaskClient, redis: Redis) -> None:
    first = client.get("/readyz")
    assert first.status_code == 503
    assert first.get_json() == {
        "ready": False,
        "redis": True,
        "bot": True,
        "token": True,
        "workers": 0,
        "index_version": "",
        "degraded": "",
        "token_problem": "",
        "away": "",
        "redis_problem": "",
    }
    redis.set("fennel:index:version", "20261123-1")
    redis.sadd("fennel:workers", "a", "gone")
    redis.set("fennel:serving:a", "")
    assert client.get("/readyz").status_code == 503, "published, and served by nobody"
    redis.set("fennel:serving:a", "20261123-1")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["workers"]) == (200, 1)
    assert ready.get_json()["index_version"] == "20261123-1"
    redis.set("fennel:token:problem", "the app secret is wrong")
    refused = client.get("/readyz")
    assert (refused.status_code, refused.get_json()["token"]) == (503, False)


@pytest.mark.parametrize("interface", ["im.message.reply", "cardkit.card.update", "token"])
def test_not_ready_while_feishu_takes_no_answer(redis: Redis, interface: str) -> None:
    redis.sadd("fennel:workers", "a")
    redis.set("fennel:serving:a", "v1")
    redis.set("fennel:bot:open_id", "ou_bot")
    assert check_readiness(redis).ready
    away = {"since": 1.0, "until": 4e9, "failures": 3, "why": "Feishu failed with HTTP 503", "code": 5}
    redis.hset(AWAY.name, interface, json.dumps(away))
    readiness = check_readiness(redis)
    assert not readiness.ready
    assert readiness.away == f"{interface}: Feishu failed with HTTP 503"
    redis.hset(AWAY.name, interface, json.dumps({**away, "until": 5.0}))
    assert check_readiness(redis).ready, "what is long past says nothing"


def test_a_redis_that_takes_no_write_is_not_ready(redis: Redis) -> None:
    redis.sadd("fennel:workers", "a")
    redis.set("fennel:serving:a", "v1")
    redis.set("fennel:bot:open_id", "ou_bot")
    redis.config_set("maxmemory", "1")
    try:
        readiness = check_readiness(redis)
    finally:
        redis.config_set("maxmemory", "0")
    assert not readiness.ready
    assert "OutOfMemory" in readiness.redis_problem or "OOM" in readiness.redis_problem
    assert check_readiness(redis).ready


def test_metrics_show_the_queue(client: FlaskClient, redis: Redis) -> None:
    Queue(redis, limits()).submit(message("1"))
    page = client.get("/metrics").data.decode()
    assert "fennel_queue_waiting 1.0" in page
    assert "fennel_feishu_away 0.0" in page


def test_a_token_is_asked_for_where_it_is_set(redis: Redis) -> None:
    web = WebSettings(operator_host="0.0.0.0", operator_token="let me in")
    client = create_operator_app(SETTINGS.model_copy(update={"web": web}), redis).test_client()
    password = base64.b64encode(b"any:let me in").decode()
    for page in ("/metrics", "/readyz"):
        for refused in ({}, {"Authorization": "Bearer x"}, {"X-Forwarded-For": "127.0.0.1"}):
            assert client.get(page, headers=refused).status_code == 401
        for given in ("Bearer let me in", f"Basic {password}"):
            assert client.get(page, headers={"Authorization": given}).status_code in (200, 503)


def test_an_open_address_without_a_token_and_the_webhooks_own_port_are_refused() -> None:
    with pytest.raises(ValidationError, match="operator_token"):
        WebSettings(operator_host="0.0.0.0")
    with pytest.raises(ValidationError, match="operator_port"):
        WebSettings(port=8000, operator_port=8000)
    assert WebSettings(operator_host="0.0.0.0", operator_port=0)
