"""How fast a push from Feishu is acknowledged: proven, decided, queued, HTTP 200.

Signed and encrypted events of 2 KB over several connections, against gunicorn on two cores that Redis and the
load share, beside a listener of HuixiangDou's shape in the same run, in turns. `lost` compares the answers
200 with the jobs in Redis.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from redis import Redis

from bench.webhook.events import BOT, PEER_LIST, questions
from bench.webhook.load import Result, run_load
from bench.webhook.servers import hold_to_two_cores, peer, webhook
from bot.supervisor.redis_server import RedisServer
from bot.web.app import EVENT_PATH

MOST_PER_SECOND = 8000
"""Requests prepared for each second of a round; more than any server here answers."""


def measure(rounds: int, seconds: float, connections: int) -> dict[str, Any]:
    """All figures of the benchmark, medians over `rounds`."""
    cores = hold_to_two_cores()
    with tempfile.TemporaryDirectory(prefix="fennel-ack-") as name:
        folder = Path(name)
        with RedisServer(folder / "redis") as redis, webhook(redis, folder) as web:
            with peer(redis, folder) as other:
                ours, theirs, lost = _in_turns(redis, web, other, rounds, seconds, connections)
            half = statistics.median(result.per_second for result in ours) / 2
            at_half, lost_at_half = _ours(redis, web, seconds, connections, half)
    return _figures(ours, theirs, at_half) | {
        "lost": lost + lost_at_half,
        "rounds": rounds,
        "seconds_per_round": seconds,
        "connections": connections,
        "cores": cores,
    }


def _in_turns(
    redis: RedisServer, web: int, other: int, rounds: int, seconds: float, connections: int
) -> tuple[list[Result], list[Result], int]:
    ours, theirs, lost = [], [], 0
    _ours(redis, web, 1.0, connections)
    _theirs(redis, other, 1.0, connections)
    for _ in range(rounds):
        theirs.append(_theirs(redis, other, seconds, connections))
        result, missing = _ours(redis, web, seconds, connections)
        ours.append(result)
        lost += missing
    return ours, theirs, lost


def _ours(
    redis: RedisServer, port: int, seconds: float, connections: int, rate: float = 0.0
) -> tuple[Result, int]:
    """One round against our webhook, and how many acknowledged messages have no job."""
    count = int(seconds * (rate or MOST_PER_SECOND / 2)) + 100
    requests = questions(count, EVENT_PATH, port, _run_name())
    with Redis.from_url(redis.url) as client:
        result = run_load(requests, port, connections=connections, seconds=seconds, rate=rate)
        jobs = int(client.zcard("fennel:pending"))
        _clear(client)
    return result, sum(result.statuses.values()) - jobs


def _theirs(redis: RedisServer, port: int, seconds: float, connections: int) -> Result:
    requests = questions(int(seconds * MOST_PER_SECOND / 4) + 100, "/event", port, _run_name())
    result = run_load(requests, port, connections=connections, seconds=seconds)
    with Redis.from_url(redis.url) as client:
        kept = int(client.llen(PEER_LIST))
        client.delete(PEER_LIST)
    if kept != result.requests or set(result.statuses) != {"200"}:
        raise RuntimeError(f"the peer kept {kept} of {result.requests}: {result.statuses}")
    return result


def _clear(client: Redis) -> None:
    """Empties the queue between rounds, so that each starts alike."""
    client.flushdb()
    client.set("fennel:bot:open_id", BOT)


def _run_name() -> str:
    return f"{time.time_ns():x}"


def _figures(ours: list[Result], theirs: list[Result], at_half: Result) -> dict[str, Any]:
    def median(results: list[Result], name: str) -> float:
        return round(statistics.median(float(getattr(result, name)) for result in results), 1)

    return {
        "ratio_to_peer": round(
            statistics.median(
                mine.per_second / other.per_second for mine, other in zip(ours, theirs, strict=True)
            ),
            2,
        ),
        "requests_per_second": median(ours, "per_second"),
        "p50_ms": median(ours, "p50_ms"),
        "p99_ms": median(ours, "p99_ms"),
        "requests_per_second_at_half": round(at_half.per_second, 1),
        "p50_ms_at_half": round(at_half.p50_ms, 1),
        "p99_ms_at_half": round(at_half.p99_ms, 1),
        "peer": {
            "requests_per_second": median(theirs, "per_second"),
            "p50_ms": median(theirs, "p50_ms"),
            "p99_ms": median(theirs, "p99_ms"),
        },
        "each_round": [
            [round(mine.per_second), round(other.per_second)]
            for mine, other in zip(ours, theirs, strict=True)
        ],
    }


def main() -> None:
    """Prints a table, or one JSON object with --json."""
    parser = argparse.ArgumentParser(description="How fast a push from Feishu is acknowledged")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--connections", type=int, default=16)
    given = parser.parse_args()
    figures = measure(given.rounds, given.seconds, given.connections)
    if given.json:
        print(json.dumps(figures))
        return
    other = figures["peer"]
    print(f"{'':24}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}")
    print(f"{'Fennel':24}{figures['requests_per_second']:>12}{figures['p50_ms']:>10}{figures['p99_ms']:>10}")
    print(
        f"{'Fennel at half of that':24}{figures['requests_per_second_at_half']:>12}"
        f"{figures['p50_ms_at_half']:>10}{figures['p99_ms_at_half']:>10}"
    )
    print(
        f"{'like HuixiangDou':24}{other['requests_per_second']:>12}{other['p50_ms']:>10}{other['p99_ms']:>10}"
    )
    print(f"{figures['ratio_to_peer']} times the peer, {figures['lost']} lost")


if __name__ == "__main__":
    main()
