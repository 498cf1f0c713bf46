"""A build of one source leaves the others as they are; a dry run writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import Settings
from bot.errors import UnknownSource
from index.build.build import build
from index.build.source_states import states
from index.search.versions import Versions
from tests.index_files import WordEmbedder

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.md").write_text(f"# Page {name}\n\nThe words of {name}.\n", encoding="utf-8")
    sources = [{"path": tmp_path / name} for name in ("one", "two")]
    return Settings(index={"dir": tmp_path / "index", "sources": sources})  # type: ignore[arg-type]


def edit(settings: Settings, name: str) -> None:
    file = settings.index.dir.parent / name / "page.md"
    file.write_text(f"# Page {name}\n\nOther words of {name}.\n", encoding="utf-8")


def test_only_the_named_source_is_read(settings: Settings) -> None:
    build(settings, embedder=WordEmbedder())
    before = {state.name: state for state in states(settings.index.dir)}
    edit(settings, "one")
    edit(settings, "two")
    report = build(settings, embedder=WordEmbedder(), only=["two"])
    assert (report.added, report.changed, report.removed) == ((), ("two/page.md",), ())
    assert report.documents == 2
    assert report.kept == ()
    after = {state.name: state for state in states(settings.index.dir)}
    assert after["one"] == before["one"]
    assert after["two"].read_at > before["two"].read_at
    assert build(settings, embedder=WordEmbedder()).changed == ("one/page.md",)


def test_a_dry_run_tells_and_writes_nothing(settings: Settings) -> None:
    first = build(settings, embedder=WordEmbedder())
    edit(settings, "one")
    (settings.index.dir.parent / "two" / "page.md").unlink()
    before = states(settings.index.dir)
    report = build(settings, embedder=WordEmbedder(), dry_run=True)
    assert (report.changed, report.removed) == (("one/page.md",), ("two/page.md",))
    assert report.dry_run
    assert not report.published
    assert Versions(settings.index.dir).names() == [first.version]
    assert states(settings.index.dir) == before


def test_a_source_that_nobody_named_is_refused(settings: Settings) -> None:
    with pytest.raises(UnknownSource, match=r"no source is called three; there are: one, two"):
        build(settings, embedder=WordEmbedder(), only=["three"])
