"""Token counts, checked with InternLM2's real tokenizer where it is at hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from bot.config.settings import LLMSettings, Settings
from bot.errors import ConfigError
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from worker.engines.openai.engine import open_engine
from worker.engines.openai.tokens import (
    Estimate,
    SentencePieceCounter,
    check_model_folder,
    compare_with_server,
    open_counter,
)

TEXTS = (
    "LMDeploy 怎么开启 kv cache int8 量化？",
    "How do I install mmpose from source on Windows?",
    "pip install -U openmim && mim install 'mmcv>=2.0.0'",
    "def f(x):\n    return x['a'] + 1  # 注释\n",
)


@pytest.fixture(scope="session")
def internlm2(shared_data: Path) -> Path:
    """The real tokenizer.model."""
    return shared_data / "internlm2" / "tokenizer.model"


@pytest.fixture
def fast_folder(tmp_path: Path) -> Path:
    """A model folder with a small tokenizer.json."""
    tokenizer = Tokenizer(WordLevel({"a": 0, "b": 1, "10": 2, "?": 3}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "tiny", "vocab_size": 4}))
    (tmp_path / "generation_config.json").write_text("{}")
    return tmp_path


@pytest.mark.data
def test_internlm2_counts_with_its_own_tokenizer(internlm2: Path) -> None:
    counter = open_counter(LLMSettings(tokenizer=str(internlm2)))
    assert isinstance(counter, SentencePieceCounter)
    assert counter.vocabulary_size() == 92544
    assert counter.encode("10") == [734]
    assert counter.ten_is_one_token
    assert counter.count("如何安装 mmpose？") == len(counter.encode("如何安装 mmpose？")) > 4


@pytest.mark.data
def test_estimate_is_never_below_internlm2_on_real_documents(internlm2: Path, shared_data: Path) -> None:
    counter, estimate = SentencePieceCounter(internlm2), Estimate()
    pages = sorted((shared_data / "docs" / "lmdeploy").rglob("*.md"))[:60]
    texts = [*TEXTS, *(page.read_text(encoding="utf-8")[:6000] for page in pages)]
    assert [text[:50] for text in texts if estimate.count(text) < counter.count(text)] == []


def test_estimate_of_nothing_is_nothing() -> None:
    assert Estimate().count("") == 0
    assert Estimate().count("茴香豆") == 3


def test_tokenizer_of_a_local_model_is_found(fast_folder: Path) -> None:
    counter = open_counter(LLMSettings(model=str(fast_folder)))
    assert (counter.exact, counter.ten_is_one_token, counter.count("a b a")) == (True, True, 3)
    assert check_model_folder(fast_folder) == []


def test_a_hub_name_without_files_is_estimated() -> None:
    assert not open_counter(LLMSettings()).exact


@pytest.mark.parametrize("content", [None, b"not a model"])
def test_a_named_tokenizer_must_be_readable(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "tokenizer.model").write_bytes(content)
    with pytest.raises(ConfigError, match=r"llm\.tokenizer"):
        open_counter(LLMSettings(tokenizer=str(tmp_path)))


def test_tokenizer_of_another_model_is_noticed(fast_folder: Path) -> None:
    (fast_folder / "config.json").write_text(json.dumps({"vocab_size": 3}))
    (fast_folder / "generation_config.json").unlink()
    problems = check_model_folder(fast_folder)
    assert ["4 entries" in problems[0], "generation_config.json is missing" in problems[1]] == [True, True]
    (fast_folder / "config.json").unlink()
    assert "config.json" in check_model_folder(fast_folder)[0]
    (fast_folder / "tokenizer.json").unlink()
    assert "neither" in check_model_folder(fast_folder)[0]


@pytest.mark.data
def test_a_server_that_splits_differently_is_noticed(internlm2: Path) -> None:
    counter = SentencePieceCounter(internlm2)
    model = ScriptedModel(tokenizer=str(internlm2))
    assert compare_with_server(counter, lambda text: [1, *model.encode(text)]) == []
    problems = compare_with_server(counter, lambda text: [1, *counter.encode(text.replace(" ", ""))])
    assert "--trust-remote-code" in problems[0]


@pytest.mark.data
def test_a_chat_mark_with_another_id_is_noticed(internlm2: Path) -> None:
    counter = SentencePieceCounter(internlm2)
    marks = {"<|im_start|>": [92549], "<|im_end|>": [92548]}
    problems = compare_with_server(counter, lambda text: [1, *marks.get(text, counter.encode(text))])
    assert "92549" in problems[0]


def test_the_tokenizer_of_a_downloaded_model_counts(
    fast_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "hub" / "models--internlm--internlm2-chat-7b"
    shutil.copytree(fast_folder, place / "snapshots" / "abc")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert open_counter(LLMSettings()).exact


@pytest.mark.data
@pytest.mark.parametrize("same", [True, False])
def test_the_servers_tokenizer_is_compared_at_the_start(internlm2: Path, same: bool) -> None:
    model = ScriptedModel(tokenizer=str(internlm2) if same else "")
    with ModelServer(model=model) as server, capture_logs() as logs:
        settings = Settings(llm=LLMSettings(model=model.name, tokenizer=str(internlm2)))
        engine = open_engine(settings, (server.url,))
        engine.prepare()
        engine.close()
    assert ("tokenizer_differs" in [entry["event"] for entry in logs]) is not same
