"""A build under a limit of memory or processors embeds in fewer calls, and says so where memory ran out."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest

from bot.config.settings import SourceSettings
from bot.errors import IndexUnwritten
from index.build import room
from index.build.build import build
from index.search.embed import Vectors
from tests.index_files import WordEmbedder, settings_for, write_documents

GIB = 2**30


class Four(WordEmbedder):
    """Is faster in four calls."""

    at_once = 4


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Control groups of a process that is in /pod/inner, without any limit."""
    own = tmp_path / "cgroup"
    own.write_text("7:cpu,cpuacct:/pod/inner\n4:memory:/pod/inner\n0::/pod/inner\nnonsense\n", "utf-8")
    monkeypatch.setattr(room, "_GROUPS", tmp_path / "fs")
    monkeypatch.setattr(room, "_OWN", own)
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return tmp_path / "fs"


def _limit(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "ascii")


@pytest.mark.parametrize(
    ("file", "text", "calls"),
    [
        ("pod/inner/memory.max", "max\n", 4),
        ("pod/inner/memory.max", str(8 * GIB), 4),
        ("pod/memory.max", str(2 * GIB), 3),
        ("memory.max", str(GIB), 1),
        ("memory/pod/memory.limit_in_bytes", str(200 * 2**20), 1),
        ("memory/memory.limit_in_bytes", str(2**63 - 4096), 4),
        ("pod/inner/cpu.max", "max 100000\n", 4),
        ("pod/inner/cpu.max", "250000 100000\n", 2),
        ("cpu.max", "50000 100000\n", 1),
        ("cpu.max", "\n", 4),
        ("other/cpu.max", "50000 100000\n", 4),
    ],
)
def test_a_limit_of_the_container_is_kept(groups: Path, file: str, text: str, calls: int) -> None:
    _limit(groups / file, text)
    assert room.calls_that_fit(Four()) == calls


def test_the_older_groups_give_their_share_in_two_files(groups: Path) -> None:
    _limit(groups / "cpu/pod/cpu.cfs_period_us", "100000")
    _limit(groups / "cpu/pod/cpu.cfs_quota_us", "-1")
    assert room.calls_that_fit(Four()) == 4
    _limit(groups / "cpu/pod/cpu.cfs_quota_us", "200000")
    assert room.calls_that_fit(Four()) == 2


@pytest.mark.parametrize(("limit", "calls"), [(800_000, 1), (1_200_000, 1), (1_600_000, 2), (64_000_000, 4)])
def test_a_limit_of_the_shell_is_kept(
    groups: Path, monkeypatch: pytest.MonkeyPatch, limit: int, calls: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (limit * 1024, resource.RLIM_INFINITY))
    assert room.calls_that_fit(Four()) == calls


def test_one_call_needs_no_look(groups: Path) -> None:
    assert room.calls_that_fit(WordEmbedder()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "memory ran out"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "memory ran out"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "cannot be written"),
    ],
)
def test_memory_that_runs_out_is_not_taken_for_the_disk(tmp_path: Path, error: Exception, told: str) -> None:
    class Failing(WordEmbedder):
        def embed(self, texts: list[str]) -> Vectors:
            raise error

    settings = settings_for(tmp_path, SourceSettings(path=write_documents(tmp_path / "guide")))
    with pytest.raises(IndexUnwritten, match=told):
        build(settings, embedder=Failing())
