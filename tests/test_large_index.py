"""An index searched where it lies: short forms above a size, words in blocks, many searches at once."""

from __future__ import annotations

import errno
import json
import threading
from dataclasses import asdict, replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from bot.config import disk
from bot.config.settings import GateSettings, IndexSettings, Settings, SourceSettings
from bot.errors import IndexDamaged
from index.build import embedding_cache
from index.build.build import assemble, build
from index.search.dense import Dense
from index.search.lexical import FIELDS, Lexical, LexicalWriter
from index.search.ngrams import CharacterNGrams
from index.search.searcher import Searcher
from index.search.storage import FORMAT, checksums, make, making, read, write
from index.search.store.arrays import Growing, ReadSpans, blank, keep, mapped, spans
from index.search.store.chunks import ChunkFile, ChunkWriter
from index.search.store.older import OLDER
from index.search.store.vectors import VectorIndex, exact_nearest, recall_of, write_vectors
from index.search.store.vocabulary import Vocabulary, write_vocabulary
from index.search.versions import Versions, open_current
from index.text.document import Document
from index.text.split import Chunk, split
from tests.index_files import WordEmbedder

pytestmark = pytest.mark.slow

SUBJECTS = ("quantization", "tracing", "routing", "sharding", "billing", "backup", "logging", "caching")


def pages(count: int) -> list[Chunk]:
    """Chunks of `count` pages, each about one subject and with a number that no other has."""
    chunks = []
    for number in range(count):
        subject = SUBJECTS[number % len(SUBJECTS)]
        text = (
            f"# {subject.title()} {number}\n\nThe {subject} of unit{number} is set by flag-{number}.\n\n"
            f"## Limits\n\nUnit{number} takes {number + 3} at once; {'slowly ' * (number % 5)}it ends."
        )
        chunks += split(
            Document("guide", f"{subject}/{number}.md", f"{subject} {number}", text, "", "en", 0.0, "d")
        )
    return chunks


@pytest.fixture(scope="module")
def chunks() -> list[Chunk]:
    return pages(120)


def near_clusters(count: int, dimensions: int = 32) -> np.ndarray:
    generator = np.random.default_rng(3)
    centres = generator.standard_normal((60, dimensions))
    vectors = centres[generator.integers(60, size=count)] + 0.6 * generator.standard_normal(
        (count, dimensions)
    )
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_above_a_size_vectors_are_compared_in_a_short_form_and_the_recall_is_measured(tmp_path: Path) -> None:
    vectors = near_clusters(4000)
    facts = write_vectors(tmp_path, "texts", vectors, flat_below=1000)
    assert facts.kind == "PQ16x4fs"
    assert facts.recall >= 0.97
    index = VectorIndex(tmp_path, "texts")
    assert index.facts == facts
    found = np.stack([index.nearest(vector, 200) for vector in vectors[:40]])
    assert recall_of(found, exact_nearest(vectors, vectors[:40], 10)) >= 0.97
    assert np.allclose(index.rows(np.array([3, 7])), vectors[[3, 7]], atol=1e-3)
    assert np.allclose(np.concatenate(list(index.blocks())), vectors, atol=1e-3)


def test_short_forms_and_whole_vectors_give_the_same_pages(chunks: list[Chunk], tmp_path: Path) -> None:
    embedder = WordEmbedder()
    flat, _ = assemble([], chunks, embedder, tmp_path / "flat")
    strings = sorted({chunk.title for chunk in chunks})
    rows = np.tile([strings.index(chunk.title) for chunk in chunks], (3, 1))
    place = tmp_path / "short"
    place.mkdir()
    texts = embedder.embed([chunk.text for chunk in chunks])
    dense = Dense.build(texts, embedder.embed(strings), rows, place, flat_below=50)
    short = make(place, flat.manifest, chunks, dense)
    assert short.manifest.vectors["texts"]["kind"].startswith("PQ")
    assert flat.manifest.vectors["texts"]["kind"] == "Flat"
    both = [Searcher(one, embedder) for one in (flat, short)]
    for question in ("what is flag-17", "unit93 billing limits", "tracing unit41"):
        first, second = (one.search(question, 1)[0].chunk.id for one in both)
        assert first == second


def test_many_searches_at_once_find_what_one_finds(chunks: list[Chunk], tmp_path: Path) -> None:
    embedder = WordEmbedder()
    searcher = Searcher(assemble([], chunks, embedder, tmp_path)[0], embedder)
    questions = [f"unit{number} flag-{number}" for number in range(0, 120, 5)]
    alone = [[passage.row for passage in searcher.search(question, 4)] for question in questions]
    found: dict[int, list[list[int]]] = {}

    def ask(worker: int) -> None:
        found[worker] = [[passage.row for passage in searcher.search(question, 4)] for question in questions]

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {worker: alone for worker in range(8)}


