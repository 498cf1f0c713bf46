"""Git sources: cloned, brought up to date, linked to the web; addresses that run commands are refused."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.config.settings import SourceSettings
from bot.errors import LoadError
from index.sources.git import update, web_root
from index.sources.load import LoadReport, load
from tests.index_files import MARKDOWN

IDENTITY = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True)


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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "address",
    [
        "ssh://-oProxyCommand=touch%20/tmp/owned/a",
        "ssh://git@-oProxyCommand=x/a",
        "git@-oProxyCommand=x:a/b",
        "-git@example.org:a/b",
        "git@example.org:--upload-pack=x",
        "ssh://example.org/--upload-pack=x",
        "https://example.org/a::b",
    ],
)
def test_addresses_that_hide_an_option_are_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="git takes"):
        update(address, "", tmp_path)


@pytest.fixture
def around(tmp_path: Path, origin: Path) -> Path:
    """A checkout of the operator's own, with work that is not committed, and the index inside it."""
    folder = tmp_path / "deployment"
    git(tmp_path, "clone", "--quiet", str(origin), str(folder))
    (folder / "guide.md").write_text("my own words", "utf-8")
    (folder / "config.yaml").write_text("index: {}", "utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", ["empty HEAD", "no HEAD", "no objects", "index.lock", "shallow.lock", "a file"]
)
def test_a_damaged_clone_is_made_anew_and_what_is_around_it_left_alone(
    around: Path, origin: Path, damage: str
) -> None:
    clones = around / "data" / "index" / "sources"
    address = f"file://{origin}"
    clone = update(address, "", clones).folder
    if damage == "empty HEAD":
        (clone / ".git" / "HEAD").write_bytes(b"")
    elif damage == "no HEAD":
        (clone / ".git" / "HEAD").unlink()
    elif damage == "no objects":
        shutil.rmtree(clone / ".git" / "objects")
    elif damage == "a file":
        shutil.rmtree(clone)
        clone.write_text("no folder", "utf-8")
    else:
        (clone / ".git" / damage).write_bytes(b"")
    (origin / "guide.md").write_text(MARKDOWN + "\nlater\n", "utf-8")
    git(origin, "commit", "--quiet", "--all", "-m", "second")
    checkout = update(address, "", clones)
    assert "later" in (checkout.folder / "guide.md").read_text("utf-8")
    assert (around / "guide.md").read_text("utf-8") == "my own words"
    assert (around / "config.yaml").is_file()


@pytest.mark.slow
def test_a_remote_that_is_away_leaves_the_clone_and_the_repository_around_it(
    around: Path, origin: Path
) -> None:
    clones = around / "data" / "sources"
    address = f"file://{origin}"
    clone = update(address, "", clones).folder
    origin.rename(origin.with_name("away"))
    with pytest.raises(LoadError, match="git ls-remote failed"):
        update(address, "", clones)
    assert (clone / "guide.md").is_file()
    assert (around / "guide.md").read_text("utf-8") == "my own words"


@pytest.mark.slow
def test_git_gets_no_secrets_and_no_other_repository(
    origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    told = tmp_path / "environment"
    real = shutil.which("git")
    script = f'#!/bin/sh\nenv >> {told}\nexec {real} "$@"\n'
    (tmp_path / "bin" / "git").write_text(script, "utf-8")
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("FENNEL_FEISHU__APP_SECRET", "hush")
    monkeypatch.setenv("OPENAI_API_KEY", "hush")
    monkeypatch.setenv("GIT_DIR", str(origin / "nowhere"))
    for _ in range(2):
        assert update(f"file://{origin}", "", tmp_path / "clones").commit
    assert "hush" not in told.read_text("utf-8")
    assert "GIT_CEILING_DIRECTORIES=" in told.read_text("utf-8")


@pytest.mark.slow
def test_links_in_a_repository_are_no_documents(origin: Path, tmp_path: Path) -> None:
    (origin / "docs").mkdir()
    (origin / "docs" / "guide.md").symlink_to("../guide.md")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "a link")
    pages = load([SourceSettings(git=f"file://{origin}")], tmp_path / "clones", LoadReport())
    assert [page.path for page in pages] == ["guide.md"]


def test_a_local_folder_is_cloned_wherever_the_command_runs(
    origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert update("project", "", Path("clones")).name == "project"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="a commit is signed with ssh-keygen")
def test_the_operators_own_git_settings_change_nothing(
    origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signatures that `log` shows, line ends, submodules: what is read is what the repository holds."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signing = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={key}.pub"]
    git(origin, *signing, "commit", "--quiet", "--allow-empty", "-S", "-m", "signed")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[log]\n showSignature = true\n[color]\n ui = always\n[core]\n autocrlf = true\n quotePath = false\n"
        "[submodule]\n recurse = true\n[fetch]\n recurseSubmodules = true\n[gpg]\n format = ssh\n",
        "utf-8",
    )
    monkeypatch.setenv("HOME", str(home))
    for _ in range(2):
        checkout = update(f"file://{origin}", "", tmp_path / "clones")
        assert (checkout.branch, len(checkout.commit)) == ("main", 40)
        assert (checkout.folder / "guide.md").read_bytes() == MARKDOWN.encode()
