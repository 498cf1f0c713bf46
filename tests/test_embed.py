"""The three embedders: unit vectors, names, and failures that say what to do."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from bot.config.settings import EmbedderSettings
from bot.errors import ConfigError, EngineUnavailable
from index.build import embedding_cache
from index.build.embedding_cache import EmbeddingCache
from index.search import embed
from index.search.embed import MOST_ASKED, EmbeddedEmbedder, asked_part, open_embedder, remembered
from tests.index_files import WordEmbedder
from tests.index_models import save_static_embedding
from tests.vector_server import VectorServer


@pytest.mark.slow
def test_the_embedded_model_is_loaded_once_in_a_process() -> None:
    first, second = EmbeddedEmbedder(), EmbeddedEmbedder()
    assert first._backend is second._backend, "each would take 65 MB and half a second of computing"


@pytest.mark.parametrize("text", ["[1](x)" * 3_300, "1.2.3." * 3_300, "怎么" * 10_000])
def test_of_a_question_without_end_its_beginning_and_its_end_are_embedded(text: str) -> None:
    embedder = WordEmbedder()
    question = f"How do I stop it? {text} Why does it not start?"
    remembered(embedder).cosines(question, ["It stops.", "It starts."])
    assert max(map(len, embedder.embedded)) <= MOST_ASKED + 1
    assert asked_part(question).startswith("How do I stop it?")
    assert asked_part(question).endswith("Why does it not start?")
    assert asked_part(question[:MOST_ASKED]) == question[:MOST_ASKED]


def test_embedded_default_crosses_languages_from_many_threads() -> None:
    embedder = open_embedder(EmbedderSettings())
    vectors = embedder.embed(["如何安装mmpose", "how to install mmpose", "今天中午吃什么", ""])
    assert vectors.shape == (4, embedder.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert vectors[0] @ vectors[1] > 0.7 > 0.4 > vectors[0] @ vectors[2]
    again: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: again.append(embedder.embed(["如何安装mmpose"])[0])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(again) == 4
    assert all(np.allclose(vector, vectors[0], atol=1e-5) for vector in again)
    assert embedder.embed([]).shape == (0, embedder.dimensions)


@pytest.mark.slow
def test_sentence_transformers_from_a_folder(tmp_path: Path) -> None:
    save_static_embedding(tmp_path / "model")
    settings = EmbedderSettings(engine="sentence-transformers", model=str(tmp_path / "model"))
    embedder = open_embedder(settings)
    vectors = embedder.embed(["install the package", "安装软件包"])
    assert vectors.shape == (2, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert np.array_equal(open_embedder(settings).embed(["install the package"])[0], vectors[0])


@pytest.mark.slow
def test_a_model_that_is_not_there_says_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EngineUnavailable, match=r"index\.embedder\.model"):
        open_embedder(EmbedderSettings(engine="sentence-transformers", model=str(tmp_path / "absent")))


def test_openai_compatible_embeddings_in_batches() -> None:
    with VectorServer() as server:
        settings = EmbedderSettings(engine="openai", model="tiny", base_url=server.url, batch_size=2)
        embedder = open_embedder(settings)
        vectors = embedder.embed(["one", "two", "three", "four", "five"])
        assert vectors.shape == (5, embedder.dimensions)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert [len(body["input"]) for body in server.bodies] == [1, 2, 2, 1]
        assert np.array_equal(embedder.embed(["two"])[0], vectors[1])


def test_openai_failures_are_unavailable_and_configuration_is_checked() -> None:
    with VectorServer(status=400) as server, pytest.raises(EngineUnavailable, match="did not embed"):
        open_embedder(EmbedderSettings(engine="openai", model="tiny", base_url=server.url))
    with pytest.raises(ConfigError, match="base_url"):
        open_embedder(EmbedderSettings(engine="openai", model="tiny"))
    with pytest.raises(ConfigError, match=r"embedder\.model"):
        open_embedder(EmbedderSettings(engine="openai"))


def test_the_cache_embeds_each_text_once_and_forgets_the_others_when_they_are_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = WordEmbedder()
    for build, texts in enumerate((["a b", "c d", "a b"], ["c d"], ["c d", "e f"])):
        cache = EmbeddingCache(tmp_path / "cache.sqlite", embedder)
        embedded = cache.embed(texts)
        assert embedded.vectors.shape == (len(texts), embedder.dimensions)
        assert (embedded.new, embedded.reused) == [(2, 0), (0, 1), (1, 1)][build]
        cache.close()
    assert embedder.embedded == ["a b", "c d", "e f"]
    monkeypatch.setattr(embedding_cache, "_SPARE", 0)
    cache = EmbeddingCache(tmp_path / "cache.sqlite", embedder)
    assert cache.prune(["c d", "e f"]) == 0
    assert cache.prune(["c d"]) == 2
    assert cache.embed(["c d"]).new == 0
    assert cache.embed(["a b", "e f"]).new == 2
    cache.close()


def test_what_is_asked_is_embedded_once_and_together() -> None:
    embedder = WordEmbedder()
    memory = remembered(embedder)
    memory.ask(["How do I reindex?", "reindex", "reindex"])
    assert embedder.embedded == ["How do I reindex?", "reindex"]
    alone = WordEmbedder()
    expected = [float(value) for value in alone.embed(["a b", "reindex now"]) @ alone.embed(["reindex"])[0]]
    assert memory.cosines("reindex", ["a b", "reindex now"]) == pytest.approx(expected)
    assert np.array_equal(memory.asked("How do I reindex?"), alone.embed(["How do I reindex?"])[0])
    assert memory.cosines("reindex", ["a b"]) == pytest.approx(expected[:1])
    assert embedder.embedded == ["How do I reindex?", "reindex", "a b", "reindex now"]
    assert memory.cosines("run it now", ["a b"]) == memory.cosines("run it now", ["a b"])
    assert embedder.embedded[4:] == ["run it now"], "a sentence is compared with source after source"


def test_the_questions_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "ASKED", 2)
    embedder = WordEmbedder()
    memory = remembered(embedder)
    for text in ("one", "two", "three", "two", "one"):
        memory.asked(text)
    assert embedder.embedded == ["one", "two", "three", "one"]
