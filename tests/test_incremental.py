"""A build does again only what changed, goes on where one broke off, and keeps a gate that still fits."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.hostile.made import archive
from bot.config.settings import GateSettings, Settings, SourceSettings, load_settings
from bot.errors import BuildCancelled, EngineUnavailable
from index.build import ahead, embedding_cache, kept_readings
from index.build.build import build
from index.gate.evidence import Evidence
from index.gate.gate import evidence_file, open_evidence
from index.gate.reference import evidence_of
from index.search import ngrams
from index.search.embed import Vectors
from index.search.storage import read_chunks
from index.search.versions import Versions, open_current
from index.sources.reading.messages import ReadingAnswer, ReadingRequest
from index.sources.reading.reader import ReadingProcess
from index.sources.reading.readers import Readers
from tests.index_files import WordEmbedder, settings_for
from tests.vector_server import VectorServer
from tests.waiting import START_LIMIT, wait_for

pytestmark = pytest.mark.slow

PAGES = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pages"
    place.mkdir()
    for number in range(PAGES):
        (place / f"page{number:02}.md").write_text(f"# Page {number}\n\nFact {number} of harbor.\n", "utf-8")
    aged(place)
    return place


@pytest.fixture
def settings(folder: Path, tmp_path: Path, read_here: None) -> Settings:
    return settings_for(tmp_path, SourceSettings(path=folder))


@pytest.fixture
def asked(read_here: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of the documents that a reading process would be asked for."""
    paths: list[str] = []
    ask = ReadingProcess.ask

    def noting(process: ReadingProcess, request: ReadingRequest) -> ReadingAnswer:
        paths.append(request.path)
        return ask(process, request)

    monkeypatch.setattr(ReadingProcess, "ask", noting)
    return paths


def aged(place: Path) -> None:
    """As if nobody had touched the files of a folder for an hour."""
    for file in place.rglob("*"):
        os.utime(file, (time.time() - 3600,) * 2)


def test_only_what_changed_is_read(settings: Settings, folder: Path, asked: list[str]) -> None:
    build(settings, embedder=WordEmbedder())
    assert len(asked) == PAGES
    asked.clear()
    (folder / "page03.md").write_text("# Page 3\n\nAnother fact.\n", "utf-8")
    (folder / "page04.md").touch()
    (folder / "page05.md").rename(folder / "moved.md")
    report = build(settings, embedder=WordEmbedder())
    assert sorted(asked) == ["moved.md", "page03.md"]
    assert report.changed == ("pages/page03.md",)
    chunks = read_chunks(settings.index.dir / "versions" / report.version)
    assert sorted({one.path for one in chunks}) == sorted(file.name for file in folder.iterdir())


def test_a_file_written_twice_in_a_moment_is_read_again(
    settings: Settings, folder: Path, asked: list[str]
) -> None:
    page = folder / "page01.md"
    page.write_text("# One\n\nFirst text.\n", "utf-8")
    build(settings, embedder=WordEmbedder())
    facts = page.stat()
    page.write_text("# One\n\nOther text.\n", "utf-8")
    os.utime(page, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    asked.clear()
    build(settings, embedder=WordEmbedder())
    assert asked == ["page01.md"]


def test_what_could_not_be_read_is_told_again_without_being_read(
    settings: Settings, folder: Path, asked: list[str]
) -> None:
    (folder / "bad.docx").write_bytes(archive({"[Content_Types].xml": b"<Types/>"}))
    aged(folder)
    first = build(settings, embedder=WordEmbedder())
    asked.clear()
    second = build(settings, embedder=WordEmbedder())
    assert "bad.docx" in first.errors[0]
    assert (second.errors, asked) == (first.errors, [])
    (folder / "bad.docx").unlink()
    (folder / "bad.docx").write_bytes(b"other")
    build(settings, embedder=WordEmbedder())
    assert asked == ["bad.docx"]


def test_other_limits_read_anew(settings: Settings, asked: list[str]) -> None:
    build(settings, embedder=WordEmbedder())
    asked.clear()
    index = settings.index.model_copy(update={"document_chunks": 7})
    build(settings.model_copy(update={"index": index}), embedder=WordEmbedder())
    assert len(asked) == PAGES


def test_damaged_readings_are_begun_anew(settings: Settings, folder: Path) -> None:
    build(settings, embedder=WordEmbedder())
    kept = settings.index.dir / "readings.sqlite"
    for damage in (b"no database", kept.read_bytes()[:3000] + b"\xff" * 9000):
        kept.write_bytes(damage)
        assert build(settings, embedder=WordEmbedder(), force=True).documents == PAGES
    with sqlite3.connect(kept) as database:
        database.execute("UPDATE readings SET answer = x'00'")
    database.close()
    assert build(settings, embedder=WordEmbedder(), force=True).documents == PAGES


def test_a_build_stopped_while_reading_goes_on(settings: Settings, asked: list[str]) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        assert total >= done
        if (stage, done) == ("read", 5):
            raise BuildCancelled("stopped")

    with pytest.raises(BuildCancelled):
        build(settings, embedder=WordEmbedder(), progress=stop)
    before = set(asked)
    asked.clear()
    assert build(settings, embedder=WordEmbedder()).documents == PAGES
    assert len(set(asked) & before) <= len(before) - 5, "what was read is not read again"


class FailingEmbedder(WordEmbedder):
    """Fails after some calls, as a server that goes away."""

    calls = 2

    def embed(self, texts: list[str]) -> Vectors:
        if self.calls == 0:
            raise EngineUnavailable("gone")
        self.calls -= 1
        return super().embed(texts)


def test_a_build_stopped_while_embedding_goes_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ahead, embedding_cache):
        monkeypatch.setattr(module, "BATCH", 5)
    failing, whole = FailingEmbedder(), WordEmbedder()
    with pytest.raises(EngineUnavailable):
        build(settings, embedder=failing)
    build(settings, embedder=whole)
    assert len(failing.embedded) == 10
    assert not set(whole.embedded) & set(failing.embedded)