def test_words_counted_in_blocks_are_words_counted_at_once(chunks: list[Chunk], tmp_path: Path) -> None:
    (tmp_path / "once").mkdir()
    (tmp_path / "blocks").mkdir()
    once, writer = Lexical.build(chunks, tmp_path / "once"), LexicalWriter(tmp_path / "blocks")
    for start in range(0, len(chunks), 7):
        writer.add(chunks[start : start + 7])
    writer.finish()
    blocks = Lexical(tmp_path / "blocks")
    every, words = np.arange(len(chunks)), ["unit7", "billing", "flag-12", "slowly", "limit", "unheard"]
    for mine, its in zip(
        vars(once.scores(words, every)).values(), vars(blocks.scores(words, every)).values(), strict=True
    ):
        assert np.array_equal(mine, its)
    for field in FIELDS:
        assert set(once.best(words, 5, (field,))) == set(blocks.best(words, 5, (field,)))
    for word in words:
        assert once.document_frequency(word) == blocks.document_frequency(word)
    letters = [CharacterNGrams(tmp_path / name).scores("bilings unit7", every) for name in ("once", "blocks")]
    assert np.allclose(*letters)
    assert not list((tmp_path / "blocks").glob(".*"))


def test_what_is_scored_is_what_a_scan_of_every_chunk_would_say(chunks: list[Chunk], tmp_path: Path) -> None:
    """BM25 by its formula, over every chunk, against the lists."""
    from index.text.terms import terms

    lexical = Lexical.build(chunks, tmp_path)
    texts = [terms(chunk.text) for chunk in chunks]
    lengths = np.array([max(len(text), 1) for text in texts])
    expected = np.zeros(len(chunks))
    for word in ("slowly", "unit9"):
        having = sum(word in text for text in texts)
        idf = np.log(1 + (len(chunks) - having + 0.5) / (having + 0.5))
        often = np.array([text.count(word) for text in texts])
        expected += idf * often / (often + 1.2 * (0.25 + 0.75 * lengths / lengths.mean()))
    found = lexical.text_scores(["slowly", "unit9"], np.arange(len(chunks)))
    assert np.allclose(found, expected, atol=1e-5)


