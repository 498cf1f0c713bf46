"""OpenTelemetry traces: what a collector gets of a question, and what it never gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.config import extras
from bot.config.settings import TracingSettings
from bot.errors import ConfigError
from worker.llm import Usage
from worker.pipeline.trace import Trace
from worker.process.spans import Spans, open_spans


def asked(outcome: str = "answered") -> Trace:
    """The Trace of a question with two steps."""
    trace = Trace("om_1", "我们的密钥是什么？")
    with trace.step("retrieve"):
        pass
    with trace.step("generate"):
        trace.event("first_text", text="密钥是 abc")
    trace.add_usage(Usage(calls=1, prompt_tokens=700, completion_tokens=30))
    trace.note(
        decision="answer",
        engine="openai",
        index_version="v1",
        standalone="我们的密钥是什么？",
        gate={"probability": 0.91, "threshold": 0.4, "reasons": []},
    )
    trace.finish(outcome)
    return trace


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def spans(kept: InMemorySpanExporter) -> Iterator[Spans]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    made = Spans(provider)
    yield made
    made.close()


def test_a_question_is_a_span_with_its_steps_below(spans: Spans, kept: InMemorySpanExporter) -> None:
    trace = asked()
    spans.write(trace)
    *steps, question = kept.get_finished_spans()
    assert [step.name for step in steps] == ["retrieve", "generate"]
    assert question.name == "question"
    assert question.parent is None
    assert {step.parent.span_id for step in steps if step.parent} == {question.context.span_id}
    assert {step.context.trace_id for step in steps} == {question.context.trace_id}
    assert all(question.start_time <= step.start_time <= step.end_time for step in steps)
    attributes = dict(question.attributes or {})
    assert attributes["fennel.message_id"] == "om_1"
    assert attributes["fennel.outcome"] == "answered"
    assert attributes["gen_ai.usage.input_tokens"] == 700
    assert attributes["fennel.gate.probability"] == 0.91
    assert [event.name for event in question.events] == ["first_text"]


def test_no_word_of_anybody_is_in_it(spans: Spans, kept: InMemorySpanExporter) -> None:
    spans.write(asked())
    for span in kept.get_finished_spans():
        assert "密钥" not in span.to_json(indent=None)
        assert "\\u5bc6" not in span.to_json(indent=None)


def test_a_failure_is_one(spans: Spans, kept: InMemorySpanExporter) -> None:
    spans.write(asked("failed"))
    assert kept.get_finished_spans()[-1].status.is_ok is False


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str, ExportTraceServiceRequest]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_collector_gets_it_by_otlp() -> None:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, args=(0.05,))
        thread.start()
        try:
            made = open_spans(TracingSettings(endpoint=f"http://127.0.0.1:{collector.server_port}/"))
            assert made is not None
            made.write(asked())
            made.close()
        finally:
            collector.shutdown()
            thread.join()
    [(path, request)] = collector.taken
    assert path == "/v1/traces"
    [resource] = request.resource_spans
    assert {one.key: one.value.string_value for one in resource.resource.attributes}[
        "service.name"
    ] == "fennel"
    assert {span.name for span in resource.scope_spans[0].spans} == {"question", "retrieve", "generate"}


def test_it_is_off_by_default_and_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_spans(TracingSettings()) is None
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="opentelemetry-exporter-otlp-proto-http"):
        open_spans(TracingSettings(endpoint="http://127.0.0.1:4318"))


@pytest.mark.parametrize("wrong", ["127.0.0.1:4318", "grpc://host:4317", "http://"])
def test_an_endpoint_that_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be an address"):
        TracingSettings(endpoint=wrong)
