"""The client for OpenAI-compatible servers against a server as strict as LMDeploy's, over real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from bot.config.settings import LLMSettings, Settings
from bot.errors import AnswerTimeout, Cancelled, EngineRefused, EngineUnavailable
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from tests.waiting import join, wait_for
from worker.engines.openai import running_call
from worker.engines.openai.engine import OpenAIEngine, open_engine, open_openai
from worker.engines.openai.tokens import FastCounter
from worker.llm import ChatMessage

ASK: list[ChatMessage] = [{"role": "user", "content": "How do I install it?"}]
Open = Callable[..., OpenAIEngine]


@pytest.fixture
def engine_for() -> Iterator[Open]:
    """Opens engines and closes them after the test."""
    with ExitStack() as stack:

        def open_one(*servers: ModelServer | str, **llm: object) -> OpenAIEngine:
            urls = tuple(server if isinstance(server, str) else server.url for server in servers)
            settings = Settings(llm=LLMSettings(**{"model": "internlm2-chat-7b", **llm}))  # type: ignore[arg-type]
            engine = open_engine(settings, urls)
            stack.callback(engine.close)
            return engine

        yield open_one


def test_reply_is_streamed_with_usage_and_reason(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="pip install it", pieces=5)) as server:
        reply = engine_for(server).stream(ASK, max_tokens=100)
        assert "".join(reply) == "pip install it"
        assert (reply.engine, reply.degraded, reply.finish_reason) == ("internlm2-chat-7b", "", "stop")
        assert reply.usage.prompt_tokens > 0
        assert reply.usage.completion_tokens == 5
        body = server.bodies[-1]
        assert body["stop"] == ["<|im_end|>"]
        assert body["max_tokens"] == 100
        assert body["top_k"] == 1


def test_score_is_the_expectation_over_the_scale(engine_for: Open) -> None:
    planted = {"8": 0.5, "10": 0.2, "▁7": 0.1, "<0x37>": 0.1, "The": 0.1}
    with ModelServer(model=ScriptedModel(probabilities=lambda _: planted)) as server:
        score = engine_for(server).score(ASK)
        assert score.value == pytest.approx((8 * 0.5 + 10 * 0.2 + 7 * 0.2) / 0.9)
        assert score.mass == pytest.approx(0.9)
        assert dict(score.tokens)["7"] == pytest.approx(0.2)
        assert score.usage.calls == 1
        body = server.bodies[-1]
        assert (body["temperature"], body["top_p"], body["top_k"], body["top_logprobs"]) == (1, 1, 50, 20)


def test_a_server_without_probabilities_is_asked_for_one_number(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(score=7), quirks=frozenset({"no_logprobs"})) as server:
        engine = engine_for(server)
        assert engine.score(ASK).value == 7.0
        assert server.bodies[-1]["response_format"]["type"] == "regex_schema"
        server.model.probabilities = lambda _: {"It depends": 1.0}
        score = engine.score(ASK)
        assert score.value is None
        assert "not one number" in score.reason


def test_a_server_that_takes_json_schema_alone_is_scored_by_it(engine_for: Open) -> None:
    quirks = frozenset({"no_logprobs", "refuses_regex_schema"})
    with ModelServer(model=ScriptedModel(score=6), quirks=quirks) as server:
        engine = engine_for(server)
        assert [engine.score(ASK).value for _ in range(2)] == [6.0, 6.0]
        form = server.bodies[-1]["response_format"]
        assert (form["type"], form["json_schema"]["schema"]["maximum"]) == ("json_schema", 10)
        tried = [body["response_format"]["type"] for body in server.bodies if "response_format" in body]
        assert tried == ["regex_schema", "json_schema", "json_schema", "json_schema"], "it is asked once"


@pytest.mark.parametrize("field", ["top_k", "logprobs", "stop", "stream_options"])
def test_a_refused_field_is_found_out_once_and_left_out(engine_for: Open, field: str) -> None:
    with ModelServer(model=ScriptedModel(reply="yes"), quirks=frozenset({f"refuses_{field}"})) as server:
        engine = engine_for(server)
        engine.prepare()
        probes = len(server.bodies)
        assert engine.score(ASK).value == pytest.approx(8, abs=1.0)
        assert "".join(engine.stream(ASK)) == "yes"
        assert len(server.bodies) == probes + 2
        assert not any(field in body for body in server.bodies[probes:])


def test_prompts_with_a_common_beginning_use_the_prefix_cache(engine_for: Open) -> None:
    material: list[ChatMessage] = [{"role": "system", "content": "word " * 300}]
    with ModelServer() as server:
        engine = engine_for(server)
        first = engine.score([*material, {"role": "user", "content": "one"}])
        second = engine.score([*material, {"role": "user", "content": "two"}])
        assert (first.usage.cached_tokens, second.usage.cached_tokens >= 256) == (0, True)
        assert engine.usage.calls == 2
        assert engine.usage.cached_tokens == second.usage.cached_tokens


def test_many_threads_share_the_servers_batch(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="yes", pieces=3)) as server:
        engine = engine_for(server)
        engine.prepare()
        server.faults.hold_after = 0
        threads = [threading.Thread(target=lambda: list(engine.stream(ASK))) for _ in range(24)]
        for thread in threads:
            thread.start()
        wait_for(lambda: server.state.running == 24, "all of them to run at once")
        server.faults.hold_after = -1
        join(*threads)


def test_busy_server_is_asked_again_after_its_hint(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="yes")) as server:
        engine = engine_for(server)
        engine.prepare()
        server.faults.statuses, server.faults.retry_after = [429, 503, 500], "0.05"
        assert "".join(engine.stream(ASK)) == "yes"
        assert server.faults.statuses == []


def test_a_proxy_that_hides_failures_behind_200_is_asked_again(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="yes")) as server:
        engine = engine_for(server)
        engine.prepare()
        server.faults.proxy_failures = 1
        assert "".join(engine.stream(ASK)) == "yes"
        server.faults.proxy_failures = 1
        assert engine.score(ASK).value


def test_refusals_are_not_repeated_and_say_what_is_wrong(engine_for: Open) -> None:
    with ModelServer(api_key="right", session_len=60) as server:
        with pytest.raises(EngineRefused, match=r"llm\.api_key") as caught:
            engine_for(server, api_key="wrong-secret").score(ASK)
        assert "wrong-secret" not in str(caught.value)
        engine = engine_for(server, api_key="right")
        engine.prepare()
        before = server.state.requests
        with pytest.raises(EngineRefused, match="must be smaller than the model context length"):
            list(engine.stream([{"role": "user", "content": "word " * 100}]))
        assert server.state.requests == before + 1


def test_neither_key_nor_question_nor_reply_is_logged_or_raised(engine_for: Open) -> None:
    secrets = ("sk-very-secret", "How do I install it?", "a reply to nobody else")
    with (
        ModelServer(api_key=secrets[0], model=ScriptedModel(reply=secrets[2])) as server,
        capture_logs() as logs,
    ):
        engine = engine_for(server, api_key=secrets[0])
        assert "".join(engine.stream(ASK)) == secrets[2]
        server.faults.statuses = [400]
        with pytest.raises(EngineRefused) as refused:
            engine.score(ASK)
        server.api_key = "changed"
        with pytest.raises(EngineRefused) as no_key:
            engine.score(ASK)
        engine_for("http://127.0.0.1:9/v1", api_key=secrets[0]).prepare()
    said = repr([logs, str(refused.value), str(no_key.value)])
    assert logs
    assert not any(secret in said for secret in secrets)


def test_unknown_model_is_named_with_what_is_served(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(name="/models/InternLM2-chat-7b")) as server:
        assert engine_for(server, model="internlm/internlm2-chat-7b").score(ASK).value
        assert server.bodies[-1]["model"] == "/models/InternLM2-chat-7b"


def test_taking_the_question_back_stops_the_server(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="word " * 50, pieces=50)) as server:
        engine = engine_for(server)
        engine.prepare()
        server.faults.hold_after = 1
        taken_back = threading.Event()
        pieces = engine.stream(ASK, cancelled=taken_back.is_set)
        next(pieces)
        taken_back.set()
        with pytest.raises(Cancelled):
            list(pieces)
        wait_for(lambda: server.state.aborted == 1)


def test_a_reader_that_stops_early_stops_the_server(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="word " * 50, pieces=50)) as server:
        engine = engine_for(server)
        server.faults.hold_after = 1
        reply = engine.stream(ASK)
        next(reply)
        reply.pieces.close()  # type: ignore[attr-defined]
        wait_for(lambda: server.state.aborted == 1)


def test_deadline_ends_a_started_reply_with_what_it_has(
    engine_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(running_call, "time", SimpleNamespace(monotonic=lambda: now))
    with ModelServer(model=ScriptedModel(reply="word " * 10, pieces=10)) as server:
        engine = engine_for(server)
        engine.prepare()
        server.faults.stall_after = 3
        reply = engine.stream(ASK, deadline=now + 3600)
        said = next(reply)
        while said.count("word") < 3:
            said += next(reply)
        now += 3600
        assert said + "".join(reply) == "word " * 3
        assert reply.finish_reason == "deadline"
        wait_for(lambda: server.state.aborted == 1 and not server.state.running)
        server.faults.stall_after = 0
        since_it_runs = SimpleNamespace(monotonic=lambda: now + 3600 * server.state.running)
        monkeypatch.setattr(running_call, "time", since_it_runs)
        with pytest.raises(AnswerTimeout):
            list(engine.stream(ASK, deadline=now + 3600))
        wait_for(lambda: server.state.aborted == 2)


def test_stop_word_ends_a_reply_that_the_server_does_not_end(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="Yes.<|im_end|>\n<|im_start|>user", pieces=15)) as server:
        reply = engine_for(server).stream(ASK)
        assert "".join(reply) == "Yes."
        assert reply.finish_reason == "stop"


def test_a_stop_word_that_the_question_speaks_of_is_not_asked_for(engine_for: Open) -> None:
    """The server would cut the answer at it, in code too."""
    reply = "It is `<|im_end|>` [1]."
    with ModelServer(model=ScriptedModel(reply=reply, pieces=7)) as server:
        ask: list[ChatMessage] = [{"role": "user", "content": "What does <|im_end|> mean?"}]
        assert "".join(engine_for(server).stream(ask)) == reply
        assert "stop" not in server.bodies[-1]


def test_a_server_that_dies_before_its_first_word_is_replaced(engine_for: Open) -> None:
    with ModelServer() as first, ModelServer() as second:
        engine = engine_for(first, second)
        engine.prepare()
        for server in (first, second):
            server.model.reply = "yes"
        own, other = (
            (first, second) if engine.client.servers.order("oc_a")[0] == first.url else (second, first)
        )
        own.faults.die_after = 0
        assert "".join(engine.stream(ASK, group="oc_a")) == "yes"
        assert other.state.answered > 0
        assert engine.degraded == ""


def test_a_connection_closed_while_idle_costs_nothing(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="yes")) as server:
        engine = engine_for(server)
        engine.prepare()
        server.faults.die_after = 0

        def reply(_: object) -> str:
            """The first request of these is cut off, the next is not."""
            server.faults.die_after = -1 if server.state.requests > asked + 1 else 0
            return "yes"

        asked, server.model.reply = server.state.requests, reply
        assert "".join(engine.stream(ASK)) == "yes"
        assert engine.degraded == ""


@pytest.mark.parametrize("fault", ["die_after", "error_after"])
def test_a_server_that_dies_while_writing_raises(engine_for: Open, fault: str) -> None:
    with ModelServer(model=ScriptedModel(reply="word " * 10, pieces=10)) as server:
        engine = engine_for(server)
        engine.prepare()
        server.faults.hold_after = 1
        reply = engine.stream(ASK)
        assert next(reply).startswith("word")
        setattr(server.faults, fault, 2)
        server.faults.hold_after = -1
        with pytest.raises(EngineUnavailable, match="broke off while writing"):
            list(reply)


@pytest.mark.usefixtures("rests_for_good")
def test_no_server_at_all_raises_soon_and_rests(engine_for: Open) -> None:
    engine = engine_for("http://127.0.0.1:9/v1")
    with pytest.raises(EngineUnavailable, match="no model server took the request"):
        engine.score(ASK)
    assert engine.degraded == "engine_down"


def test_a_tokenizer_is_not_compared_with_a_server_that_is_not_there(
    engine_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that prepares, or supervises LMDeploy, goes on to the next server."""
    monkeypatch.setattr(
        "worker.engines.openai.engine.open_counter", lambda _: FastCounter.__new__(FastCounter)
    )
    with capture_logs() as logged:
        engine_for("http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1").prepare()
    named = [line["server"] for line in logged if line["event"] == "tokenizer_not_compared"]
    assert named == ["http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1"]


