"""Errors that nobody foresaw, at every step of a question: a quote or one clear card, never silence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import metrics
from bot.queue import dead_letters
from bot.redis_keys import ATTEMPTS
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from tests.waiting import LIMIT
from worker.engines.extractive.engine import Extractive
from worker.engines.fallback import WithFallback

pytestmark = pytest.mark.slow

QUESTION = "How do I revoke a Harbor access token?"
ANSWER = "harbor token revoke"
TOLD = ("internal error", "several attempts")


class Surprise(Exception):
    """None of the errors that this project knows."""


def surprise(*_: Any, **__: Any) -> Any:
    raise Surprise("nobody foresaw this")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    with House(server.url, index, documents) as house:
        yield house


def unforeseen() -> float:
    return sum(sample.value for metric in metrics.UNFORESEEN.collect() for sample in metric.samples[::2])


def attempts(house: House, asked: str) -> int:
    job_id = (house.redis.get(f"fennel:seen:{asked}") or b"").decode()
    return int(house.redis.get(ATTEMPTS.of(job_id)) or 0)


TOLD_AT_ONCE = (
    "worker.jobs.understanding.small_word",
    "worker.jobs.understanding.boiled_down",
    "worker.jobs.understanding.Understanding._standalone",
    "bot.talk.history.History.add",
    "bot.queue.budgets.Budgets.used_up",
    "worker.process.process.scope_of",
    "worker.process.knowledge.Knowledge.part",
    "worker.engines.extractive.engine.Extractive.count_tokens",
    "index.search.searcher.Searcher.look_up",
    "index.search.searcher.Searcher.search",
    "index.gate.gate.Gate.decide",
    "worker.pipeline.pipeline.find.find",
    "worker.pipeline.retrieve.with_quotes",
    "worker.pipeline.retrieve.fit",
    "worker.pipeline.pipeline.Prompts",
    "worker.pipeline.pipeline.Sanitiser",
    "worker.pipeline.progress.Progress.reading",
    "worker.engines.extractive.engine.Extractive.stream",
    "worker.pipeline.sanitise.Sanitiser.clean",
    "worker.pipeline.verify.Verifier.verify",
    "worker.pipeline.pipeline.find.judged",
    "worker.jobs.answering.Answering._silent",
)
"""Where there is nothing lesser to go on with."""
ANSWERED_ALL_THE_SAME = (
    "worker.jobs.answering.Answering._spend",
    "worker.jobs.question_card.answer_cards",
    "worker.jobs.question_card.progress_card",
    "worker.jobs.answering.metrics.count_answer",
)
"""Where the answer is there, or can be had without."""
TOLD_AFTER_TRIES = (
    "worker.jobs.entry._judge",
    "worker.jobs.entry.Answering",
    "worker.jobs.answering.Answering._signed",
    "worker.jobs.answering.kept_answers.text_of",
    "worker.pipeline.trace.Trace.text",
)
"""Where even telling of it breaks: the job is given up on, and its asker is told by another."""


@pytest.mark.parametrize("step", TOLD_AT_ONCE)
def test_what_a_step_raises_is_said_in_one_card_at_once(
    house: House, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = unforeseen()
    monkeypatch.setattr(step, surprise)
    asked = house.ask(QUESTION)
    assert TOLD[0] in words(house.card(asked))
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
    assert attempts(house, asked) == 1, "it is not tried again and again first"
    assert unforeseen() > before, "the operator hears of it"
    assert dead_letters.listed(house.redis) == []


@pytest.mark.parametrize("step", ANSWERED_ALL_THE_SAME)
def test_an_answer_that_is_there_is_shown(house: House, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = unforeseen()
    monkeypatch.setattr(step, surprise)
    asked = house.ask(QUESTION)
    house.card(asked)
    house.quiet()
    [card] = house.feishu.cards(asked)
    assert ANSWER in words(card)
    assert attempts(house, asked) == 1
    assert unforeseen() > before
    assert dead_letters.listed(house.redis) == []


class AfterAFrame(Extractive):
    """An engine that writes once a frame was tried: one that has no time left to begin is dropped."""

    def __init__(self, tried: threading.Event) -> None:
        super().__init__()
        self.tried = tried

    def stream(self, *arguments: Any, **how: Any) -> Any:
        assert self.tried.wait(LIMIT)
        return super().stream(*arguments, **how)


def test_an_answer_is_shown_though_no_frame_could_be(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before, tried = unforeseen(), threading.Event()

    def frame(*_: Any) -> None:
        tried.set()
        surprise()

    assert house.process is not None
    monkeypatch.setattr(house.process, "llm", AfterAFrame(tried))
    monkeypatch.setattr("worker.jobs.question_card.QuestionCard._frame", frame)
    asked = house.ask(QUESTION)
    assert ANSWER in words(house.card(asked))
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
    assert attempts(house, asked) == 1
    until(lambda: unforeseen() > before)
    assert dead_letters.listed(house.redis) == []


@pytest.mark.parametrize("step", TOLD_AFTER_TRIES)
def test_where_telling_breaks_too_the_job_is_given_up_and_its_asker_told(
    house: House, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.runner.runner.MAX_ATTEMPTS", 2)
    with monkeypatch.context() as broken:
        broken.setattr(step, surprise)
        asked = house.ask(QUESTION)
        until(lambda: asked in {letter.message_id for letter in dead_letters.listed(house.redis)})
        assert TOLD[1] in words(house.card(asked))
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
    [letter] = [one for one in dead_letters.listed(house.redis) if one.message_id == asked]
    assert letter.why == "Surprise"
    assert dead_letters.retry(house.redis, letter.job_id), "and it can be answered after all"
    until(lambda: ANSWER in words(house.feishu.cards(asked)[0]))
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1


class Broken(Extractive):
    """An engine that breaks in one of its calls, in a way that nobody foresaw."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    def stream(self, *arguments: Any, **how: Any) -> Any:
        if self.where == "stream":
            surprise()
        reply = super().stream(*arguments, **how)
        pieces = reply.pieces

        def breaking() -> Iterator[str]:
            yield from ("",) if self.where == "before the first word" else (next(pieces),)
            surprise()

        if self.where in ("before the first word", "writing"):
            reply.pieces = breaking()
        return reply

    def score(self, *arguments: Any, **how: Any) -> Any:
        return surprise()

    def count_tokens(self, text: str) -> int:
        return int(surprise()) if self.where == "count_tokens" else super().count_tokens(text)


