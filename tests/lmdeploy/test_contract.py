"""Fennel's client against LMDeploy's own server, and the tests' stand-in against it too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.config.settings import LLMSettings, Settings
from bot.errors import Cancelled, EngineRefused
from tests.lmdeploy.conftest import API_KEY, RealServer
from tests.lmdeploy.real_server import PLANTED, REPLY, SESSION_LEN, SLOWLY
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from tests.waiting import wait_for
from worker.doctor.engine import engine_rows
from worker.engines.openai.engine import OpenAIEngine, open_engine
from worker.engines.openai.tokens import SentencePieceCounter
from worker.engines.turbomind.gpu import GraphicsCard
from worker.engines.turbomind.gpu_memory import GIB
from worker.engines.turbomind.launch import command, server_plans
from worker.llm import ChatMessage

pytestmark = pytest.mark.timeout(1200)
MODEL = "internlm2-chat-7b"
ASK: list[ChatMessage] = [{"role": "user", "content": "How do I install it?"}]


@pytest.fixture(scope="session")
def engine(real_server: RealServer) -> Iterator[OpenAIEngine]:
    llm = LLMSettings(
        model=MODEL,
        api_key=API_KEY,  # type: ignore[arg-type]
        tokenizer=str(real_server.folder / "tokenizer.model"),
    )
    opened = open_engine(Settings(llm=llm), (real_server.url,))
    yield opened
    opened.close()


def test_score_is_the_planted_expectation(engine: OpenAIEngine) -> None:
    score = engine.score(ASK)
    mass = 1 - PLANTED["Sure"]
    expected = (8 * 0.45 + 10 * 0.25 + 7 * 0.1 + 9 * 0.05 + 3 * 0.05) / mass
    assert score.mass == pytest.approx(mass, abs=1e-3)
    assert score.value == pytest.approx(expected, abs=1e-3)


def test_reply_is_streamed_to_its_end_mark(engine: OpenAIEngine) -> None:
    reply = engine.stream(ASK, max_tokens=200)
    assert "".join(reply) == REPLY
    assert reply.finish_reason == "stop"
    assert reply.usage.prompt_tokens > 5
    assert reply.usage.completion_tokens >= 5
    short = engine.stream(ASK, max_tokens=5)
    assert REPLY.startswith("".join(short))
    assert short.finish_reason == "length"
    slow = engine.stream([{"role": "user", "content": f"answer {SLOWLY}"}], max_tokens=6)
    assert len(list(slow)) > 1


def test_score_and_answer_share_the_cached_beginning(engine: OpenAIEngine) -> None:
    material: ChatMessage = {"role": "system", "content": "资料：运行 pip install 即可。" * 40}
    first = engine.score([material, {"role": "user", "content": "一"}])
    second = engine.stream([material, {"role": "user", "content": "二"}])
    assert "".join(second) == REPLY
    assert first.usage.cached_tokens == 0
    assert second.usage.cached_tokens >= 256


def test_features_are_found(engine: OpenAIEngine, real_server: RealServer) -> None:
    engine.prepare()
    known = engine.client.known.at_hand(real_server.url)
    assert known is not None
    features = known.features
    assert known.model == MODEL
    assert features.top_logprobs == 20
    assert (features.top_k, features.stop, features.usage_in_stream) == (True, True, True)


def test_guided_decoding_gives_one_number(real_server: RealServer) -> None:
    form = {"type": "regex_schema", "regex_schema": "(10|[0-9])"}
    answer = post(real_server.url, chat(max_tokens=4, response_format=form), API_KEY)
    assert answer.json()["choices"][0]["message"]["content"] == "8"


def test_taking_the_question_back_aborts_the_request(engine: OpenAIEngine, real_server: RealServer) -> None:
    before, taken_back = real_server.aborted(), threading.Event()
    slow: list[ChatMessage] = [{"role": "user", "content": f"answer {SLOWLY}"}]
    reply = engine.stream(slow, cancelled=taken_back.is_set)
    next(reply)
    taken_back.set()
    with pytest.raises(Cancelled):
        list(reply)
    wait_for(lambda: real_server.aborted() > before)


def test_over_long_prompt_is_refused_with_the_servers_words(engine: OpenAIEngine) -> None:
    with pytest.raises(EngineRefused, match="must be smaller than the model context length"):
        engine.score([{"role": "user", "content": "word " * SESSION_LEN}])


def test_tokens_are_counted_as_the_server_counts(engine: OpenAIEngine, real_server: RealServer) -> None:
    counter = SentencePieceCounter(real_server.folder / "tokenizer.model")
    text = "LMDeploy 怎么开启 kv cache int8 量化？"
    answer = httpx.post(f"{real_server.url}/encode", json={"input": text}, headers=bearer(API_KEY))
    ids = answer.json()["input_ids"]
    assert ids[-engine.count_tokens(text) :] == counter.encode(text)


def test_doctor_finds_server_and_tokenizer_good(real_server: RealServer) -> None:
    llm = LLMSettings(
        base_url=real_server.url,
        model=MODEL,
        api_key=API_KEY,  # type: ignore[arg-type]
        tokenizer=str(real_server.folder / "tokenizer.model"),
    )
    rows = engine_rows(Settings(llm=llm))
    states = {check: state for check, state, _, _ in rows}
    good = ("engine", "tokenizer", "server", "proxy", "answer", "four at once")
    assert {check: states[check] for check in good} == dict.fromkeys(good, "good"), rows
    assert states["scale"] == "failed"
    assert "scores everything" in next(detail for check, _, detail, _ in rows if check == "scale")


def test_the_command_line_is_taken(real_server: RealServer) -> None:
    from lmdeploy.cli.cli import CLI
    from lmdeploy.cli.serve import SubCliServe

    SubCliServe.add_parsers()
    card = GraphicsCard(0, "A100", 80 * GIB, 78 * GIB, 8.0)
    (plan,) = server_plans(Settings(), (card,))
    given = CLI.parser.parse_args(command(LLMSettings(), plan, transformers="5.23.0")[1:])
    assert given.session_len == 8192
    assert given.enable_prefix_caching
    assert 0 < given.cache_max_entry_count < 1
    assert given.quant_policy == 0
    assert given.model_name == MODEL


def chat(**fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1, **fields}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def post(url: str, body: Any, key: str) -> httpx.Response:
    return httpx.post(f"{url}/chat/completions", json=body, headers=bearer(key), timeout=60)


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": chat(),
    "no model": {"messages": [{"role": "user", "content": "hi"}]},
    "no messages": {"model": MODEL},
    "empty messages": chat(messages=[]),
    "messages of strings": chat(messages=["hi"]),
    "other model": chat(model="other"),
    "too many logprobs": chat(logprobs=True, top_logprobs=21),
    "most logprobs": chat(logprobs=True, top_logprobs=20),
    "temperature": chat(temperature=2.1),
    "temperature 0": chat(temperature=0),
    "top_p": chat(top_p=0),
    "top_k": chat(top_k=-1),
    "top_k 0": chat(top_k=0),
    "max_tokens": chat(max_tokens=0),
    "n": chat(n=0),
    "min_p": chat(min_p=1.5),
    "text for a number": chat(top_p="high"),
    "text for an integer": chat(top_k="high"),
    "number for text": chat(model=7),
    "unknown field": chat(colour="red"),
    "regex": chat(response_format={"type": "regex_schema", "regex_schema": "(10|[0-9])"}),
    "choice": chat(response_format={"type": "choice", "choice": ["a"]}),
    "too long": chat(messages=[{"role": "user", "content": "word " * SESSION_LEN}]),
}


@pytest.fixture(scope="module")
def stand_in(real_server: RealServer) -> Iterator[ModelServer]:
    """The stand-in of the other tests, with the same key, tokenizer and context."""
    model = ScriptedModel(tokenizer=str(real_server.folder / "tokenizer.model"))
    with ModelServer(api_key=API_KEY, session_len=SESSION_LEN, model=model) as server:
        yield server


@pytest.mark.parametrize("name", REQUESTS)
def test_the_stand_in_accepts_and_refuses_what_lmdeploy_does(
    real_server: RealServer, stand_in: ModelServer, name: str
) -> None:
    real, ours = (post(url, REQUESTS[name], API_KEY) for url in (real_server.url, stand_in.url))
    assert ours.status_code == real.status_code
    assert shape(ours.json()) == shape(real.json())
    if real.status_code != 200 and name != "too long":
        assert ours.json()["message"] == real.json()["message"]


def shape(value: Any) -> Any:
    """Keys and types; LMDeploy's own extra keys left out, they say nothing here."""
    extra = {"output_token_logprobs", "output_ids", "routed_experts", "service_tier"}
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items() if key not in extra}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_a_bad_regex_is_refused(real_server: RealServer, stand_in: ModelServer) -> None:
    body = chat(response_format={"type": "regex_schema", "regex_schema": "(10|[0-9"})
    assert [post(url, body, API_KEY).status_code for url in (real_server.url, stand_in.url)] == [400, 400]


