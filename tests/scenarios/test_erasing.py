"""Words that are taken back are gone: from Redis, from the Trace, from the log, also when they come late."""

from __future__ import annotations

import json
import logging
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from bot import logs
from bot.__main__ import app
from bot.errors import EngineRefused
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from tests.waiting import LIMIT
from worker.engines.extractive.engine import Extractive
from worker.pipeline.trace import Trace

pytestmark = pytest.mark.slow

SECRET = "harbor-client-name-4711"
QUESTION = f"怎么清空 Harbor 的缓存？ {SECRET}"


class HeldUp(Extractive):
    """An engine that writes when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.begun = threading.Event()

    def stream(self, *arguments: Any, **how: Any) -> Any:
        self.begun.set()
        self.go.wait(LIMIT)
        return super().stream(*arguments, **how)


@pytest.fixture
def engine() -> Iterator[HeldUp]:
    engine = HeldUp()
    engine.go.set()
    yield engine
    engine.go.set()


@pytest.fixture
def house(tmp_path: Path, index: Path, documents: Path, engine: HeldUp) -> Iterator[House]:
    with (
        RedisServer(tmp_path / "redis") as server,
        House(server.url, index, documents, engine=engine) as house,
    ):
        yield house


def everything(house: House) -> str:
    """All that Redis holds, as text."""
    found = []
    for key in house.redis.scan_iter("*", 500):
        kind = house.redis.type(key)
        read: Any = {
            b"string": house.redis.get,
            b"hash": lambda name: {
                field: zlib.decompress(value) if value.startswith(b"x\x9c") else value
                for field, value in house.redis.hgetall(name).items()
            },
            b"list": lambda name: house.redis.lrange(name, 0, -1),
            b"set": house.redis.smembers,
            b"zset": lambda name: house.redis.zrange(name, 0, -1),
            b"stream": house.redis.xrange,
            b"none": lambda name: "",  # it went meanwhile
        }[kind]
        found.append(f"{key!r} {read(key)!r}")
    text = "\n".join(found)
    return text + text.encode().decode("unicode_escape", "replace")


def test_a_recalled_question_leaves_no_word(house: House) -> None:
    asked = house.ask(QUESTION)
    house.card(asked)
    house.command("/good", user="ou_admin", reply_to=asked)
    assert SECRET in everything(house)
    house.feishu.recall(asked)
    until(lambda: not any("harbor cache clear" in words(card) for card in house.feishu.cards(asked)))
    until(lambda: SECRET not in everything(house))
    facts = json.loads(house.redis.get(f"fennel:trace:{asked}") or b"{}")
    assert (facts["outcome"], facts["question"]) == ("recalled", "")
    assert not house.redis.exists(f"fennel:answer:{asked}")


def test_words_are_gone_also_when_the_answer_ends_after_the_recall(house: House, engine: HeldUp) -> None:
    engine.go.clear()
    engine.begun.clear()
    asked = house.ask(QUESTION)
    assert engine.begun.wait(LIMIT)
    house.feishu.recall(asked)
    until(lambda: house.redis.exists(f"fennel:cancelled:{asked}"))
    engine.go.set()
    house.quiet()
    until(lambda: SECRET not in everything(house))
    assert house.feishu.cards(asked) == []


def test_a_trace_that_comes_after_the_recall_is_not_written(house: House) -> None:
    house.redis.set("fennel:cancelled:om_late", "1")
    Trace("om_late", QUESTION).store(house.redis)
    assert not house.redis.exists("fennel:trace:om_late")


def test_a_person_is_forgotten_and_nobody_else(house: House, tmp_path: Path) -> None:
    alice = house.ask(QUESTION, user="ou_alice")
    bob = house.ask("How do I revoke a Harbor access token?", user="ou_bob")
    for asked in (alice, bob):
        house.feishu.click(
            house.card(asked).message_id, "👍 有帮助" if asked == alice else "👍 Helpful", "ou_alice"
        )
    house.quiet()
    house.command("/why", user="ou_alice", reply_to=alice)
    file = tmp_path / "settings.yaml"
    file.write_text(f"redis: {{url: {house.settings.redis.url}}}\n", "utf-8")
    said = CliRunner().invoke(app, ["forget", "ou_alice", "--config", str(file)])
    assert said.exit_code == 0, said.output
    assert "erased 2 questions" in said.output or "erased 1 questions" in said.output
    left = everything(house)
    assert SECRET not in left
    for key in ("answer", "trace", "feedback"):
        assert "ou_alice" not in "".join(
            str(house.redis.get(name) if key != "feedback" else house.redis.hgetall(name))
            for name in house.redis.scan_iter(f"fennel:{key}:*")
        )
    assert "ou_alice" not in str(house.redis.lrange("fennel:audit", 0, -1))
    assert house.redis.exists(f"fennel:answer:{bob}"), "what others asked stays"
    assert "revoke" in words(house.feishu.cards(bob)[0])


class Echoing(Extractive):
    """A model server whose error says what it was asked."""

    def stream(self, messages: Any, *arguments: Any, **how: Any) -> Any:
        raise EngineRefused(f"HTTP 400: invalid input {messages}")


def test_an_error_that_echoes_the_question_is_not_logged(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure("worker", "debug")
    assert house.process is not None
    house.process.llm = Echoing()
    asked = house.ask(QUESTION)
    house.card(asked)
    house.quiet()
    structlog.get_logger("test").error("after", error=f"HTTP 400 {SECRET}")
    logged = capfd.readouterr().err
    assert "answer_failed" in logged
    mine = [line for line in logged.splitlines() if '"after"' not in line]
    assert SECRET not in "\n".join(mine)


@pytest.mark.parametrize(
    ("value", "private", "found"),
    [
        ("HTTP 400: 怎么清空 Harbor 的缓存？", "怎么清空 Harbor 的缓存？", True),
        ("HTTP 400: \\u600e\\u4e48\\u6e05\\u7a7a Harbor", "怎么清空 Harbor 的缓存？", True),
        ("HTTP 400: \\\\u600E\\\\u4E48\\\\u6E05\\\\u7A7A Harbor \\\\u7684", "怎么清空 Harbor 的缓存？", True),
        ("GET /search?q=%E6%80%8E%E4%B9%88%E6%B8%85%E7%A9%BA+Harbor", "怎么清空", True),
        ("<p>&#24590;&#x4e48;&#28165;&#31354; Harbor &#30340;&#32531;", "怎么清空 Harbor 的缓存？", True),
        ("the context has 8192 tokens", "How many tokens does the model take?", False),
        ("traceback: my password is hunter2!", "please: my password is hunter2!", True),
        ("HTTP 400", "hi", False),
    ],
)
def test_a_piece_of_a_question_is_recognised(value: str, private: str, found: bool) -> None:
    assert logs.repeats(value, private) is found
    assert logging.getLogger().level >= 0
