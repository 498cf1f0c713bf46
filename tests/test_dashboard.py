"""bot.web.dashboard: nothing without the token, RQ's pages with it, and never a pickle."""

from __future__ import annotations

import base64
import warnings

import pytest
from flask.testing import FlaskClient
from redis import Redis
from rq.serializers import JSONSerializer

from bot import audit
from bot.config.settings import FeishuSettings, RedisSettings, Settings, WebSettings
from bot.web.operator_pages import create_operator_app


@pytest.fixture
def client(redis: Redis, redis_url: str) -> FlaskClient:
    settings = Settings(
        feishu=FeishuSettings(encrypt_key="k"),
        redis=RedisSettings(url=redis_url),
        web=WebSettings(dashboard_token="dashboard token"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return create_operator_app(settings, redis).test_client()


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"any:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [{}, basic(""), basic("guess"), basic("é"), {"Authorization": "Bearer guess"}, {"Authorization": "x"}],
)
@pytest.mark.parametrize("page", ["/rq/", "/rq/0/data/queues.json", "/rq/static/css/main.css"])
def test_nothing_without_the_token(client: FlaskClient, page: str, headers: dict[str, str]) -> None:
    answer = client.get(page, headers=headers)
    assert (answer.status_code, answer.get_json()) == (401, {"error": "unauthorized"})


def test_operators_see_the_queues(client: FlaskClient) -> None:
    assert client.get("/rq/", headers=basic("dashboard token")).status_code == 200
    bearer = {"Authorization": "Bearer dashboard token"}
    assert client.get("/rq/0/data/queues.json", headers=bearer).status_code == 200


def test_another_site_cannot_press_its_buttons(client: FlaskClient) -> None:
    headers = {**basic("dashboard token"), "Sec-Fetch-Site": "cross-site"}
    assert client.post("/rq/queue/answer/compact", headers=headers).status_code == 403
    assert client.get("/rq/requeue/answer", headers=headers).status_code == 403


def test_what_is_changed_there_is_audited(client: FlaskClient, redis: Redis) -> None:
    for method, path in (
        ("post", "/rq/queue/answer/compact"),
        ("get", "/rq/requeue/answer"),
        ("get", "/rq/"),
    ):
        getattr(client, method)(path, headers=basic("guess"))
        getattr(client, method)(path, headers=basic("dashboard token"))
    subjects = [(entry["action"], entry["subject"]) for entry in audit.newest(redis, 9)]
    assert subjects == [("dashboard", "/rq/requeue/answer"), ("dashboard", "/rq/queue/answer/compact")]


def test_jobs_are_never_unpickled(client: FlaskClient) -> None:
    from rq_dashboard import web

    assert web.config.serializer is JSONSerializer