@pytest.mark.parametrize("key", ["", "wrong"])
def test_keys_are_checked_alike(real_server: RealServer, stand_in: ModelServer, key: str) -> None:
    for url in (real_server.url, stand_in.url):
        answer = post(url, chat(), key)
        assert answer.status_code == 401
        assert answer.json() == {
            "message": "Unauthorized.",
            "type": "authentication_error",
            "code": 401,
            "param": None,
            "object": "error",
        }
        assert httpx.get(url.removesuffix("/v1") + "/health").status_code == 200


def test_other_content_types_are_refused_alike(real_server: RealServer, stand_in: ModelServer) -> None:
    for url in (real_server.url, stand_in.url):
        answer = httpx.post(f"{url}/chat/completions", content=b"{}", headers=bearer(API_KEY))
        assert answer.status_code == 400


def test_streams_have_the_same_shape(real_server: RealServer, stand_in: ModelServer) -> None:
    body = chat(max_tokens=50, stream=True, stream_options={"include_usage": True})
    shapes = []
    for url in (real_server.url, stand_in.url):
        text = post(url, body, API_KEY).text
        events = [line for line in text.split("\n\n") if line]
        assert events[-1] == "data: [DONE]"
        assert all(event.startswith("data: ") for event in events)
        chunks = [httpx.Response(200, content=event[6:]).json() for event in events[:-1]]
        assert chunks[-1]["choices"] == []
        assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
        shapes.append(set(chunks[-1]["usage"]) - {"completion_tokens_details"})
    assert shapes[0] == shapes[1]
