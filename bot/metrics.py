"""What is counted, for Prometheus; `/metrics` of the web process shows it.

gunicorn runs several processes, and workers are processes of their own. Where PROMETHEUS_MULTIPROC_DIR
names a folder (gunicorn.conf.py makes one; set it for web and workers alike to see all of them on one page)
every process writes its counts there and the page adds them up. Numbers that are a state of Redis, such as
the queue's depth, are read when the page is asked for: they must not be added up over processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    # prometheus_client opens its files while it is imported, so the folder must be there before.
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from bot import metric_files

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

metric_files.use()

EVENTS = Counter("fennel_events_total", "Proven events from Feishu, by type", ["type"])
REFUSED = Counter("fennel_refused_pushes_total", "Pushes that were refused, by reason", ["reason"])
VERDICTS = Counter("fennel_verdicts_total", "What was done with messages, and why", ["action", "reason"])
SUBMISSIONS = Counter("fennel_submissions_total", "What the queue said to messages", ["outcome"])
WEBHOOK_SECONDS = Histogram(
    "fennel_webhook_seconds",
    "Time to answer a push",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
DECISIONS = Counter("fennel_decisions_total", "The gate's decisions on questions", ["verdict"])
ANSWERS = Counter("fennel_answers_total", "How questions ended", ["outcome"])
STEP_SECONDS = Histogram(
    "fennel_step_seconds",
    "Time of each step of an answer",
    ["step"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
ANSWER_SECONDS = Histogram(
    "fennel_answer_seconds",
    "Time a question took, from taking it up to its answer",
    buckets=(0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300),
)
ENGINE_TOKENS = Counter("fennel_engine_tokens_total", "Tokens the engine read and wrote", ["engine", "kind"])
FEISHU_CALLS = Counter("fennel_feishu_calls_total", "Calls of Feishu's Open API", ["api"])
FEISHU_ERRORS = Counter("fennel_feishu_errors_total", "Refused calls, by Feishu's code", ["code"])
PARKED = Counter("fennel_parked_jobs_total", "Jobs given up after their last retry", ["job"])
UNFORESEEN = Counter("fennel_unforeseen_errors_total", "Errors that nobody foresaw, by where", ["where"])
ADMIN_ACTIONS = Counter("fennel_admin_actions_total", "Commands given by admins", ["command"])

Gauges = dict[str, float]


def count_answer(trace: Mapping[str, Any]) -> None:
    """Counts what a question's Trace (worker.pipeline.trace) says: decision, time of each step, tokens."""
    DECISIONS.labels(trace.get("decision") or "none").inc()
    for step, seconds in trace.get("seconds", {}).items():
        (ANSWER_SECONDS if step == "total" else STEP_SECONDS.labels(step)).observe(seconds)
    for kind, count in trace.get("usage", {}).items():
        ENGINE_TOKENS.labels(trace.get("engine") or "none", kind.removesuffix("_tokens")).inc(count)


def exposition(state: Callable[[], Gauges] | None = None) -> bytes:
    """The page, in Prometheus' text format. `state` reads gauges such as {'fennel_queue_waiting': 3}."""
    registry = CollectorRegistry()
    if _multiprocess():
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    if state:
        registry.register(_State(state))
    return (b"" if _multiprocess() else generate_latest(REGISTRY)) + generate_latest(registry)


def serve(port: int) -> tuple[WSGIServer, Thread]:
    """Serves this process' page on loopback from a daemon thread, for a worker that is scraped by itself."""
    registry = REGISTRY
    if _multiprocess():
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return start_http_server(port, addr="127.0.0.1", registry=registry)


def _multiprocess() -> bool:
    return bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))


class _State:
    """Gauges that are read when the page is asked for."""

    def __init__(self, read: Callable[[], Gauges]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        for name, value in self._read().items():
            yield GaugeMetricFamily(name, name.replace("_", " "), value=value)
