"""What the doctor says about the engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config.settings import LLMSettings, Settings
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from worker.doctor import engine as engine_check
from worker.doctor.engine import engine_rows, file_rows, memory_rows, tokenizer_rows
from worker.doctor.score_scale import judge
from worker.engines.openai.engine import OpenAIEngine
from worker.engines.openai.running_call import ConnectionBroken
from worker.engines.turbomind.gpu import GraphicsCard

GIB = 1 << 30


def sensible(messages: list[dict[str, object]]) -> dict[str, float]:
    """High for the questions, low for small talk."""
    text = str(messages[-1]["content"])
    return (
        {"9": 0.9, "2": 0.1} if "如何安装 FooServe" in text or "Which port" in text else {"0": 0.8, "3": 0.2}
    )


def rows_of(server: ModelServer, **llm: object) -> dict[str, tuple[str, str, str]]:
    settings = Settings(llm=LLMSettings(**{"base_url": server.url, "model": server.model.name, **llm}))  # type: ignore[arg-type]
    return {check: (state, detail, fix) for check, state, detail, fix in engine_rows(settings)}


def test_a_good_server() -> None:
    with ModelServer(model=ScriptedModel(probabilities=sensible)) as server:
        rows = rows_of(server)
        assert rows["engine"][1] == "openai: llm.base_url names a running server"
        assert rows["server"][0] == "good"
        assert rows["scale"][0] == "good"
        assert rows["tokenizer"][0] == "warning"


@pytest.mark.parametrize("quirks", [frozenset(), frozenset({"no_logprobs"})])
def test_a_model_that_scores_everything_0_is_found_out(quirks: frozenset[str]) -> None:
    with ModelServer(
        model=ScriptedModel(probabilities=lambda _: {"0": 0.97, "1": 0.03}), quirks=quirks
    ) as server:
        state, detail, fix = rows_of(server)["scale"]
        assert (state, "scores everything about 0" in detail) == ("failed", True)
        assert "internlm/internlm2-chat-7b" in fix


def test_a_model_that_gives_no_score_is_found_out() -> None:
    with ModelServer(model=ScriptedModel(probabilities=lambda _: {"Sure": 0.9, "7": 0.1})) as server:
        state, detail, fix = rows_of(server)["scale"]
        assert state == "failed"
        assert "only 10 %" in detail
        assert "base model" in fix


def test_scores_that_do_not_separate() -> None:
    verdict = judge((6.0, 4.0), (5.0, 4.5))
    assert not verdict.follows
    assert "do not tell questions from small talk" in verdict.sentence


def test_a_server_that_is_not_there() -> None:
    settings = Settings(llm=LLMSettings(base_url="http://127.0.0.1:9/v1"))
    (check, state, detail, fix) = engine_rows(settings)[-1]
    assert (check, state) == ("server", "failed")
    assert "127.0.0.1:9" in detail
    assert "llm.base_url" in fix


def test_a_server_that_breaks_off_is_a_row_of_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(engine: OpenAIEngine, url: str) -> list[str]:
        raise ConnectionBroken("ServerDisconnectedError")

    monkeypatch.setattr(OpenAIEngine, "tokenizer_problems", breaks_off)
    with ModelServer(model=ScriptedModel(probabilities=sensible)) as server:
        state, detail, fix = rows_of(server)["server"]
    assert (state, "ServerDisconnectedError" in detail) == ("failed", True)
    assert "llm.base_url" in fix


@pytest.mark.slow
@pytest.mark.data
def test_a_server_that_splits_text_otherwise_is_found_out(shared_data: Path) -> None:
    tokenizer = str(shared_data / "internlm2" / "tokenizer.model")
    with ModelServer(model=ScriptedModel(probabilities=sensible)) as server:
        state, detail, _ = rows_of(server, tokenizer=tokenizer)["tokenizer"]
        assert (state, "--trust-remote-code" in detail) == ("failed", True)
        server.model.tokenizer = tokenizer
        assert rows_of(server, tokenizer=tokenizer)["tokenizer"][0] == "good"


def test_wish_that_cannot_be_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_check, "graphics_cards", lambda: ())
    (row,) = engine_rows(Settings(llm=LLMSettings(engine="turbomind")))
    assert row[1] == "failed"
    assert "GPU" in row[2]


def test_a_gpu_machine_before_the_first_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    card = GraphicsCard(0, "RTX 3080", 10 * GIB, int(9.6 * GIB), 8.6)
    monkeypatch.setattr(engine_check, "graphics_cards", lambda: (card,))
    monkeypatch.setattr(engine_check.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    rows = {check: (state, detail, fix) for check, state, detail, fix in engine_rows(Settings())}
    assert rows["engine"][1].startswith("turbomind")
    assert rows["model files"][0] == "warning"
    assert rows["gpu 0"][0] == "failed"
    assert "AWQ 4-bit" in rows["gpu 0"][2]
    assert "the worker starts it" in rows["server"][1]


def test_a_card_that_is_large_enough_and_a_model_nobody_knows() -> None:
    card = GraphicsCard(1, "A100", 80 * GIB, 79 * GIB, 8.0)
    assert memory_rows(Settings(), card)[0][1] == "good"
    unknown = Settings(llm=LLMSettings(model="acme/other"))
    assert memory_rows(unknown, card)[0][1] == "warning"


def test_files_of_a_local_model(tmp_path: Path) -> None:
    settings = LLMSettings(model=str(tmp_path))
    assert file_rows(settings)[0][1] == "failed"
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": 10}))
    header = json.dumps({"w": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    assert "tokenizer" in file_rows(settings)[0][2]


def test_tokenizer_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tokenizer_rows(LLMSettings(tokenizer=str(tmp_path)))[0][1] == "failed"
    monkeypatch.setattr(engine_check, "_version", lambda package: "0.2.2")
    assert "0.2.3" in tokenizer_rows(LLMSettings())[0][3]
