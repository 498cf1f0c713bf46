"""OpenTelemetry traces: one span a question with its steps below it, sent to `tracing.endpoint` by OTLP/HTTP.

They are made from the Trace once the answer is there, so that tracing costs an answer nothing and a collector
that is away costs it nothing either. What people wrote is not in them: names, numbers, ids and versions
alone. The message's id is an attribute, so a span leads to `python -m bot explain`. The SDK is an extra,
imported only when an endpoint is set; it reads variables of its own (OTEL_EXPORTER_OTLP_HEADERS, ...).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.config.extras import require
from bot.config.release import VERSION
from bot.config.settings import TracingSettings
from bot.http_session import new_session

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from worker.pipeline.trace import Trace

SERVICE = "fennel"
PATH = "/v1/traces"
_KEPT = ("message_id", "decision", "outcome", "engine", "index_version")
"""Facts of a Trace that are no words of anybody."""
_USAGE = {"prompt_tokens": "gen_ai.usage.input_tokens", "completion_tokens": "gen_ai.usage.output_tokens"}
"""Names of the semantic conventions for generative AI."""
END_SECONDS = 1.0
"""So long an ending worker tries to send what waits; a collector that is away does not hold it up longer."""
_FAILED = ("failed", "unavailable", "timeout")


class Spans:
    """Writes Traces as spans of a provider. For many threads."""

    def __init__(self, provider: TracerProvider, give_up: Callable[[], None] = lambda: None) -> None:
        """`give_up` ends whatever is being sent."""
        self._provider = provider
        self._give_up = give_up
        self._tracer = provider.get_tracer(SERVICE, VERSION)

    def write(self, trace: Trace) -> None:
        """The question as a span, and each of its steps as one below."""
        from opentelemetry.trace import Status, StatusCode, set_span_in_context

        facts = trace.facts
        begun = float(facts["started_at"])
        root = self._tracer.start_span("question", start_time=_ns(begun), attributes=_attributes(facts))
        below = set_span_in_context(root)
        for name, start, end in trace.steps:
            step = self._tracer.start_span(name, context=below, start_time=_ns(start))
            step.end(end_time=_ns(end))
        for event in facts["events"]:
            root.add_event(str(event["event"]), timestamp=_ns(begun + float(event["at"])))
        if facts["outcome"] in _FAILED:
            root.set_status(Status(StatusCode.ERROR))
        root.end(end_time=_ns(begun + float(facts["seconds"].get("total", 0.0))))

    def close(self) -> None:
        """Sends what waits."""
        timer = threading.Timer(END_SECONDS, self._give_up)
        timer.start()
        self._provider.shutdown()
        timer.cancel()
        timer.join()


def _attributes(facts: Mapping[str, Any]) -> dict[str, str | int | float]:
    found = {f"fennel.{name}": str(facts[name]) for name in _KEPT if facts.get(name)}
    usage = facts.get("usage") or {}
    tokens = {name: int(usage[key]) for key, name in _USAGE.items() if usage.get(key)}
    gate = facts.get("gate") or {}
    numbers = {
        f"fennel.gate.{name}": float(gate[name]) for name in ("probability", "threshold") if name in gate
    }
    return {**found, **tokens, **numbers, "fennel.model_calls": int(usage.get("calls", 0))}


def _ns(seconds: float) -> int:
    return int(seconds * 1_000_000_000)


def open_spans(settings: TracingSettings) -> Spans | None:
    """What writes spans; None where no endpoint is set. Raises ConfigError without the SDK."""
    if not settings.endpoint:
        return None
    require("opentelemetry.sdk")
    require("opentelemetry.exporter")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    address = settings.endpoint if settings.endpoint.endswith(PATH) else f"{settings.endpoint}{PATH}"
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE, "service.version": VERSION}))
    exporter = OTLPSpanExporter(endpoint=address, session=new_session())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider, exporter.shutdown)
