"""A weak model in front of documents that answer: whatever it says instead, the group gets what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answer import Outcome
from bot.config.settings import IndexSettings, LLMSettings, Settings, SourceSettings
from bot.messages import say
from index.build.build import build
from index.gate.gate import open_gate
from index.search.versions import open_current
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from worker.engines.extractive.stand_in import quoted
from worker.engines.openai.engine import open_engine
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.pipeline import Pipeline

PAGE = """# Token rotation in Harbor

How to rotate an access token of Harbor.

## Rotate a token

Run `harbor token rotate --name ci` to rotate an access token. The old token works for ten more minutes.
"""
SEITE = """# Harbor 访问令牌的轮换

怎样轮换 Harbor 的访问令牌。

## 轮换令牌

运行 `harbor token rotate --name ci` 轮换访问令牌，旧令牌还能用十分钟。
"""
ASKED = {"en": "How do I rotate an access token of Harbor?", "zh": "怎样轮换 Harbor 的访问令牌？"}


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer(model=ScriptedModel(reply="")) as server:
        yield server


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[Pipeline]:
    folder: Path = tmp_path_factory.mktemp("harbor")
    (folder / "docs").mkdir()
    (folder / "docs" / "rotate.md").write_text(PAGE, "utf-8")
    (folder / "docs" / "lunhuan.md").write_text(SEITE, "utf-8")
    settings = Settings(
        index=IndexSettings(dir=folder / "index", sources=(SourceSettings(path=folder / "docs"),)),
        llm=LLMSettings(engine="openai", base_url=model.url, model="internlm2-chat-7b"),
    )
    build(settings)
    searcher = open_current(settings)
    engine = open_engine(settings, (model.url,))
    yield Pipeline(PipelineParts(settings, searcher, open_gate(settings, searcher), engine, quote=quoted))
    engine.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "reply",
    [
        "NOT_FOUND",
        "NOT_FOUND.",
        "**NOT_FOUND**",
        "Not found.",
        "答案：NOT_FOUND",
        "The material is about something else.\n\nNOT_FOUND",
        "抱歉，文档中没有提到如何轮换访问令牌。",
        "抱歉，资料中没有提及 Harbor 的访问令牌 [1]，建议联系管理员。",
        "Sorry, the documents do not mention how to rotate an access token of Harbor [1].",
        "Based on the given material, I cannot answer how to rotate an access token.",
        "Harbor rotates all tokens every night by itself, nobody has to do anything.",
    ],
)
def test_the_documents_are_quoted(pipeline: Pipeline, model: ModelServer, reply: str, language: str) -> None:
    model.model.reply = reply
    answer, _ = pipeline.run(Question(ASKED[language], language, mentioned=True))
    assert answer.outcome is Outcome.ANSWERED
    assert "harbor token rotate --name ci" in answer.text
    assert answer.degraded == say("engine_found_nothing", language)
    assert answer.engine == "extractive"


def test_an_answer_that_ends_in_the_word_is_shown_without_it(pipeline: Pipeline, model: ModelServer) -> None:
    model.model.reply = "Run `harbor token rotate --name ci` to rotate an access token [1].\n\nNOT_FOUND"
    answer, _ = pipeline.run(Question(ASKED["en"], "en", mentioned=True))
    assert answer.outcome is Outcome.ANSWERED
    assert not answer.degraded
    assert "NOT_FOUND" not in answer.text
