"""Which engine serves and why, and the lesser engine behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.config.settings import LLMSettings, Settings
from bot.errors import ConfigError, EngineRefused, EngineUnavailable
from bot.messages import SENTENCES
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from worker.engines import choose
from worker.engines.choose import choose_engine, open_llm
from worker.engines.fallback import WithFallback
from worker.engines.turbomind.gpu import GraphicsCard, parse_cards, visible
from worker.llm import LLM, ChatMessage, Messages, Reply, Score, Usage

ASK: list[ChatMessage] = [{"role": "user", "content": "?"}]


@pytest.mark.parametrize(
    ("settings", "cards", "has_lmdeploy", "engine", "why"),
    [
        ({}, 0, False, "extractive", "no GPU is visible and lmdeploy is not installed"),
        ({}, 0, True, "extractive", "no GPU is visible and llm.base_url is empty"),
        ({}, 2, True, "turbomind", "2 GPU"),
        ({"base_url": "http://x/v1"}, 2, True, "openai", "llm.base_url"),
        ({"engine": "turbomind", "base_url": "http://x/v1"}, 0, False, "openai", "llm.base_url"),
        ({"engine": "turbomind"}, 1, True, "turbomind", "llm.engine"),
        ({"engine": "extractive", "base_url": "http://x/v1"}, 1, True, "extractive", "llm.engine"),
    ],
)
def test_choice(settings: dict[str, str], cards: int, has_lmdeploy: bool, engine: str, why: str) -> None:
    choice = choose_engine(LLMSettings(**settings), cards=cards, has_lmdeploy=has_lmdeploy)  # type: ignore[arg-type]
    assert choice.engine == engine
    assert why in choice.why


@pytest.mark.parametrize("settings", [{"engine": "turbomind"}, {"engine": "openai"}])
def test_a_wish_that_cannot_be_met_names_the_setting(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"llm\."):
        choose_engine(LLMSettings(**settings), cards=0, has_lmdeploy=True)  # type: ignore[arg-type]


def test_open_llm_without_anything_is_extractive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "graphics_cards", lambda: ())
    engine = open_llm(Settings())
    assert engine.name == "extractive"
    engine.close()


def test_open_llm_with_a_server_answers_through_it() -> None:
    with ModelServer(model=ScriptedModel(reply="yes")) as server:
        engine = open_llm(Settings(llm=LLMSettings(base_url=server.url)))
        try:
            assert "".join(engine.stream(ASK)) == "yes"
            assert (engine.name, engine.degraded) == ("internlm2-chat-7b", "")
        finally:
            engine.close()


class Scripted:
    """An LLM that says `text`, then fails with `error`."""

    context_tokens = 100
    usage = Usage()

    def __init__(self, name: str, text: str = "", error: Exception | None = None, degraded: str = "") -> None:
        self.name, self.text, self.error, self.degraded = name, text, error, degraded

    def score(self, messages: Messages, **_: object) -> Score:
        if self.error:
            raise self.error
        return Score(5.0, 1.0)

    def stream(self, messages: Messages, **_: object) -> Reply:
        return Reply(self._pieces(), engine=self.name)

    def _pieces(self) -> Iterator[str]:
        if self.text:
            yield self.text
        if self.error:
            raise self.error

    def count_tokens(self, text: str) -> int:
        return len(text)

    def close(self) -> None:
        self.name = "closed"


LESSER: LLM = Scripted("lesser", "quoted")


@pytest.mark.parametrize(
    ("error", "why"),
    [(EngineUnavailable("gone"), "engine_down"), (EngineRefused("too long"), "engine_refused")],
)
def test_lesser_engine_answers_and_says_why(error: Exception, why: str) -> None:
    engine = WithFallback(Scripted("model", error=error), LESSER)
    reply = engine.stream(ASK)
    assert list(reply) == ["quoted"]
    assert (reply.engine, reply.degraded) == ("lesser", why)
    assert engine.score(ASK).value == 5.0
    assert why in SENTENCES


def test_lesser_engine_answers_while_the_model_loads() -> None:
    engine = WithFallback(Scripted("model", "never asked", degraded="engine_loading"), LESSER)
    reply = engine.stream(ASK)
    assert (list(reply), reply.degraded, engine.name) == (["quoted"], "engine_loading", "lesser")
    assert "engine_loading" in SENTENCES


def test_a_reply_is_of_one_engine() -> None:
    engine = WithFallback(Scripted("model", "half a", EngineUnavailable("gone")), LESSER)
    reply = engine.stream(ASK)
    assert next(reply) == "half a"
    with pytest.raises(EngineUnavailable):
        next(reply)


def test_cards_are_read_and_filtered() -> None:
    text = "0, NVIDIA H200, 143771, 143200, 9.0\n1, A10, 23028, [N/A], 8.6\n2, 3090, 24576, 20000, 8.6\n"
    cards = parse_cards(text)
    assert [card.index for card in cards] == [0, 2]
    assert cards[0] == GraphicsCard(0, "NVIDIA H200", 143771 << 20, 143200 << 20, 9.0)
    assert visible(cards, None) == cards
    assert [card.index for card in visible(cards, "2,0")] == [2, 0]
    assert visible(cards, "") == ()
    assert visible(cards, "-1") == ()
    assert visible(cards, "GPU-8932f937") == cards
