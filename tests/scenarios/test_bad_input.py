"""What is too long, too odd or no reply at all, from members and model servers: everybody is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.messages import say
from index.search.searcher import Searcher
from tests.house import House, words
from tests.web_server import Asked, Reply, WebServer
from worker.engines.openai import attempts, servers

pytestmark = pytest.mark.slow

QUESTION = "How do I install Harbor?"
ANSWER = "pip install harbor-server"
HOSTILE = (
    *("# a" + " " * 20_000 + "b", "[" * 20_000, "<!--" * 5_000, "- " * 10_000, "[1]" * 6_000, "`" * 20_000),
    *("1-" * 10_000, "<at id=" * 3_000, "\\" * 20_000, "![" * 9_000, "什么是" * 6_000, " ," * 9_000 + "?"),
)


def test_twenty_kilobytes_of_one_member_hold_up_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[int] = []
    search = Searcher.search

    def counted(self: Searcher, text: str, *given: Any, **how: Any) -> Any:
        searched.append(len(text))
        return search(self, text, *given, **how)

    monkeypatch.setattr(Searcher, "search", counted)
    long = [house.ask("How do I install Harbor on it? " * 700, user="ou_loud") for _ in range(5)]
    assert ANSWER in words(house.card(house.ask(QUESTION, user="ou_alice")))
    assert all(words(house.card(asked)) for asked in long), "each is told something"
    assert max(searched) < 5_000, "none of it is computed on as a whole"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
def test_text_that_slow_expressions_stumble_over_is_taken(house: House, text: str) -> None:
    odd = house.ask(f"{QUESTION}\n{text}", user="ou_loud")
    assert ANSWER in words(house.card(house.ask(QUESTION, user="ou_alice")))
    assert words(house.card(odd))


class Garbage:
    """Answers the probe as it should be and every streamed question with `body`."""

    def __init__(self, body: str, whole: str) -> None:
        self.body, self.whole = body, whole

    def __call__(self, asked: Asked) -> Reply | None:
        if asked.method == "GET":
            return Reply(b'{"data": [{"id": "m"}]}', headers={"Content-Type": "application/json"})
        if json.loads(asked.body).get("stream"):
            return Reply(self.body.encode(), headers={"Content-Type": "text/event-stream"})
        return Reply(self.whole.encode(), headers={"Content-Type": "application/json"})


def chunk(choices: Any, **more: Any) -> str:
    return f"data: {json.dumps({'choices': choices, **more})}\n\n"


NONSENSE = {
    "choices of null": chunk([None]) * 3 + "data: [DONE]\n\n",
    "numbers as content": chunk([{"delta": {"content": 5}}]) + chunk([{"delta": {"content": {"a": [1]}}}]),
    "usage in words": chunk([{"delta": {"content": ""}}], usage="many") + "data: [DONE]\n\n",
    "deltas that are lists": chunk([{"delta": [[], 1]}]) + chunk([{"delta": "x", "finish_reason": 7}]),
    "a bomb": "data: " + "[" * 100_000 + "\n\n",
    "a page": "<html><body>Bad gateway</body></html>",
    "nothing": "",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_of_a_model_server_ends_in_an_answer_or_a_quote(
    redis_url: str, index: Path, documents: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(servers, "FIRST_REST_SECONDS", 0.01)
    with WebServer() as server:
        server.on_request = Garbage(NONSENSE[name], '{"choices": [null], "usage": "many"}')
        settings = {"llm": {"engine": "openai", "base_url": f"{server.url}/v1", "model": "m"}}
        with House(redis_url, index, documents, settings=settings) as house:
            card = words(house.card(house.ask(QUESTION)))
            house.quiet()
            assert not house.redis.keys("rq:failed:*"), "no job was taken for poison"
    assert ANSWER in card or "5" in card
    assert say("because_error", "en") not in card
    assert say("because_poison", "en") not in card
