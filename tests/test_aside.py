"""A file that others read while it is written is whole or the old one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.aside import aside


def test_a_file_is_the_old_one_until_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "CURRENT"
    with aside(file) as place:
        place.write_text("first")
        assert not file.exists()
    with aside(file) as place:
        place.write_text("second")
        assert file.read_text() == "first"
        assert place.name.startswith(".")
    assert [one.name for one in file.parent.iterdir()] == ["CURRENT"]
    assert file.read_text() == "second"


def fill(place: Path, *, folder: bool) -> None:
    """Writes on a disk that gets full."""
    with aside(place) as written:
        if folder:
            written.mkdir()
            (written / "chunks").write_text("half")
        else:
            written.write_text("half")
        raise OSError("the disk is full")


@pytest.mark.parametrize("folder", [False, True])
def test_what_fails_leaves_nothing_behind(tmp_path: Path, folder: bool) -> None:
    with pytest.raises(OSError, match="full"):
        fill(tmp_path / "version", folder=folder)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_comes_whole(tmp_path: Path) -> None:
    with aside(tmp_path / "version") as place:
        place.mkdir()
        (place / "chunks").write_text("all")
    assert (tmp_path / "version" / "chunks").read_text() == "all"