def test_one_group_stays_with_one_server_and_groups_spread(engine_for: Open) -> None:
    with ModelServer() as first, ModelServer() as second:
        engine = engine_for(first, second)
        engine.prepare()
        before = [len(first.bodies), len(second.bodies)]
        for _ in range(4):
            engine.score(ASK, group="oc_a")
        assert sorted((len(first.bodies) - before[0], len(second.bodies) - before[1])) == [0, 4]
        for number in range(20):
            engine.score(ASK, group=f"oc_{number}")
        assert len(first.bodies) > before[0] + 4 or len(second.bodies) > before[1] + 4
        assert min(len(first.bodies) - before[0], len(second.bodies) - before[1]) > 2


def test_settings_name_several_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer() as first, ModelServer() as second:
        url = f"{first.url}, {second.url}/"
        engine = open_openai(Settings(llm=LLMSettings(engine="openai", base_url=url)))
        try:
            assert engine.client.servers.urls == (first.url, second.url)
            wait_for(lambda: bool(first.bodies) and bool(second.bodies))
        finally:
            engine.close()


def test_closing_ends_what_is_running(engine_for: Open) -> None:
    with ModelServer(model=ScriptedModel(reply="word " * 10, pieces=10)) as server:
        engine = engine_for(server)
        engine.prepare()
        server.faults.hold_after = 3
        reply = engine.stream(ASK)

        def close() -> None:
            wait_for(lambda: server.state.running)
            engine.close()

        closing = threading.Thread(target=close)
        closing.start()
        with pytest.raises(EngineUnavailable):
            list(reply)
        join(closing)
