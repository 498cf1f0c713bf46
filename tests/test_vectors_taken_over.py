"""A build takes the vectors of what stayed from the version before, and writes what a whole build writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.config.settings import Settings, SourceSettings
from index.build import embedding_cache
from index.build.build import build
from index.search.store.vectors import VectorIndex
from index.search.versions import Versions
from tests.index_files import WordEmbedder, settings_for

pytestmark = pytest.mark.usefixtures("read_here")
PAGES = 12


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(PAGES):
        (folder / f"page{number:02}.md").write_text(
            f"# Harbor {number}\n\nThe lamp of quay {number} burns.\n\n"
            f"## Tides\n\n潮汐表 {number}。码头的灯。\n",
            "utf-8",
        )
    return folder


@pytest.fixture
def settings(tmp_path: Path, pages: Path) -> Settings:
    return settings_for(tmp_path, SourceSettings(path=pages))


def one_edited(pages: Path) -> None:
    (pages / "page03.md").write_text("# Harbor 3\n\nQuite another matter: dredging.\n", "utf-8")


def another_spelling(pages: Path) -> None:
    """The word that was written lamp is mostly written LAMP now."""
    for number in range(8):
        place = pages / f"page{number:02}.md"
        place.write_text(place.read_text("utf-8").replace("lamp", "LAMP"), "utf-8")


def turned_round(pages: Path) -> None:
    for number in range(PAGES):
        (pages / f"page{number:02}.md").rename(pages / f"part{PAGES - number:02}.md")


def some_gone(pages: Path) -> None:
    for number in range(0, PAGES, 5):
        (pages / f"page{number:02}.md").unlink()


def another_title(pages: Path) -> None:
    place = pages / "page05.md"
    place.write_text(place.read_text("utf-8").replace("# Harbor 5", "# Port 5"), "utf-8")


def two_alike(pages: Path) -> None:
    (pages / "page99.md").write_text((pages / "page01.md").read_text("utf-8"), "utf-8")


CHANGES = [one_edited, another_spelling, turned_round, some_gone, another_title, two_alike]


@pytest.mark.slow
@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_taken_over_is_what_a_whole_build_writes(
    settings: Settings,
    pages: Path,
    tmp_path: Path,
    change: Callable[[Path], None],
    exact: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the version before keeps its vectors shortened, so that the cache is asked."""
    if not exact:
        monkeypatch.setattr(VectorIndex, "exact", property(lambda index: False))
    build(settings, embedder=WordEmbedder())
    change(pages)
    report = build(settings, embedder=WordEmbedder(), confirmed=True)
    assert report.published
    whole = settings.model_copy(update={"index": settings.index.model_copy(update={"dir": tmp_path / "two"})})
    alone = build(whole, embedder=WordEmbedder())
    assert contents(settings) == contents(whole)
    assert report.embedded + report.reused == alone.embedded


def test_texts_that_stayed_are_not_asked_of_the_cache(settings: Settings, pages: Path) -> None:
    build(settings, embedder=WordEmbedder())
    (settings.index.dir / "embeddings.sqlite").unlink()
    one_edited(pages)
    second = WordEmbedder()
    build(settings, embedder=second)
    told = set(second.embedded)
    assert "Quite another matter: dredging." in told
    assert not any("lamp of quay" in text or "潮汐表 " in text for text in told)


def test_vectors_of_another_embedder_are_not_taken_over(settings: Settings, pages: Path) -> None:
    build(settings, embedder=WordEmbedder())

    class Renamed(WordEmbedder):
        name = "test:others"

    other = Renamed()
    report = build(settings, embedder=other, force=True)
    assert report.reused == 0
    assert report.embedded == len(set(other.embedded))


@pytest.mark.slow
def test_vectors_of_texts_that_are_gone_do_not_pile_up(
    settings: Settings, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_cache, "_SPARE", 0)
    counts = []
    for number in range(8):
        for place in pages.iterdir():
            place.write_text(f"# {place.stem}\n\nState {number} of {place.stem}.\n\n## Log\n\nx{number}\n")
        build(settings, embedder=WordEmbedder(), confirmed=True)
        with closing(sqlite3.connect(settings.index.dir / "embeddings.sqlite")) as cache:
            counts.append(cache.execute("SELECT COUNT(*) FROM embeddings").fetchone()[0])
    assert max(counts[3:]) <= 2 * max(counts[:1])
    one_edited(pages)
    again = WordEmbedder()
    build(settings, embedder=again, confirmed=True)
    assert not any(text.startswith("State") for text in again.embedded)


def contents(settings: Settings) -> dict[str, bytes]:
    versions = Versions(settings.index.dir)
    place = versions.path / versions.current()
    return {file.name: file.read_bytes() for file in place.iterdir() if file.name != "manifest.json"}