def older_version(settings: Settings, name: str) -> None:
    """Rewrites a version as the release before wrote it."""
    place = settings.index.dir / "versions" / name
    snapshot = read(place)
    every = np.arange(len(snapshot.chunks))
    texts, strings = snapshot.dense.texts.rows(every), next(snapshot.dense.strings.blocks())
    rows = np.load(place / "string_rows.npy").astype(np.int64)
    lines = [json.dumps(asdict(chunk), ensure_ascii=False) for chunk in snapshot.chunks]
    kept = {file: (place / file).read_bytes() for file in ("documents.json", "origins.json")}
    for file in place.iterdir():
        file.unlink()
    for file, data in kept.items():
        (place / file).write_bytes(data)
    for kind, vectors in (("texts", texts), ("strings", strings)):
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(vectors)
        faiss.write_index(flat, str(place / f"{kind}.faiss"))
    np.save(place / "string_rows.npy", rows)
    (place / "chunks.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    facts = asdict(replace(snapshot.manifest, format=OLDER, checksums=checksums(place)))
    del facts["vectors"]
    (place / "manifest.json").write_text(json.dumps(facts), "utf-8")


def test_a_version_of_the_release_before_is_served_and_written_anew(tmp_path: Path) -> None:
    source = tmp_path / "guide"
    source.mkdir()
    for number in range(6):
        (source / f"{number}.md").write_text(
            f"# Flag {number}\n\nUnit{number} obeys flag-{number}.\n", "utf-8"
        )
    settings = Settings(
        index=IndexSettings(
            dir=tmp_path / "index",
            sources=(SourceSettings(path=source),),
            gate=GateSettings(questions=()),
        )
    )
    first = build(settings, embedder=WordEmbedder()).version
    expected = open_current(settings, WordEmbedder()).search("flag-3", 3)
    older_version(settings, first)
    assert Versions(settings.index.dir).manifest(first).format == OLDER
    found = open_current(settings, WordEmbedder()).search("flag-3", 3)
    assert [passage.chunk.id for passage in found] == [passage.chunk.id for passage in expected]
    assert [passage.score for passage in found] == pytest.approx([passage.score for passage in expected])
    again = build(settings, embedder=WordEmbedder())
    assert again.published
    assert again.embedded == 0
    assert Versions(settings.index.dir).manifest(again.version).format == FORMAT


def test_a_version_cut_short_is_refused(chunks: list[Chunk], tmp_path: Path) -> None:
    snapshot, _ = assemble([], chunks, WordEmbedder(), tmp_path)
    place = write(snapshot, tmp_path / "versions")
    assert read(place).version == snapshot.version
    lists = place / "text_ids.npy"
    lists.write_bytes(lists.read_bytes()[:-8])
    with pytest.raises(IndexDamaged, match="index build"):
        read(place)


def test_chunks_are_read_where_they_lie(chunks: list[Chunk], tmp_path: Path) -> None:
    writer = ChunkWriter(tmp_path)
    writer.add(chunks[:5])
    writer.add(chunks[5:])
    writer.close()
    kept = ChunkFile(tmp_path)
    assert list(kept) == chunks
    assert kept[-1] == chunks[-1]
    assert kept[2:5] == chunks[2:5]
    with pytest.raises(IndexError):
        kept[len(chunks)]
    (tmp_path / "chunks.jsonl").write_bytes(b"{}\n")
    with pytest.raises(ValueError, match=r"chunks\.jsonl"):
        ChunkFile(tmp_path)


def test_terms_are_found_by_halving(tmp_path: Path) -> None:
    words = sorted(word.encode() for word in ("", "kv_cache", "缓存", "a", "zz", "kv"))
    write_vocabulary(tmp_path, words)
    vocabulary = Vocabulary(tmp_path)
    assert [vocabulary.number(word.decode()) for word in words] == list(range(len(words)))
    assert vocabulary.number("nowhere") == -1
    assert vocabulary.number("\ud800") == -1
    asked = ["kv", "kv_cash", "缓存", "", "nowhere", "\ud800", "kv_cache", "kv"]
    assert vocabulary.numbers(asked) == [vocabulary.number(word) for word in asked]
    assert vocabulary.numbers([]) == []
    write_vocabulary(tmp_path, [])
    assert Vocabulary(tmp_path).number("a") == -1
    assert Vocabulary(tmp_path).numbers(asked) == [-1] * len(asked)


def test_arrays_grow_in_a_file_and_may_be_empty(tmp_path: Path) -> None:
    with Growing(tmp_path, "table", np.float16, 3) as table:
        table.add(np.ones((2, 3)))
        table.add(np.zeros((1, 3)))
    assert mapped(tmp_path, "table").tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    Growing(tmp_path, "none", np.int64).close()
    assert mapped(tmp_path, "none").shape == (0,)
    assert blank(tmp_path, "blank", np.uint32, (0,)).shape == (0,)
    assert mapped(tmp_path, "blank").shape == (0,)
    assert spans(np.array([2, 7, 9]), np.array([4, 9, 9])).tolist() == [2, 3, 7, 8]


def test_what_is_mapped_to_be_written_has_its_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank(tmp_path, "blank", np.uint32, (1 << 20,))
    monkeypatch.setattr(embedding_cache, "IN_MEMORY", 0)
    monkeypatch.setattr(embedding_cache, "TemporaryFile", lambda dir: (dir / "room").open("w+b"))
    embedding_cache.room((1 << 10, 1 << 10), tmp_path)
    for name in ("blank.npy", "room"):
        facts = (tmp_path / name).stat()
        assert facts.st_blocks * 512 >= facts.st_size, "a hole of a full disk ends the process with SIGBUS"


@pytest.mark.parametrize("error", [RuntimeError("write error in f"), OSError("9 requested and 4 written")])
def test_what_a_library_does_not_say_of_a_full_disk_is_asked_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(disk, "fault_of", lambda folder: full if folder.is_dir() else None)
    with pytest.raises(OSError, match="No space left on device"), making(tmp_path, "v"):
        raise error
    monkeypatch.setattr(disk, "fault_of", lambda folder: None)
    with pytest.raises(OSError, match=str(error)), making(tmp_path, "v"):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_ranges_are_read_from_their_file(tmp_path: Path) -> None:
    line = np.arange(50, dtype=np.uint32)
    keep(tmp_path, "line", line)
    read_spans = ReadSpans(tmp_path, "line")
    starts, ends = np.array([2, 4, 9, 30]), np.array([4, 6, 9, 33])
    assert read_spans.of(starts, ends).tolist() == line[spans(starts, ends)].tolist()
    assert not len(read_spans.of(np.empty(0, np.int64), np.empty(0, np.int64)))
    with pytest.raises(OSError, match="shorter"):
        read_spans.of(np.array([48]), np.array([60]))
