"""A build counts the words of what is new; what it writes is what a build that counts everything writes."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config.settings import Settings, SourceSettings
from index.build.build import build
from index.search import lexical
from index.search.lexical import Lexical
from index.search.store import like_words, postings
from index.search.store.arrays import keep
from index.search.store.chunks import ChunkWriter
from index.search.store.like_words import Spellings
from index.search.store.stayed import MARKS, marks_of, stayed
from index.search.versions import Versions
from index.text.split import Chunk
from index.text.terms import terms
from tests.index_files import WordEmbedder, settings_for

pytestmark = pytest.mark.usefixtures("read_here")
WORDS = [
    "harbor",
    "quay",
    "pump-house",
    "dredge_rate",
    "lamp",
    "buoy",
    "码头",
    "灯塔",
    "tides",
    "walls",
    "Anchors",
]
CHUNKS = 60


def chunk(number: int, text: str, path: str = "") -> Chunk:
    path = path or f"page{number // 3}.md"
    name = f"Unit{number % 7}"
    return Chunk(
        id=f"{number}", source="docs", path=path, title="Port", heading_path=("Port", name), anchor="",
        text=text, url="", language="en", updated_at=0.0, position=number % 3,
    )  # fmt: skip


def written(chance: random.Random, *more: str) -> str:
    return " ".join([*chance.choices(WORDS, k=12), *more])


def first() -> list[Chunk]:
    chance = random.Random(4)
    return [chunk(number, written(chance, f"only{number}")) for number in range(CHUNKS)]


def changed(chunks: list[Chunk]) -> list[Chunk]:
    chance = random.Random(5)
    new = [chunk(one, written(chance, "fresh")) for one in range(100, 104)]
    return [*new[:2], *chunks[:10], new[2], *chunks[13:40], *chunks[44:], new[3]]


def turned_round(chunks: list[Chunk]) -> list[Chunk]:
    return [chunk(200, "the tide table"), *reversed(chunks[5:])]


def said_twice(chunks: list[Chunk]) -> list[Chunk]:
    return [*chunks[:7], chunks[6], chunks[6], *chunks[7:30], chunks[2]]


def moved(chunks: list[Chunk]) -> list[Chunk]:
    return [chunk(int(one.id), one.text, "elsewhere.md") for one in chunks[:6]] + chunks[6:]


def all_new(chunks: list[Chunk]) -> list[Chunk]:
    return [chunk(int(one.id) + 300, f"{one.text} again") for one in chunks]


CHANGES = [changed, turned_round, said_twice, moved, all_new, list]


def counted(chunks: list[Chunk], folder: Path, before: Path | None = None) -> dict[str, bytes]:
    """What is written of the chunks, by file."""
    folder.mkdir()
    marks = marks_of(chunks)
    keep(folder, MARKS, marks)
    lines = ChunkWriter(folder)
    lines.add(chunks)
    lines.close()
    shared = stayed(before, marks)
    Spellings(chunks, marks, shared).save(folder)
    Lexical.build(chunks, folder, before, shared)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_taken_over_is_what_counting_would_give(
    change: Callable[[list[Chunk]], list[Chunk]], tmp_path: Path
) -> None:
    now = change(first())
    counted(first(), tmp_path / "before")
    assert counted(now, tmp_path / "after", tmp_path / "before") == counted(now, tmp_path / "whole")


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_of_what_is_counted_in_blocks_and_of_a_sample(
    change: Callable[[list[Chunk]], list[Chunk]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postings, "_BLOCK", 5)
    monkeypatch.setattr(lexical, "BLOCK", 7)
    monkeypatch.setattr(like_words, "SAMPLE", 25)
    now = change(first())
    counted(first(), tmp_path / "before")
    assert counted(now, tmp_path / "after", tmp_path / "before") == counted(now, tmp_path / "whole")


def test_only_new_chunks_are_split_into_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted(first(), tmp_path / "before")
    split: list[str] = []

    def noting(text: str) -> list[str]:
        split.append(text)
        return terms(text)

    monkeypatch.setattr(lexical, "terms", noting)
    now = changed(first())
    counted(now, tmp_path / "after", tmp_path / "before")
    known = {one.text for one in first()}
    assert {one.text for one in now} - known <= set(split)
    assert not known & set(split)


def test_a_release_that_counts_otherwise_takes_nothing_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted(first(), tmp_path / "before")
    assert stayed(tmp_path / "before", marks_of(first())) is not None
    monkeypatch.setattr("index.search.store.stayed._rules", lambda: b"other rules")
    assert stayed(tmp_path / "before", marks_of(first())) is None


def test_chunks_differ_where_anything_that_is_counted_differs() -> None:
    one = chunk(1, "the tide table")
    others = [
        replace(one, text="the tide tables"),
        replace(one, title="Ports"),
        replace(one, heading_path=("Port",)),
        replace(one, heading_path=()),
        replace(one, path="page1.md"),
        replace(one, source="papers"),
    ]
    assert len(set(marks_of([one, *others]).tolist())) == 1 + len(others)
    assert marks_of([one]) == marks_of([replace(one, id="2", url="https://port.example/", updated_at=9.0)])


@pytest.fixture(scope="module")
def twice_built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings]:
    """Of the same pages: an index of before one was edited, and one of after that knew none before."""
    folder = tmp_path_factory.mktemp("built")
    pages = folder / "pages"
    pages.mkdir()
    for number in range(9):
        (pages / f"page{number}.md").write_text(f"# Page {number}\n\nFact {number} 码头.\n", "utf-8")
    settings = settings_for(folder, SourceSettings(path=pages))
    build(settings, embedder=WordEmbedder())
    (pages / "page3.md").write_text("# Page 3\n\nQuite another matter: quay walls.\n", "utf-8")
    whole = moved_to(folder / "two", settings)
    build(whole, embedder=WordEmbedder())
    return settings, whole


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    ["chunk_marks.npy", "text_ids.npy", "place_often.npy", "frequencies.npy", "terms.npy", "spellings.txt",
     "spellings_often.npy", "headings_lengths.npy", "chunks.jsonl", "ngrams.npy"],
)  # fmt: skip
@pytest.mark.parametrize("spoil", ["gone", "cut", "another byte"])
def test_counts_that_are_damaged_are_not_taken_over(
    twice_built: tuple[Settings, Settings], tmp_path: Path, file: str, spoil: str
) -> None:
    before, whole = twice_built
    shutil.copytree(before.index.dir, tmp_path / "index", symlinks=True)
    settings = moved_to(tmp_path / "index", before)
    place = in_use(settings) / file
    data = place.read_bytes()
    if spoil == "gone":
        place.unlink()
    else:
        place.write_bytes(data[:-1] if spoil == "cut" else data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    build(settings, embedder=WordEmbedder())
    assert contents(settings) == contents(whole)


def moved_to(folder: Path, settings: Settings) -> Settings:
    """The same with the index in another folder."""
    return settings.model_copy(update={"index": settings.index.model_copy(update={"dir": folder})})


def in_use(settings: Settings) -> Path:
    versions = Versions(settings.index.dir)
    return versions.path / versions.current()


def contents(settings: Settings) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes() for file in in_use(settings).iterdir() if file.name != "manifest.json"
    }