def test_answers_come_in_order_from_several_processes(folder: Path) -> None:
    (folder / "page00.md").write_text("# Long\n\n" + "word by word\n\n" * 20_000, "utf-8")
    files = sorted(folder.iterdir())
    requests = [
        ReadingRequest("file", "s", file.name, file=str(file), suffix=".md", max_bytes=10**7)
        for file in files * 2
    ]
    readers = Readers(most=3)
    try:
        answered = list(readers.answers(requests))
    finally:
        readers.close()
    assert [one.request.path for one in answered] == [request.path for request in requests]
    assert all(one.answer.loaded for one in answered)
    assert not [thread for thread in readers._threads if thread.is_alive()]


def test_a_fault_of_the_source_comes_after_what_was_asked_for() -> None:
    def requests() -> Iterator[ReadingRequest]:
        yield ReadingRequest("file", "s", "none.md", file="/nonexistent/none.md", suffix=".md", max_bytes=9)
        raise OSError("the folder went away")

    readers = Readers()
    seen = []
    try:
        with pytest.raises(OSError, match="went away"):
            seen += list(readers.answers(requests()))
    finally:
        readers.close()


def with_questions(settings: Settings, tmp_path: Path) -> Settings:
    rows = [f'{{"id": "{n}", "text": "What is fact {n} of harbor?", "label": 1}}' for n in range(8)]
    rows += [f'{{"id": "b{n}", "text": "Shall we have lunch at {n}?", "label": 0}}' for n in range(8)]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(rows), "utf-8")
    index = settings.index.model_copy(update={"gate": GateSettings(questions=(file,))})
    return settings.model_copy(update={"index": index})


