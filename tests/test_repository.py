"""Git sources: cloned, brought up to date, linked to the web; addresses that run commands are refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.config.settings import SourceSettings
from bot.errors import LoadError
from index.sources.git import update, web_root
from index.sources.load import LoadReport, load
from tests.index_files import MARKDOWN


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (folder / "guide.md").write_text(MARKDOWN, "utf-8")
    (folder / "code.py").write_text("print()", "utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def test_clone_then_update(origin: Path, tmp_path: Path) -> None:
    clones = tmp_path / "clones"
    source = SourceSettings(git=f"file://{origin}", include=("**/*.md",))
    first = list(load([source], clones, LoadReport()))
    assert [(document.source, document.path) for document in first] == [("project", "guide.md")]
    assert first[0].updated_at > 1_000_000_000
    (origin / "guide.md").write_text(MARKDOWN + "\n## New\n\nA new fact.\n", "utf-8")
    (origin / "more.md").write_text("# More\n\ntext\n", "utf-8")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "second")
    second = {document.path: document for document in load([source], clones, LoadReport())}
    assert set(second) == {"guide.md", "more.md"}
    assert "A new fact." in second["guide.md"].text


def test_a_branch_is_followed(origin: Path, tmp_path: Path) -> None:
    git(origin, "checkout", "--quiet", "-b", "release/1.0")
    checkout = update(f"file://{origin}", "release/1.0", tmp_path / "clones")
    assert checkout.branch == "release/1.0"
    assert len(checkout.commit) == 40


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c touch% /tmp/owned",
        "--upload-pack=touch /tmp/owned",
        "fd::17",
        "javascript:alert(1)",
        "https://a b/c",
    ],
)
def test_addresses_that_are_none_are_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="git takes"):
        update(address, "", tmp_path)


@pytest.mark.parametrize("branch", ["--output=x", "a b", "a;b"])
def test_branches_that_are_none_are_refused(origin: Path, branch: str, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="not a branch"):
        update(f"file://{origin}", branch, tmp_path)


def test_failures_do_not_show_credentials(tmp_path: Path) -> None:
    report = LoadReport()
    source = SourceSettings(git="http://someone:hunter2@127.0.0.1:1/a/b.git")
    assert not list(load([source], tmp_path, report))
    assert "git clone failed" in str(report.errors[0])
    assert "hunter2" not in str(report.errors[0])


@pytest.mark.parametrize(
    ("address", "root"),
    [
        ("https://github.com/open-mmlab/mmpose", "https://github.com/open-mmlab/mmpose/blob/main"),
        ("https://github.com/open-mmlab/mmpose.git", "https://github.com/open-mmlab/mmpose/blob/main"),
        ("git@gitee.com:a/b.git", "https://gitee.com/a/b/blob/main"),
        ("https://user:key@gitlab.example.org/a/b/c.git", "https://gitlab.example.org/a/b/c/-/blob/main"),
        ("https://example.org/a/b.git", ""),
        ("file:///srv/a", ""),
    ],
)
def test_web_addresses(address: str, root: str) -> None:
    assert web_root(address, "main") == root
