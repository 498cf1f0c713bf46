"""Which server takes a group's requests, and how long to wait for one that refuses."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from email.utils import formatdate

import aiohttp
import pytest
from multidict import CIMultiDict

from bot.errors import AnswerTimeout, Cancelled, EngineUnavailable
from worker.engines.openai.attempts import Attempts, Call, check, retry_hint
from worker.engines.openai.running_call import ConnectionRefused, named
from worker.engines.openai.servers import Servers, rendezvous

URLS = ("http://a/v1", "http://b/v1", "http://c/v1")
GROUPS = [f"oc_{number}" for number in range(300)]


def test_groups_spread_and_only_those_of_a_lost_server_move() -> None:
    own = {group: rendezvous(group, URLS)[0] for group in GROUPS}
    assert min(Counter(own.values()).values()) > 70
    left = {group: rendezvous(group, URLS[:2])[0] for group in GROUPS}
    assert all(own[group] == left[group] for group in GROUPS if own[group] in URLS[:2])
    assert rendezvous("oc_1", URLS) == rendezvous("oc_1", URLS[::-1])


def test_a_failed_server_rests_longer_each_time_and_comes_back() -> None:
    now = [0.0]
    servers = Servers(URLS, clock=lambda: now[0])
    own = servers.order("oc_1")[0]
    for rest in (1.0, 2.0, 4.0):
        servers.failed(own)
        servers.failed(own)  # another request that was under way
        assert servers.order("oc_1")[-1] == own
        now[0] += rest
        assert servers.order("oc_1")[0] == own
    servers.failed(own)
    servers.worked(own)
    assert servers.resting() == ()


def test_one_broken_connection_is_no_failure_two_are() -> None:
    servers = Servers(URLS[:1])
    servers.broke(URLS[0])
    assert servers.resting() == ()
    servers.worked(URLS[0])
    servers.broke(URLS[0])
    assert servers.resting() == ()
    servers.broke(URLS[0])
    assert servers.resting() == URLS[:1]


def test_a_busy_group_spills_over_to_the_others() -> None:
    servers = Servers(URLS)
    taken: Counter[str] = Counter()
    with ExitStack() as running:
        for _ in range(90):
            url = servers.order("oc_1")[0]
            taken[url] += 1
            running.enter_context(servers.running(url))
    assert len(taken) == 3
    assert max(taken.values()) <= 38


def test_no_server_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Servers(())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "100000"}, 60.0),
        ({"retry-after": formatdate(0)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_hints_of_servers_are_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_hint(CIMultiDict(headers)) == seconds


def test_attempts_go_round_and_end() -> None:
    attempts = Attempts(Servers(URLS), Call(time.monotonic() + 600))
    seen = [attempts.next_server() for _ in range(6)]
    for url in seen:
        attempts.broke(url, ConnectionRefused("ClientConnectorError"))
    assert sorted(seen) == sorted(URLS * 2)
    with pytest.raises(EngineUnavailable, match="http://a/v1: ClientConnectorError"):
        attempts.next_server()


def test_no_pause_beyond_the_deadline() -> None:
    attempts = Attempts(Servers(URLS[:1]), Call(time.monotonic() + 600))
    attempts.put_off(attempts.next_server(), 429, hint=3600.0)
    with pytest.raises(EngineUnavailable, match="HTTP 429"):
        attempts.next_server()


def test_a_pause_ends_when_the_question_is_taken_back() -> None:
    attempts = Attempts(Servers(URLS[:1]), Call(time.monotonic() + 600, lambda: True))
    attempts.put_off(attempts.next_server(), 429, hint=30.0)
    with pytest.raises(Cancelled):
        attempts.next_server()
    with pytest.raises(AnswerTimeout):
        check(Call(time.monotonic() - 1))


@pytest.mark.parametrize(
    ("error", "refused", "said"),
    [
        (aiohttp.ServerDisconnectedError(), False, "it closed the connection without an answer"),
        (aiohttp.ConnectionTimeoutError(), True, "it cannot be reached in time"),
        (aiohttp.SocketTimeoutError(), False, "it does not answer in time"),
        (aiohttp.ClientPayloadError(), False, "ClientPayloadError"),
    ],
)
def test_a_broken_connection_is_told_in_words(error: Exception, refused: bool, said: str) -> None:
    found = named(error)
    assert (isinstance(found, ConnectionRefused), str(found)) == (refused, said)