def test_the_gate_is_fitted_again_only_when_much_changed(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    settings = with_questions(settings, tmp_path)
    for number in range(PAGES, 40):
        (folder / f"page{number:02}.md").write_text(f"# Page {number}\n\nFact {number} of harbor.\n", "utf-8")
    assert build(settings, embedder=WordEmbedder()).gate_fitted
    open_evidence(settings, open_current(settings, WordEmbedder()))  # as a worker does when it starts
    (folder / "page03.md").write_text("# Page 3\n\nQuite another matter: quay walls.\n", "utf-8")
    (folder / "page04.md").unlink()
    (folder / "more.md").write_text("# More\n\nThe dredger's manual.\n", "utf-8")
    report = build(settings, embedder=WordEmbedder(), confirmed=True)
    assert not report.gate_fitted
    searcher = open_current(settings, WordEmbedder())
    moved, anew = open_evidence(settings, searcher), evidence_of(searcher)
    assert moved.vocabulary == anew.vocabulary
    assert np.array_equal(moved.counts, anew.counts)
    assert np.array_equal(moved.pieces, anew.pieces)
    assert (moved.chunk_count, moved.document_count) == (anew.chunk_count, anew.document_count)
    for number in (6, 7, 8):
        (folder / f"page{number:02}.md").write_text(f"# Page {number}\n\nChanged {number}.\n", "utf-8")
    assert build(settings, embedder=WordEmbedder()).gate_fitted, "3 and 3 of 40 are more than a tenth"


def test_a_gate_is_fitted_again_for_other_questions(settings: Settings, folder: Path, tmp_path: Path) -> None:
    settings = with_questions(settings, tmp_path)
    build(settings, embedder=WordEmbedder())
    [questions] = settings.index.gate.questions
    with questions.open("a", encoding="utf-8") as out:
        out.write('\n{"id": "new", "text": "Where is the quay?", "label": 1}')
    assert build(settings, embedder=WordEmbedder(), force=True).gate_fitted


def test_counts_that_are_gone_are_counted_anew(settings: Settings, folder: Path, tmp_path: Path) -> None:
    settings = with_questions(settings, tmp_path)
    first = build(settings, embedder=WordEmbedder())
    evidence_file(settings, first.version).unlink(missing_ok=True)
    (folder / "page03.md").write_text("# Page 3\n\nAnother.\n", "utf-8")
    assert not build(settings, embedder=WordEmbedder()).gate_fitted
    assert isinstance(open_evidence(settings, open_current(settings, WordEmbedder())), Evidence)


class OneBatch(VectorServer):
    """Embeds one batch of a build, in more than the second after which it is kept, and no more until told."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()
        self.slow = 2 * embedding_cache._SAVED_EVERY

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if len(self.bodies) == 2:  # the first asks how long a vector is
            self.goes_on.wait(self.slow)
        elif len(self.bodies) > 2:
            self.goes_on.wait()
        return super().answer(path, body)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_command_can_be_broken_off_and_goes_on(
    folder: Path, tmp_path: Path, how: signal.Signals, read_here: None
) -> None:
    sections = [f"## Fact {number}\n\nFact {number} is of quay {number}.\n" for number in range(200)]
    (folder / "long.md").write_text("# Long\n\n" + "\n".join(sections), "utf-8")
    config = tmp_path / "config.yaml"
    with OneBatch() as server:
        embedder = (
            f"{{engine: openai, model: m, base_url: {server.url}, batch_size: {embedding_cache.BATCH}}}"
        )
        config.write_text(
            f"index: {{dir: {tmp_path}/index, sources: [{{path: {folder}}}], embedder: {embedder}, "
            "gate: {questions: []}}\nredis: {url: redis://127.0.0.1:1/0}\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "index", "build", "--config", str(config)],
            cwd=Path(__file__).parents[1],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        cache = tmp_path / "index" / "embeddings.sqlite"
        wait_for(lambda: embedded(cache) > 0, "something to be embedded", START_LIMIT)
        process.send_signal(how)
        if how == signal.SIGINT:
            wait_for(lambda: not pending(process), "the signal to have come")
        server.goes_on.set()
        _, told = process.communicate(timeout=START_LIMIT)
        kept = embedded(cache)
        assert kept > 0
        assert Versions(tmp_path / "index").names() == []
        if how == signal.SIGINT:
            assert process.returncode == 130
            assert "what was done is kept" in told
            assert "goes on from there" in told
        report = build(load_settings(config))
    assert report.reused >= kept
    assert report.published


def pending(process: subprocess.Popen[str]) -> bool:
    """Whether the system still has a signal for a process that has not been told of it."""
    status = Path(f"/proc/{process.pid}/status").read_text("ascii", "replace")
    return any(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("ShdPnd:"))


def embedded(cache: Path) -> int:
    """Rows of a cache that another process writes."""
    try:
        with sqlite3.connect(f"file:{cache}?mode=ro", uri=True) as database:
            count = int(database.execute("SELECT COUNT(*) FROM embeddings").fetchone()[0])
        database.close()
    except sqlite3.Error:
        return 0
    return count


def test_the_same_reading_serves_a_file_with_another_date(settings: Settings, folder: Path) -> None:
    first = build(settings, embedder=WordEmbedder())
    moment = time.time() - 7200
    os.utime(folder / "page02.md", (moment, moment))
    report = build(settings, embedder=WordEmbedder(), force=True)
    chunks = read_chunks(settings.index.dir / "versions" / report.version)
    dates = {one.path: one.updated_at for one in chunks}
    assert dates["page02.md"] == pytest.approx(moment)
    assert report.changed == ()
    assert first.documents == report.documents


def contents(settings: Settings) -> dict[str, bytes]:
    """What a search reads of the version in use, by file."""
    versions = Versions(settings.index.dir)
    files = (versions.path / versions.current()).iterdir()
    return {file.name: file.read_bytes() for file in files if file.name != "manifest.json"}


def test_a_build_after_a_change_writes_what_a_whole_build_writes(
    settings: Settings, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    count = ngrams._packed

    def noting(text: str) -> object:
        counted.append(text)
        return count(text)

    monkeypatch.setattr(ngrams, "_packed", noting)
    build(settings, embedder=WordEmbedder())
    assert len(counted) == PAGES
    (folder / "page03.md").write_text("# Page 3\n\nQuite another matter: quay walls.\n", "utf-8")
    (folder / "page04.md").unlink()
    (folder / "a first one.md").write_text("# More\n\nThe dredger's manual.\n", "utf-8")
    (folder / "page05.md").rename(folder / "moved.md")
    build(settings, embedder=WordEmbedder(), confirmed=True)
    assert len(counted) == PAGES + 2, "the two pages that are new"
    whole = settings.model_copy(update={"index": settings.index.model_copy(update={"dir": tmp_path / "two"})})
    build(whole, embedder=WordEmbedder())
    assert contents(settings) == contents(whole)


@pytest.mark.parametrize("spoil", ["gone", "cut", "of others"])
def test_n_grams_of_a_version_without_their_marks_are_counted_anew(
    settings: Settings, folder: Path, tmp_path: Path, spoil: str
) -> None:
    build(settings, embedder=WordEmbedder())
    versions = Versions(settings.index.dir)
    marks = versions.path / versions.current() / "ngram_marks.npy"
    if spoil == "gone":
        marks.unlink()
    elif spoil == "cut":
        marks.write_bytes(marks.read_bytes()[:-8])
    else:
        np.save(marks, np.zeros(3, dtype=np.uint64))
    (folder / "page03.md").write_text("# Page 3\n\nQuite another matter: quay walls.\n", "utf-8")
    build(settings, embedder=WordEmbedder())
    whole = settings.model_copy(update={"index": settings.index.model_copy(update={"dir": tmp_path / "two"})})
    build(whole, embedder=WordEmbedder())
    assert contents(settings) == contents(whole)


def test_a_build_leaves_the_process_switching_threads_as_it_did(settings: Settings) -> None:
    before = sys.getswitchinterval()
    build(settings, embedder=WordEmbedder())
    with pytest.raises(EngineUnavailable):
        build(settings, embedder=Away(), force=True)
    assert sys.getswitchinterval() == before


class Cores(WordEmbedder):
    """Says that three calls at once pay off, and notes who calls."""

    at_once = 3

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[str] = set()

    def embed(self, texts: list[str]) -> Vectors:
        self.threads.add(threading.current_thread().name)
        return super().embed(texts)


def test_several_cores_write_what_one_writes(settings: Settings, folder: Path, tmp_path: Path) -> None:
    for number in range(200):
        (folder / f"more{number}.md").write_text(
            f"# Topic {number}\n\nWharf {number} of quay {number}.\n", "utf-8"
        )
    cores = Cores()
    build(settings, embedder=cores)
    alone = settings.model_copy(update={"index": settings.index.model_copy(update={"dir": tmp_path / "one"})})
    build(alone, embedder=WordEmbedder())
    assert contents(settings) == contents(alone)
    assert len(cores.embedded) == len(set(cores.embedded))
    assert any(name.startswith("embedding_") for name in cores.threads)
    assert not [one for one in threading.enumerate() if one.name.startswith(("embedding", "ngrams"))]


def test_what_one_of_several_cores_cannot_embed_ends_the_build(settings: Settings, folder: Path) -> None:
    for number in range(200):
        (folder / f"more{number}.md").write_text(f"# Topic {number}\n\nWharf {number}.\n", "utf-8")

    class Broken(Cores):
        def embed(self, texts: list[str]) -> Vectors:
            if any("Wharf 150" in text for text in texts):
                raise EngineUnavailable("no more memory")
            return super().embed(texts)

    with pytest.raises(EngineUnavailable, match="no more memory"):
        build(settings, embedder=Broken())
    again = Cores()
    report = build(settings, embedder=again)
    assert report.published
    assert not [one for one in threading.enumerate() if one.name.startswith(("embedding", "ngrams"))]


class Away(WordEmbedder):
    """Cannot be reached."""

    name = "away"

    def embed(self, texts: list[str]) -> Vectors:
        raise EngineUnavailable("nobody is there")


def test_a_release_that_reads_a_page_otherwise_builds_it_anew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build(settings, embedder=WordEmbedder())
    ask = ReadingProcess.ask

    def otherwise(process: ReadingProcess, request: ReadingRequest) -> ReadingAnswer:
        answer = ask(process, request)
        if request.path != "page03.md":
            return answer
        loaded = [
            replace(one, chunks=tuple(replace(chunk, text=f"{chunk.text} Anew.") for chunk in one.chunks))
            for one in answer.loaded
        ]
        return replace(answer, loaded=tuple(loaded))

    monkeypatch.setattr(ReadingProcess, "ask", otherwise)
    monkeypatch.setattr(kept_readings, "release", lambda: "the next")
    report = build(settings, embedder=WordEmbedder())
    assert report.changed == ("pages/page03.md",)
    assert report.version != before.version
    assert build(settings, embedder=WordEmbedder()).version == report.version
