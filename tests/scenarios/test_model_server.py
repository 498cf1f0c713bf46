"""The whole bot over a model server that comes and goes, stalls, and is told to stop."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.config.settings import Settings
from bot.messages import say
from bot.redis_keys import TRACE
from bot.supervisor.redis_server import free_port
from bot.web.readiness import check_readiness
from index.build.build import build
from index.gate.gate import MENTION_SHIFT
from index.gate.logistic import logit_of, sigmoid
from tests.house import House, until, words
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from worker.engines.openai import running_call

pytestmark = pytest.mark.slow

QUESTION = "How do I install Harbor?"


@contextmanager
def house_over(
    url: str, redis_url: str, index: Path, documents: Path, *, answer_timeout: int = 120, **llm: Any
) -> Iterator[House]:
    """A house whose engine is the server at `url`."""
    settings = {
        "llm": {"engine": "openai", "base_url": url, "model": "internlm2-chat-7b", **llm},
        "worker": {"concurrency": 4, "stop_timeout": 5, "answer_timeout": answer_timeout},
    }
    with House(redis_url, index, documents, settings=settings) as house:
        yield house


def trace(house: House, message_id: str) -> dict[str, Any]:
    """What was noted of a message."""
    return dict(json.loads(house.redis.get(TRACE.of(message_id)) or b"{}"))


def test_without_its_server_it_answers_in_reduced_mode_and_says_so(
    redis_url: str, index: Path, documents: Path
) -> None:
    port = free_port()
    with house_over(f"http://127.0.0.1:{port}/v1", redis_url, index, documents) as house:
        reduced = words(house.card(house.ask(QUESTION)))
        assert say("engine_down", "en") in reduced
        assert "pip install harbor-server" in reduced
        until(lambda: _told_of_reduced_mode(house))
        with ModelServer(port=port):
            until(lambda: house.process is not None and not house.process.llm.degraded)
            answered = words(house.card(house.ask(QUESTION)))
        assert say("engine_down", "en") not in answered
        assert say("quoting", "en") not in answered
        assert re.search(r"Install\b.*\[1\]", answered), "the model writes again"


def _told_of_reduced_mode(house: House) -> bool:
    """Whether /readyz knows; a server that has rested is tried anew by each question."""
    house.card(house.ask(QUESTION))
    assert house.process is not None
    house.process.each_beat()
    return check_readiness(house.redis).degraded == "engine_down"


def test_score_and_answer_pay_for_their_material_once(redis_url: str, index: Path, documents: Path) -> None:
    asked = "harbor.toml 里面写什么"
    with (
        ModelServer() as server,
        house_over(server.url, redis_url, index, documents) as house,
    ):
        assert house.process is not None
        gate = house.process.knowledge.current.gate
        near = float(sigmoid(logit_of(gate.decide(asked, [], True).probability) + MENTION_SHIFT))
        gate.model.points.update(dict.fromkeys(gate.model.points, near))
        message = house.ask(asked)
        house.card(message)
        usage = trace(house, message)["usage"]
        kinds = [body.get("stream", False) for body in server.bodies[-2:]]
    assert (usage["calls"], kinds) == (2, [False, True])
    assert usage["cached_tokens"] >= 0.8 * usage["prompt_tokens"] / 2, "all but the tasks and a started block"


TEMPLATE = (
    "```text\n<|im_start|>user\nHi</s><|im_end|>\n<tool_call>\n{}\n</tool_call>\n"
    "[INST] Hi <pad>[/INST]\n<think>\n```"
)
ABOUT_MARKS = (
    "The chat template of Harbor ends each turn with </s> and fills up with <pad> tokens.\n\n"
    "The template of Harbor writes `<|im_end|>` behind each message.\n\n"
    f"{TEMPLATE}\n\nThe special tokens of Harbor are added by its tokenizer.\n"
)


def test_an_answer_about_marks_of_templates_comes_whole_to_the_card(redis_url: str, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "template.md").write_text(f"# The chat template of Harbor\n\n{ABOUT_MARKS}", "utf-8")
    index = {"dir": tmp_path / "index", "sources": [{"path": documents}]}
    build(Settings(index=index))  # type: ignore[arg-type]
    with (
        ModelServer(model=ScriptedModel(reply=ABOUT_MARKS, pieces=60)) as server,
        house_over(server.url, redis_url, tmp_path / "index", documents) as house,
    ):
        shown = words(house.card(house.ask("What does the chat template of Harbor look like?")))
    assert TEMPLATE.removeprefix("```text") in shown
    shown = html.unescape(shown)
    for said in (
        "with </s> and fills up with <pad> tokens",
        "writes `<|im_end|>` behind",
        "by its tokenizer",
    ):
        assert said in shown


def test_a_question_taken_back_stops_the_server(redis_url: str, index: Path, documents: Path) -> None:
    model = ScriptedModel(reply="Run the installer [1]. " * 40, pieces=300)
    with ModelServer(model=model) as server, house_over(server.url, redis_url, index, documents) as house:
        server.faults.hold_after = 100
        message = house.ask(QUESTION)
        house.feishu.wait_for_card(message, final=False)
        until(lambda: server.state.running and server.bodies[-1].get("stream"))
        house.feishu.recall(message)
        until(lambda: server.state.aborted)
        house.quiet()
        assert house.feishu.replies(message) == []


class PastTheDeadline:
    """The time of running calls: an hour ahead from when the server writes, or should, an answer."""

    def __init__(self, server: ModelServer, monotonic: Callable[[], float]) -> None:
        self.server = server
        self.real = monotonic

    def monotonic(self) -> float:
        writes = self.server.state.running and self.server.bodies[-1].get("stream")
        return self.real() + (3600 if writes else 0)


def test_an_answer_that_stalls_ends_at_its_deadline_with_one_sentence(
    redis_url: str, index: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        ModelServer() as server,
        house_over(server.url, redis_url, index, documents, answer_timeout=60) as house,
    ):
        server.faults.stall_after = 0
        monkeypatch.setattr(running_call, "time", PastTheDeadline(server, time.monotonic))
        card = house.card(house.ask(QUESTION))
        assert say("because_timeout", "en") in words(card)
        until(lambda: server.state.aborted)


def test_an_over_long_question_is_refused_politely(redis_url: str, index: Path, documents: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(ModelServer())
        house = stack.enter_context(
            house_over(server.url, redis_url, index, documents, context_tokens=2048, max_answer_tokens=256)
        )
        assert house.process is not None
        before = server.state.requests
        card = house.card(house.ask("How do I install Harbor on this machine? " * 150))
        assert say("because_question_too_long", "en") in words(card)
        assert all(len(json.dumps(body)) < 2000 for body in server.bodies[before:]), "no prompt was sent"
