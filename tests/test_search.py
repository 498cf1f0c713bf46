"""What the search promises: the right page first, no page twice, passages grown to their section."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.config.settings import RerankerSettings
from bot.errors import IndexMissing
from index.build.build import assemble
from index.search.copies import page_key, page_numbers
from index.search.dense import Dense
from index.search.fusion import Weights, fused
from index.search.lexical import Lexical
from index.search.ngrams import CharacterNGrams, NGramWriter
from index.search.part import part_of
from index.search.rerank import open_reranker
from index.search.searcher import Searcher
from index.search.sections import Grower
from index.search.store.places import DocumentPlace
from index.search.store.projects import named, project_folders
from index.text.document import Document
from index.text.split import Chunk, split
from tests.index_files import CHINESE, MARKDOWN, WordEmbedder
from tests.vector_server import VectorServer

ENGLISH_INSTALL = CHINESE.replace("安装", "Installation").replace("推荐使用 pip", "We recommend pip")


def documents() -> list[Document]:
    rows = [
        ("lmdeploy", "docs/en/quantization/kv_quant.md", MARKDOWN, "en"),
        ("lmdeploy", "docs/zh_cn/get_started.md", CHINESE.replace("安装", "安装 LMDeploy "), "zh"),
        ("mmpose", "docs/zh_cn/installation.md", CHINESE.replace("安装", "安装 MMPose "), "zh"),
        ("mmpose", "docs/en/installation.md", ENGLISH_INSTALL, "en"),
        ("mmpose", "docs/en/copy.md", MARKDOWN.replace("memory", "memories"), "en"),
        ("mmpose", "notes.txt", "RTMPose runs at 430 frames per second on one card.", "en"),
    ]
    return [
        Document(source, path, text.splitlines()[0].lstrip("# "), text, "", language, 0.0, path)
        for source, path, text, language in rows
    ]


@pytest.fixture(scope="module")
def chunks() -> list[Chunk]:
    return [chunk for document in documents() for chunk in split(document)]


@pytest.fixture(scope="module")
def searcher(chunks: list[Chunk], tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return Searcher(
        assemble(documents(), chunks, WordEmbedder(), tmp_path_factory.mktemp("index"))[0], WordEmbedder()
    )


@pytest.mark.parametrize(
    ("query", "source", "path"),
    [
        ("mmpose 如何安装？", "mmpose", "docs/zh_cn/installation.md"),
        ("LMDeploy 怎么安装", "lmdeploy", "docs/zh_cn/get_started.md"),
        ("--cache-max-entry-count 是什么", "lmdeploy", "docs/en/quantization/kv_quant.md"),
        ("quant_policy", "lmdeploy", "docs/en/quantization/kv_quant.md"),
        ("RTMPose 速度", "mmpose", "notes.txt"),
        ("怎么量化 kv cache", "lmdeploy", "docs/en/quantization/kv_quant.md"),
    ],
)
def test_the_right_page_is_first(searcher: Searcher, query: str, source: str, path: str) -> None:
    first = searcher.search(query, 3)[0].chunk
    assert (first.source, first.path) == (source, path)


def test_passages_are_ordered_distinct_and_bounded(searcher: Searcher) -> None:
    passages = searcher.search("安装 installation", 10)
    assert [passage.score for passage in passages] == sorted(
        (passage.score for passage in passages), reverse=True
    )
    assert len({passage.chunk.section for passage in passages}) == len(passages)
    assert all(0 <= passage.score <= 1 for passage in passages)
    assert searcher.search("", 3) == []
    assert searcher.search("安装", 0) == []


def test_near_equal_text_is_given_once(searcher: Searcher) -> None:
    found = [passage.chunk.path for passage in searcher.search("kv cache quantization accuracy int4", 10)]
    assert "docs/en/quantization/kv_quant.md" in found
    assert "docs/en/copy.md" not in [path for path in found if path == "docs/en/copy.md"][1:]
    texts = [passage.chunk.text for passage in searcher.search("int4 loses a little accuracy", 10)]
    assert texts.count("int4 loses a little accuracy.") == 1


def test_a_lookup_is_reused_and_holds_every_score(searcher: Searcher) -> None:
    lookup = searcher.look_up("如何量化 kv_cache")
    assert lookup.terms == ("量化", "kv_cache", "kv", "cach")
    assert "quantization" in lookup.translations
    for values in (lookup.dense, lookup.bm25_text, lookup.bm25_place, lookup.characters, lookup.fused):
        assert values.shape == lookup.rows.shape
        assert values.dtype == np.float32
    assert searcher.search(lookup.query, 2, lookup) == searcher.search(lookup.query, 2)
    assert searcher.lexical.document_frequency("kv_cache") == 0
    assert searcher.lexical.document_frequency("quant_policy") == 2
    assert searcher.lexical.idf("nowhere") > searcher.lexical.idf("安装")


def test_a_question_is_looked_up_once_and_the_last_ones_are_kept(
    chunks: list[Chunk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.searcher.LOOKED_UP", 2)
    searcher = Searcher(assemble(documents(), chunks, WordEmbedder(), tmp_path)[0], WordEmbedder())
    first, second = searcher.look_up("harbor"), searcher.look_up("lamp")
    assert searcher.look_up("harbor") is first
    third = searcher.look_up("quay")
    assert searcher.look_up("lamp") is not second, "the one that was not asked for the longest is let go"
    assert searcher.look_up("quay") is third
    assert np.array_equal(searcher.look_up("lamp").fused, second.fused)


def test_passages_grow_to_their_section_and_its_subsections(chunks: list[Chunk]) -> None:
    grower = Grower(chunks)
    top = next(row for row, chunk in enumerate(chunks) if chunk.path.endswith("kv_quant.md"))
    grown = grower.grow(top)
    assert grown.startswith("Quantizing the key-value cache")
    assert "## Usage" in grown
    assert "int4 loses" in grown
    assert grower.grow(top + 2) == "int4 loses a little accuracy."
    assert grower.grow(top, budget=10) == chunks[top].text


def test_copies_are_one_page_only_when_they_agree() -> None:
    assert page_key("docs", "docs/zh_cn/a.md") == page_key("docs", "docs/en/a.md")
    assert page_key("docs", "README_zh-CN.md") == page_key("docs", "README.md")
    assert page_key("corpus-zh", "a.md") == page_key("corpus-en", "a.md")
    assert page_key("docs", "a.v2.md") != page_key("docs", "a.md")
    places = [DocumentPlace(one.source, one.path, row, row) for row, one in enumerate(documents())]
    rows = [row for row, one in enumerate(documents()) if "mmpose/docs/" in f"{one.source}/{one.path}"]
    chinese, english = (row for row in rows if "installation" in places[row].path)
    same = page_numbers(places, lambda one: np.ones(4, dtype=np.float32) / 2)
    assert same[chinese] == same[english]
    assert len(set(same.tolist())) == len(places) - 1
    directions = {english: [0.5, -0.5, 0.5, -0.5]}
    apart = page_numbers(places, lambda one: np.array(directions.get(one.first, [0.5] * 4), dtype=np.float32))
    assert apart[chinese] != apart[english]
    assert sorted(apart.tolist()) == list(range(len(places)))


def test_halves_can_be_looked_at_apart(searcher: Searcher) -> None:
    lookup = searcher.look_up("RTMPose frames")
    for weights in (Weights().dense_only(), Weights().lexical_only()):
        scores = searcher.fuse(lookup, weights)
        assert searcher.chunks[searcher.rank(lookup, scores, 1)[0]].path == "notes.txt"


def test_the_reranker_has_the_last_word(chunks: list[Chunk], tmp_path: Path) -> None:
    snapshot, _ = assemble(documents(), chunks, WordEmbedder(), tmp_path)
    with VectorServer() as server:
        settings = RerankerSettings(engine="openai", model="m", base_url=server.url, top=6)
        searcher = Searcher(snapshot, WordEmbedder(), open_reranker(settings))
        passages = searcher.search("shrink entry count accuracy", 2)
    assert len(passages) == 2
    assert passages[0].score >= passages[1].score
    assert {passages[0].score, passages[1].score} == {0.75, 0.25}


def test_the_lexical_half_scores_what_it_is_asked_for(chunks: list[Chunk], tmp_path: Path) -> None:
    lexical = Lexical.build(chunks, tmp_path)
    every = np.arange(len(chunks))
    whole = lexical.scores(["安装", "quant_policy", "nowhere"], every)
    some = np.array([1, 3, 4])
    part = Lexical(tmp_path).scores(["安装", "quant_policy", "nowhere"], some)
    assert np.allclose(whole.text[some], part.text)
    assert np.allclose(whole.headings[some], part.headings)
    named = {row for row, chunk in enumerate(chunks) if "quant_policy" in chunk.text}
    assert set(np.flatnonzero(lexical.text_scores(["quant_policy"], every)).tolist()) == named
    assert set(lexical.best(["quant_policy"], 5, ("text",)).tolist()) == named
    assert not lexical.scores(["nowhere"], every).text.any()
    assert lexical.scores(["安装"], np.empty(0, np.int64)).text.shape == (0,)


def test_the_dense_half_is_exact_where_all_are_compared(chunks: list[Chunk], tmp_path: Path) -> None:
    texts = WordEmbedder().embed([chunk.text for chunk in chunks])
    rows = np.zeros((3, len(chunks)), dtype=np.int64)
    dense = Dense.build(texts, texts[:1], rows, tmp_path)
    every = np.arange(len(chunks))
    assert np.allclose(dense.scores(texts[2], every).text, texts @ texts[2], atol=1e-6)
    assert dense.nearest(texts[2], 1).tolist() == [2]
    assert dense.facts["texts"]["kind"] == "Flat"
    assert dense.facts["texts"]["recall"] == 1.0


def test_characters_find_what_words_miss(tmp_path: Path) -> None:
    writer = NGramWriter(tmp_path)
    writer.add(["deploying with TensorRT", "完全不同的内容", ""])
    writer.finish()
    characters, every = CharacterNGrams(tmp_path), np.arange(3)
    scores = characters.scores("tensor-rt deploymnt", every)
    assert scores.argmax() == 0
    assert scores[2] == 0
    assert characters.best("tensor-rt deploymnt", 1).tolist() == [0]
    assert characters.similarities(0, [0, 1])[0] == pytest.approx(1, abs=1e-5)
    assert not characters.scores("", every).any()
    assert not len(characters.best("", 3))


def test_characters_beside_those_asked_for_count_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = NGramWriter(tmp_path)
    writer.add(["deploying with TensorRT", "完全不同的内容", "deploy the model"])
    writer.finish()
    characters, every = CharacterNGrams(tmp_path), np.arange(3)
    scores = characters.scores("deploymnt", every)
    monkeypatch.setattr("index.search.ngrams._GROUP_BITS", 1)  # all buckets are neighbours
    assert np.array_equal(characters.scores("deploymnt", every), scores)
    assert scores[0] > scores[1] == 0


def test_characters_of_an_earlier_release_and_of_this_one_score_alike(tmp_path: Path) -> None:
    texts = ["deploying with TensorRT", "完全不同的内容", ""]
    own, older = tmp_path / "own", tmp_path / "older"
    own.mkdir()
    writer = NGramWriter(own)
    writer.add(texts)
    writer.finish()
    assert sum(file.stat().st_size for file in own.iterdir()) < 20_000
    with_every_bucket(shutil.copytree(own, older), len(texts))
    now, before, every = CharacterNGrams(own), CharacterNGrams(older), np.arange(3)
    for query in ("tensor-rt deploymnt", "不同的", "of neither", ""):
        assert (now.scores(query, every) == before.scores(query, every)).all()
        assert now.best(query, 2).tolist() == before.best(query, 2).tolist()
    assert (now.similarities(0, [0, 1, 2]) == before.similarities(0, [0, 1, 2])).all()


def with_every_bucket(folder: Path, texts: int) -> None:
    """Puts n-grams as the release before wrote them: a rarity and a list for each bucket there may be."""
    buckets = np.load(folder / "ngram_buckets.npy")
    rarities = np.full(1 << 20, np.log(1 + texts) + 1, dtype=np.float32)
    rarities[buckets] = np.load(folder / "ngram_idf.npy")
    lengths = np.zeros(1 << 20, dtype=np.int64)
    lengths[buckets] = np.diff(np.load(folder / "ngram_chunk_starts.npy"))
    np.save(folder / "ngram_idf.npy", rarities)
    np.save(folder / "ngram_chunk_starts.npy", np.append(0, np.cumsum(lengths)))
    (folder / "ngram_buckets.npy").unlink()


def test_a_named_project_is_preferred(searcher: Searcher) -> None:
    names = {"mmpose", "lmdeploy"}
    assert named("mmpose 如何安装", names) == {"mmpose"}
    assert named("LMDeploy-serve", names) == {"lmdeploy"}
    assert named("lmde 怎么用", names) == {"lmdeploy"}
    assert named("mm 怎么用", names) == set()
    assert named("the lmdeploy-runtime-gpu package", names) == {"lmdeploy"}
    assert named("lmde-serve, mmpo_config and lmdep.lock", names) == set(), "a piece is a whole name"
    lookup = searcher.look_up("mmpose 如何安装")
    preferred = {searcher.chunks[row].source for row in lookup.rows[lookup.signals.project > 0].tolist()}
    assert preferred == {"mmpose"}
    paths = ["mmcv/README.md", "mmcv/faq.md", "notes/a.md", "mmdet/docs/a.md"]
    folders = project_folders([DocumentPlace("all", path, 0, 0) for path in paths])
    assert folders == ["mmcv", "mmcv", "", "mmdet"]


@pytest.mark.slow
def test_a_part_of_an_index_scores_like_an_index_of_these_documents_alone(
    searcher: Searcher, tmp_path: Path
) -> None:
    own = [document for document in documents() if document.source == "mmpose"]
    chunks = [chunk for document in own for chunk in split(document)]
    alone = Searcher(assemble(own, chunks, WordEmbedder(), tmp_path)[0], WordEmbedder())
    part = part_of(searcher, {"mmpose"})
    assert [chunk.id for chunk in part.chunks] == [chunk.id for chunk in alone.chunks]
    assert part.documents == 4
    assert part.statistics.sources == {"mmpose": 4}
    for query in ("mmpose 如何安装？", "quant_policy", "RTMPose 速度"):
        ours, theirs = part.search(query, 3), alone.search(query, 3)
        assert [passage.text for passage in ours] == [passage.text for passage in theirs]
        assert [passage.score for passage in ours] == pytest.approx([passage.score for passage in theirs])
    with pytest.raises(IndexMissing, match="nothing"):
        part_of(searcher, {"nothing"})


def test_a_question_of_words_that_every_chunk_has_is_scored_as_any_other(searcher: Searcher) -> None:
    lookup = searcher.look_up("what is the harbor")
    found = np.full(len(lookup.rows), 2.0, np.float32)
    everywhere = replace(lookup.signals, rarity=0.0002, bm25_text=found / 10, headings=found)
    assert fused(everywhere, Weights(), lookup.pages).max() < 1.5
