"""Candidates from a Milvus server: the same pages, versions swapped by an alias, failures told by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.config.settings import GateSettings, IndexSettings, MilvusSettings, Settings, SourceSettings
from bot.errors import ConfigError, EngineUnavailable, IndexMismatch
from index.build.build import build
from index.search.store.milvus import MilvusStore
from index.search.versions import Versions, open_current, publish
from tests.index_files import WordEmbedder, write_documents
from tests.milvus_server import milvus_server, needs_milvus
from worker.doctor import checks
from worker.doctor.index_store import elsewhere_rows

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("read_here")]

QUESTIONS = ("how many int8 bits for the KV cache", "怎么从源码安装", "when do backups run", "quant_policy")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusSettings]:
    with milvus_server(tmp_path_factory.mktemp("milvus")) as settings:
        yield settings


def settings_with(
    folder: Path, server: MilvusSettings, documents: Path, name: str = "fennel", store: str = "milvus"
) -> Settings:
    index = IndexSettings(
        dir=folder / store,
        sources=(SourceSettings(path=documents),),
        gate=GateSettings(questions=()),
        keep_versions=2,
        store=store,
        milvus=server.model_copy(update={"collection": name}),
    )
    return Settings(index=index)


@needs_milvus
def test_milvus_finds_the_pages_that_faiss_finds(server: MilvusSettings, tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "handbook")
    found = {}
    for store in ("faiss", "milvus"):
        settings = settings_with(tmp_path, server, documents, "pages", store)
        build(settings, embedder=WordEmbedder())
        searcher = open_current(settings, WordEmbedder())
        found[store] = [
            [(passage.chunk.id, passage.score) for passage in searcher.search(question, 2)]
            for question in QUESTIONS
        ]
    for ours, theirs in zip(found["milvus"], found["faiss"], strict=True):
        assert [chunk for chunk, _ in ours] == [chunk for chunk, _ in theirs]
        assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], abs=0.002)
    assert not list((tmp_path / "milvus" / "versions").glob("*/*.faiss"))


@needs_milvus
def test_the_alias_follows_the_version_in_use(server: MilvusSettings, tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "handbook")
    settings = settings_with(tmp_path, server, documents, "alias")
    names = []
    for number in range(3):
        (documents / "notes.txt").write_text(f"Backup number {number} runs at noon.", "utf-8")
        names.append(build(settings, embedder=WordEmbedder()).version)
    store, versions = MilvusStore(settings.index.milvus), Versions(settings.index.dir)
    assert [collection_of(name) for name in names[1:]] == store.collections()
    assert store.in_use() == collection_of(names[2])
    assert "number 2" in open_current(settings, WordEmbedder()).search("backup noon", 1)[0].text
    publish(names[1], versions, None, settings.index)
    assert store.in_use() == collection_of(names[1])
    assert "number 1" in open_current(settings, WordEmbedder()).search("backup noon", 1)[0].text
    store.drop(names[1])
    with pytest.raises(IndexMismatch, match="index build"):
        open_current(settings, WordEmbedder())
    store.close()


def collection_of(version: str) -> str:
    return f"alias_v{version.replace('-', '_')}_chunks"


@needs_milvus
def test_a_version_is_of_one_store(server: MilvusSettings, tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "handbook")
    settings = settings_with(tmp_path, server, documents, "stores")
    build(settings, embedder=WordEmbedder())
    index = settings.index.model_copy(update={"store": "faiss"})
    changed = settings.model_copy(update={"index": index})
    with pytest.raises(IndexMismatch, match=r"index\.store: milvus"):
        open_current(changed, WordEmbedder())
    assert build(changed, embedder=WordEmbedder()).embedded == 0
    assert open_current(changed, WordEmbedder()).search("quant_policy", 1)


@needs_milvus
def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "handbook")
    with milvus_server(tmp_path / "data") as server:
        settings = settings_with(tmp_path, server.model_copy(update={"timeout": 2.0}), documents)
        build(settings, embedder=WordEmbedder())
        searcher = open_current(settings, WordEmbedder())
        rows = {row[0]: row for row in elsewhere_rows(settings)}
        assert "fennel_v" in rows["index.store"][2]
        assert rows["index.store"][1] == "good"
    with pytest.raises(EngineUnavailable, match=r"index\.milvus\.url"):
        searcher.search("quant_policy", 1)
    with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1"):
        open_current(settings, WordEmbedder())
    with pytest.raises(EngineUnavailable):
        build(settings, embedder=WordEmbedder(), force=True)
    assert len(Versions(settings.index.dir).names()) == 1
    ((name, state, detail, fix),) = checks.index(settings)
    assert (name, state) == ("index.store", "failed")
    assert settings.index.milvus.url in detail
    assert "start the server" in fix


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    settings = settings_with(tmp_path, MilvusSettings(), tmp_path)
    with pytest.raises(ConfigError, match="make setup"):
        MilvusStore(settings.index.milvus)
    ((name, state, detail, fix),) = checks.index(settings)
    assert (name, state) == ("index.store", "failed")
    assert "pymilvus" in detail
    assert "make setup" in fix
