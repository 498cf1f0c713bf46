"""One token for all processes, fetched by one of them at a time."""

from __future__ import annotations

import threading

import pytest
from pydantic import SecretStr
from redis import Redis

from bot.errors import FeishuError
from bot.feishu.token import TenantToken
from bot.web.readiness import check_readiness
from simulator import LocalFeishu
from tests.outbound import settings_of


def test_many_cold_callers_fetch_one_token(local: LocalFeishu, redis: Redis) -> None:
    processes = [TenantToken(settings_of(local), redis) for _ in range(4)]
    local.faults.add("latency", on="auth.token", delay=0.2)
    seen: list[str] = []
    threads = [
        threading.Thread(target=lambda process=process: seen.append(process.get()))
        for process in processes
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 20
    assert len(set(seen)) == 1
    assert local.tokens.requests == 1


def test_token_leaves_redis_before_its_end(local: LocalFeishu, redis: Redis) -> None:
    TenantToken(settings_of(local), redis).get()
    assert 6000 < redis.ttl(f"fennel:token:{local.app.app_id}") <= 6600


def test_only_the_refused_token_is_forgotten(local: LocalFeishu, redis: Redis) -> None:
    token = TenantToken(settings_of(local), redis)
    first = token.get()
    token.refused("another")
    assert token.get() == first
    local.tokens.revoke()
    token.refused(first)
    assert token.get() != first
    assert local.tokens.requests == 2


def test_a_token_that_cannot_be_had_shows_in_readyz_until_there_is_one(
    local: LocalFeishu, redis: Redis
) -> None:
    settings = settings_of(local).model_copy(update={"app_secret": SecretStr("wrong")})
    with pytest.raises(FeishuError):
        TenantToken(settings, redis).get()
    readiness = check_readiness(redis)
    assert not readiness.token
    assert "feishu.app_secret" in readiness.token_problem, "it says what to do"
    TenantToken(settings_of(local), redis).get()
    assert check_readiness(redis).token
    assert not check_readiness(redis).token_problem


def test_wrong_secret_says_which_setting_to_check(local: LocalFeishu, redis: Redis) -> None:
    settings = settings_of(local).model_copy(update={"app_secret": SecretStr("wrong")})
    with pytest.raises(FeishuError, match=r"feishu\.app_secret") as caught:
        TenantToken(settings, redis).get()
    assert caught.value.retriable, "a secret is put right while answers wait"
    assert "wrong" not in str(caught.value).replace("is wrong", "")


@pytest.mark.parametrize("fault", ["bad_gateway", "drop_before", 99991400])
def test_failing_endpoint_may_be_asked_again(local: LocalFeishu, redis: Redis, fault: str | int) -> None:
    local.faults.add(fault, on="auth.token")
    token = TenantToken(settings_of(local), redis)
    with pytest.raises(FeishuError) as caught:
        token.get()
    assert caught.value.retriable
    assert token.get()


def test_waits_for_another_process_that_is_fetching(local: LocalFeishu, redis: Redis) -> None:
    key = f"fennel:token:{local.app.app_id}"
    redis.set(f"{key}:lock", "another", px=10_000)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        redis.set(key, "t-theirs")

    assert TenantToken(settings_of(local), redis, sleep=sleep).get() == "t-theirs"
    assert len(slept) == 1
    assert local.tokens.requests == 0
