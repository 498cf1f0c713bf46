"""A question of a group in the operator's tracing tool."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.config.settings import TracingSettings
from bot.supervisor.redis_server import free_port
from tests.house import House, words
from worker.process.spans import Spans, open_spans


@pytest.mark.slow
def test_an_answered_question_is_a_trace_without_a_word_of_it(house: House) -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    assert house.process is not None
    house.process.spans = Spans(provider)
    asked = house.ask("How do I revoke an access token?")
    house.card(asked)
    house.quiet()
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert {"question", "retrieve", "gate", "generate", "verify"} <= set(spans)
    attributes = dict(spans["question"].attributes or {})
    assert attributes["fennel.message_id"] == asked
    assert attributes["fennel.decision"] == "answer"
    assert attributes["fennel.outcome"] == "answered"
    assert not any("revoke" in span.to_json() for span in spans.values())


def test_a_collector_that_is_away_costs_no_answer(house: House) -> None:
    assert house.process is not None
    away = f"http://127.0.0.1:{free_port()}"
    house.process.spans = open_spans(TracingSettings(endpoint=away))
    assert "harbor token revoke" in words(house.card(house.ask("How do I revoke an access token?")))
    house.quiet()
    assert house.process.spans is not None
    house.process.spans.close()
    house.process.spans = None