@pytest.mark.parametrize("where", ["stream", "before the first word", "count_tokens"])
def test_an_engine_that_breaks_is_stood_in_for_by_a_quote(
    house: House, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.process is not None
    monkeypatch.setattr(house.process, "llm", WithFallback(Broken(where), Extractive()))
    asked = house.ask(QUESTION)
    assert ANSWER in words(house.card(asked))
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
    assert attempts(house, asked) == 1


def test_an_engine_that_breaks_while_it_writes_ends_in_one_clear_card(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.process is not None
    monkeypatch.setattr(house.process, "llm", WithFallback(Broken("writing"), Extractive()))
    asked = house.ask(QUESTION)
    assert "model server" in words(house.card(asked))
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
    assert attempts(house, asked) == 1


COMMANDS = {"/status": "facts_of", "/help": "help_card", "/failed": "dead_letters.listed", "/stop": "Said"}


@pytest.mark.parametrize(("command", "broken"), COMMANDS.items())
def test_a_command_that_breaks_says_so(
    house: House, command: str, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"worker.jobs.commands.{broken}", surprise)
    said = house.command(command, user="ou_admin")
    assert "没有执行成功" in said or "did not work" in said
    assert "Surprise" in said


def test_nobody_hears_of_an_error_who_did_not_ask(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    listening = house.settings.groups["default"].model_copy(update={"reply_to": "all"})
    monkeypatch.setitem(house.settings.groups, "default", listening)
    monkeypatch.setattr("index.search.searcher.Searcher.look_up", surprise)
    said = house.feishu.say(text=QUESTION)
    house.quiet()
    assert not house.feishu.cards(said)
