"""How soon the asker sees something, and how smoothly the answer then grows.

Questions go the whole way: a push to gunicorn, a job, a worker process, a model server that takes 1.5 s
for a reply, a local Feishu that keeps Feishu's limits. `first_card_ms` runs from the start of the job in RQ's
record to the moment the card stands in the group; `within_limit` is the share of questions that had it within
300 ms. Then what Feishu saw of each card: most operations within one second (limit 10), whether the sequence
rose all the way and whether streaming was closed exactly once.

    python -m bench.first_card [--questions 30] [--json]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer

from demo.stack import LocalStack
from simulator.tenant.state import ApiCall
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer

LIMIT_MS = 300.0
MOST_PER_SECOND = 10
LATENCY = 1.5
AT_ONCE = 4
REPLY = (
    "An admin sends `/reindex` to the bot [1]. "
    + "The indexer builds a new version beside the old one [1]. " * 8
)
QUESTION = "How does an admin reindex the documents from chat?"
SOURCES = [{"path": "docs", "include": ["en/**/*.md"]}]
_CARD = re.compile(r"/cards/(\d+)(/.*)?$")


def measure(questions: int) -> dict[str, Any]:
    """All figures: questions one after the other, then as many `AT_ONCE` at a time."""
    with ModelServer(model=ScriptedModel(latency=LATENCY, reply=REPLY)) as model:
        settings = {
            "FENNEL_INDEX__SOURCES": json.dumps(SOURCES),
            "FENNEL_LLM__ENGINE": "openai",
            "FENNEL_LLM__BASE_URL": model.url,
            "FENNEL_LIMITS__QUESTIONS_PER_USER_PER_MINUTE": "1000",
            "FENNEL_LIMITS__QUESTIONS_PER_GROUP_PER_MINUTE": "1000",
        }
        with (
            tempfile.TemporaryDirectory(prefix="fennel-card-") as folder,
            LocalStack(Path(folder), settings=settings) as stack,
        ):
            _ask(stack, 1)
            alone = [shown for _ in range(questions) for shown in _ask(stack, 1)]
            together = [shown for _ in range(questions // AT_ONCE) for shown in _ask(stack, AT_ONCE)]
            calls = stack.feishu.calls()
    return {
        "questions": len(alone) + len(together),
        "limit_ms": LIMIT_MS,
        "first_card_ms": _spread(alone),
        f"first_card_ms_{AT_ONCE}_at_once": _spread(together),
        "within_limit": sum(value <= LIMIT_MS for value in alone + together) / len(alone + together),
        "share_of_limit": round(statistics.median(alone) / LIMIT_MS, 3),
        **_streams(calls),
    }


def _ask(stack: LocalStack, count: int) -> list[float]:
    """Asks `count` questions at once, waits for their answers; ms from each job's start to its card."""
    chats = [f"oc_card_{number}" for number in range(count)]
    for chat in chats:
        stack.feishu.add_chat(chat, "Cards")
    asked = [stack.feishu.say(text=QUESTION, mention_bot=True, chat=chat) for chat in chats]
    for message_id in asked:
        stack.feishu.wait_for_card(message_id, 60)
    started = _starts(stack.redis_url)
    return [
        stack.feishu.replies(message_id)[0].create_time - started[message_id] * 1000 for message_id in asked
    ]


def _starts(redis_url: str) -> dict[str, float]:
    """When the job of each message was started, Unix seconds."""
    found = {}
    with Redis.from_url(redis_url) as redis:
        ids = [key.decode().rpartition(":")[2] for key in redis.scan_iter("rq:job:*")]
        for job in Job.fetch_many(ids, redis, serializer=JSONSerializer):
            if job is not None and job.func_name == "worker.jobs.answer" and job.started_at is not None:
                found[job.args[0]["message_id"]] = job.started_at.timestamp()
    return found


def _streams(calls: list[ApiCall]) -> dict[str, Any]:
    """What Feishu saw of each card entity."""
    cards: dict[str, list[ApiCall]] = defaultdict(list)
    for call in calls:
        if (found := _CARD.search(call.path)) is not None:
            cards[found.group(1)].append(call)
    sequences = [[json.loads(call.request)["sequence"] for call in made] for made in cards.values()]
    closings = [sum(call.operation == "cards.settings" for call in made) for made in cards.values()]
    return {
        "cards": len(cards),
        "frames_a_card": round(
            statistics.mean(
                sum(call.operation == "elements.content" for call in made) for made in cards.values()
            ),
            1,
        ),
        "most_operations_in_a_second": max(_busiest(made) for made in cards.values()),
        "limit_operations_in_a_second": MOST_PER_SECOND,
        "sequence_rises": all(first < then for one in sequences for first, then in pairwise(one)),
        "closed_exactly_once": all(count == 1 for count in closings),
        "refused_calls": sum(call.code != 0 for call in calls),
    }


def _busiest(calls: list[ApiCall]) -> int:
    """Most calls within any one second."""
    times = sorted(call.time for call in calls)
    return max(sum(start <= time < start + 1.0 for time in times) for start in times)


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "largest": round(ordered[-1], 1),
    }


def main() -> None:
    """Prints one JSON object with --json, else a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--questions", type=int, default=30)
    given = parser.parse_args()
    figures = measure(given.questions)
    if given.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:32} {value}" for name, value in figures.items()))
    if not (figures["sequence_rises"] and figures["closed_exactly_once"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
