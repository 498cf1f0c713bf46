"""What Fennel asks of a model server, asked of real ones: the protocol, never the quality."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from bot.answer import Outcome
from bot.config.settings import GateSettings, IndexSettings, LLMSettings, Settings, SourceSettings
from bot.errors import Cancelled, EngineRefused, EngineUnavailable
from index.build.build import build
from index.gate.gate import open_gate
from index.search.versions import open_current
from tests.servers.conftest import REPLY, RealServer
from worker.doctor.engine import engine_rows
from worker.engines.extractive.engine import Extractive
from worker.engines.extractive.stand_in import quoted
from worker.engines.fallback import WithFallback
from worker.engines.openai.engine import OpenAIEngine, open_engine
from worker.excerpts import Excerpt
from worker.llm import Messages
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.pipeline import Pipeline
from worker.prompts import Prompts

pytestmark = pytest.mark.timeout(400)
PAGE = "# Install FooServe\n\nRun `pip install fooserve` to install FooServe. It needs Python 3.9 or newer.\n"
SEITE = "# 安装 FooServe\n\n运行 `pip install fooserve` 即可安装 FooServe，需要 Python 3.9 以上。\n"
EXCERPT = Excerpt(1, "Install FooServe", PAGE)


def settings_for(server: RealServer, **more: Any) -> Settings:
    llm = LLMSettings(
        engine="openai",
        base_url=server.url,
        model=server.model,
        api_key=SecretStr(server.key),
        context_tokens=2048,
        max_answer_tokens=48,
        reasoning_tokens=48,
    )
    return Settings(llm=llm, **more)


@pytest.fixture(scope="session")
def engine(server: RealServer) -> Iterator[OpenAIEngine]:
    opened = open_engine(settings_for(server), (server.url,))
    opened.prepare()
    if server.quiet:  # a model of random weights babbles; its streams are read as they come all the same
        opened.client.known.note(server.url, thinks="")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def settings(server: RealServer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "docs").mkdir()
    (folder / "docs" / "install.md").write_text(PAGE, encoding="utf-8")
    (folder / "docs" / "anzhuang.md").write_text(SEITE, encoding="utf-8")
    index = IndexSettings(
        dir=folder / "index",
        sources=(SourceSettings(path=folder / "docs"),),
        gate=GateSettings(questions=()),
    )
    made = settings_for(server, index=index)
    build(made)
    return made


def prompt(question: str = "How do I install FooServe?") -> Messages:
    return Prompts(question, [EXCERPT], "en").answer()


def test_its_features_are_found(server: RealServer, engine: OpenAIEngine) -> None:
    known = engine.client.known.at_hand(server.url)
    assert known is not None
    if server.name == "transformers":
        assert not known.features.top_k, "it answers 422 to fields that it does not know"
        assert (known.features.top_logprobs, known.features.format) == (0, ""), "it shows none and obeys none"
    if server.name == "llama":
        assert known.features.top_logprobs > 0


def test_an_answer_is_streamed_and_ends(server: RealServer, engine: OpenAIEngine) -> None:
    reply = engine.stream(prompt(), max_tokens=48)
    text = "".join(reply)
    assert text.strip()
    assert reply.finish_reason in ("stop", "length")
    assert reply.usage.calls == 1
    assert reply.usage.prompt_tokens > 0
    if not server.quiet:
        assert text == REPLY


def test_a_score_is_a_number_or_says_why_not(engine: OpenAIEngine) -> None:
    score = engine.score(Prompts("How do I install FooServe?", [EXCERPT], "en").score())
    assert score.value is None or 0 <= score.value <= 10
    assert bool(score.reason) is (score.value is None)


@pytest.mark.parametrize(
    ("question", "language"), [("How do I install FooServe?", "en"), ("怎么安装 FooServe？", "zh")]
)
def test_questions_are_answered_in_both_languages(
    server: RealServer, engine: OpenAIEngine, settings: Settings, question: str, language: str
) -> None:
    searcher = open_current(settings)
    llm = WithFallback(engine, Extractive())
    parts = PipelineParts(settings, searcher, open_gate(settings, searcher), llm, quote=quoted)
    shown: list[str] = []
    answer, trace = Pipeline(parts).run(Question(question, language), on_text=shown.append)
    assert answer.outcome in (Outcome.ANSWERED, Outcome.PARTLY, Outcome.NOT_FOUND)
    assert trace.facts["usage"]["calls"] >= 1, "the model was asked"
    if not server.quiet:
        assert answer.outcome == Outcome.ANSWERED
        assert shown[-1].startswith("Run `pip install fooserve`"), "it was shown while it was written"


def test_recall_while_writing_ends_the_call(engine: OpenAIEngine) -> None:
    taken_back: list[bool] = []
    reply = engine.stream(prompt(), max_tokens=400, cancelled=lambda: bool(taken_back))
    next(reply)
    taken_back.append(True)
    with contextlib.suppress(Cancelled):  # else it was whole already
        list(reply)
    assert "".join(engine.stream(prompt(), max_tokens=16)).strip(), "the server goes on"


def test_four_at_once(engine: OpenAIEngine) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: "".join(engine.stream(prompt(), max_tokens=16)), range(4)))
    assert all(reply.strip() for reply in replies)


def test_a_prompt_that_is_too_long_is_cut_or_refused_by_name(
    server: RealServer, engine: OpenAIEngine
) -> None:
    many = [Excerpt(number, f"Page {number}", PAGE * 30) for number in range(1, 9)]
    try:
        text = "".join(engine.stream(Prompts("How?", many, "en").answer(), max_tokens=16))
    except (EngineRefused, EngineUnavailable):
        return
    assert text.strip()
    if server.context:
        assert engine.context_tokens <= 2048


def test_the_doctor_says_what_there_is_to_say(server: RealServer) -> None:
    rows = {check: (state, detail) for check, state, detail, _ in engine_rows(settings_for(server))}
    assert rows["server"][0] == "good", rows
    assert {"scale", "answer", "context"} <= set(rows)
    if not server.quiet:
        assert rows["answer"][0] == rows["four at once"][0] == "good"


def test_zz_a_killed_server_is_replaced_by_quotes(server: RealServer, engine: OpenAIEngine) -> None:
    """The last of each server."""
    server.process.kill()
    server.process.wait(30)
    reply = WithFallback(engine, Extractive()).stream(prompt(), deadline=time.monotonic() + 60)
    assert "pip install fooserve" in "".join(reply)
    assert (reply.engine, reply.degraded) == ("extractive", "engine_down")
