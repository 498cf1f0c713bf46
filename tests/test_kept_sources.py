"""A source that is away keeps its documents; what is gone for certain goes, but not most of it unasked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bot.config.settings import Settings, SourceSettings
from bot.errors import IndexMissing, RemovalUnconfirmed
from index.__main__ import SOURCE_AWAY, app
from index.build.build import BuildReport, build
from index.build.report import describe
from index.build.source_states import states
from index.search.versions import Versions, open_current
from tests.index_files import WordEmbedder, settings_for

pytestmark = pytest.mark.usefixtures("read_here")


def write_pages(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"page{number}.md").write_text(
            f"# Page {number}\n\nIt tells about number{number}.\n", "utf-8"
        )
    return folder


@pytest.fixture
def near(tmp_path: Path) -> Path:
    return write_pages(tmp_path / "near", 3)


@pytest.fixture
def far(tmp_path: Path) -> Path:
    return write_pages(tmp_path / "far", 8)


@pytest.fixture
def settings(tmp_path: Path, near: Path, far: Path) -> Settings:
    return settings_for(tmp_path, SourceSettings(path=near), SourceSettings(path=far))


def built(settings: Settings, *, confirmed: bool = False) -> BuildReport:
    return build(settings, embedder=WordEmbedder(), confirmed=confirmed)


def found(settings: Settings, words: str) -> str:
    return open_current(settings, WordEmbedder()).search(words, 1)[0].chunk.path


@pytest.mark.slow
def test_a_folder_that_is_away_keeps_its_documents_and_is_named(
    settings: Settings, near: Path, far: Path
) -> None:
    built(settings)
    far.rename(far.with_name("elsewhere"))
    (near / "new.md").write_text("# New\n\nIt tells about novelty.\n", "utf-8")
    report = built(settings)
    assert report.published
    assert report.removed == ()
    assert report.documents == 12
    assert len(report.kept) == 8
    assert "far: " in report.faults[0]
    assert "8 documents are kept as they were" in describe(report, "redis://x")
    assert found(settings, "number7") == "page7.md"
    assert found(settings, "novelty") == "new.md"
    [good, bad] = states(settings.index.dir)
    assert (good.fault, bad.name, bad.documents) == ("", "far", 8)
    assert 0 < bad.read_at < good.read_at
    far.with_name("elsewhere").rename(far)
    assert built(settings).faults == ()
    assert not any(state.fault for state in states(settings.index.dir))


@pytest.mark.slow
def test_a_mount_point_without_its_mount_is_a_source_that_is_away(settings: Settings, far: Path) -> None:
    built(settings)
    shutil.rmtree(far)
    far.mkdir()
    report = built(settings)
    assert "holds no document any more" in report.faults[0]
    assert not report.published
    assert built(settings, confirmed=True).documents == 3


@pytest.mark.slow
def test_a_folder_that_became_a_link_to_itself_is_a_source_that_is_away(
    settings: Settings, far: Path
) -> None:
    built(settings)
    shutil.rmtree(far)
    far.symlink_to(far)
    report = built(settings)
    assert "far: " in report.faults[0]
    assert len(report.kept) == 8
    assert found(settings, "number7") == "page7.md"


@pytest.mark.slow
def test_a_build_that_would_remove_most_asks_first(settings: Settings, far: Path) -> None:
    first = built(settings)
    for number in range(5):
        (far / f"page{number}.md").unlink()
    with pytest.raises(RemovalUnconfirmed, match=r"5 of 11 documents.*--yes") as asked:
        built(settings)
    assert asked.value.removed == tuple(f"far/page{number}.md" for number in range(5))
    assert Versions(settings.index.dir).current() == first.version
    assert built(settings, confirmed=True).removed == asked.value.removed


@pytest.mark.slow
def test_a_few_that_are_gone_and_a_folder_that_moved_need_no_word(settings: Settings, far: Path) -> None:
    built(settings)
    (far / "page0.md").unlink()
    (far / "deep").mkdir()
    for number in range(1, 8):
        (far / f"page{number}.md").rename(far / "deep" / f"page{number}.md")
    report = built(settings)
    assert len(report.removed) == 8
    assert len(report.added) == 7


@pytest.mark.slow
def test_a_page_that_cannot_be_read_any_more_keeps_its_last_text(settings: Settings, near: Path) -> None:
    built(settings)
    (near / "page1.md").write_bytes(b"\x00\x01\x02 half written")
    report = built(settings)
    assert report.kept == ("near/page1.md",)
    assert "page1.md: not text" in report.errors[0]
    assert "its last text is kept" in report.errors[0]
    assert report.faults == ()
    assert found(settings, "number1") == "page1.md"


@pytest.mark.slow
def test_a_source_that_leaves_the_settings_leaves_the_index(
    settings: Settings, tmp_path: Path, far: Path
) -> None:
    built(settings)
    without = settings_for(tmp_path, SourceSettings(path=far))
    assert built(without).documents == 8


@pytest.mark.slow
def test_a_first_build_has_nothing_to_keep(tmp_path: Path, near: Path) -> None:
    absent = SourceSettings(path=tmp_path / "absent")
    report = built(settings_for(tmp_path, SourceSettings(path=near), absent))
    assert report.documents == 3
    assert "absent" in report.faults[0]
    with pytest.raises(IndexMissing, match="absent"):
        built(settings_for(tmp_path / "other", absent))


@pytest.mark.slow
def test_the_command_asks_and_its_status_says_that_a_source_is_away(
    tmp_path: Path, near: Path, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.build.build.OpenedLate", lambda _: WordEmbedder())
    sources = [{"path": str(near)}, {"path": str(far)}]
    index = {"dir": str(tmp_path / "index"), "sources": sources, "gate": {"questions": []}}
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"index": index, "redis": {"url": "redis://127.0.0.1:1/0"}}), "utf-8")

    def run(*more: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["build", "--config", str(config), *more])
        return done.exit_code, done.output + (str(done.exception) if done.exception else "")

    assert run()[0] == 0
    for number in range(6):
        (far / f"page{number}.md").unlink()
    status, told = run()
    assert status == 1
    assert "6 of 11 documents" in told
    assert run("--yes")[0] == 0
    shutil.rmtree(far)
    status, told = run()
    assert status == SOURCE_AWAY
    assert "far" in told


@pytest.mark.slow
@pytest.mark.parametrize("spoil", ["gone", "empty", "of others", "cut"])
def test_documents_are_kept_although_where_each_begins_was_lost(
    settings: Settings, far: Path, spoil: str
) -> None:
    for page in far.iterdir():
        page.write_text(page.read_text("utf-8") + "\n## More\n\nAnd more of it.\n", "utf-8")
    name = built(settings).version
    file = settings.index.dir / "versions" / name / "document_firsts.npy"
    if spoil == "gone":
        file.unlink()
    elif spoil == "cut":
        file.write_bytes(file.read_bytes()[:-4])
    else:
        np.save(file, np.array([] if spoil == "empty" else [0, 1, 2, 4, 19], dtype=np.int64))
    far.rename(far.with_name("elsewhere"))
    report = built(settings)
    assert (report.documents, len(report.kept)) == (11, 8)
    assert report.chunks == 3 + 2 * 8
    assert found(settings, "number7") == "page7.md"
