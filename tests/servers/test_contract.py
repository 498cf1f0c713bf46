"""What Fennel asks of a model server, asked of real ones: the protocol, never the quality."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.answer import Outcome
from bot.config.settings import IndexSettings, Settings
from bot.errors import Cancelled, EngineRefused, EngineUnavailable
from index.gate.gate import open_gate
from index.search.versions import open_current
from tests.servers.asking import EXCERPT, PAGE, REPLY, RealServer, prompt, settings_for
from worker.doctor.engine import engine_rows
from worker.engines.extractive.engine import Extractive
from worker.engines.extractive.stand_in import quoted
from worker.engines.fallback import WithFallback
from worker.engines.openai.engine import OpenAIEngine
from worker.excerpts import Excerpt
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.pipeline import Pipeline
from worker.prompts import Prompts

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="session")
def settings(server: RealServer, index: IndexSettings) -> Settings:
    return settings_for(server, index=index)


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
    answer, trace = Pipeline(parts).run(
        Question(question, language), on_text=lambda draft: shown.append(draft())
    )
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
