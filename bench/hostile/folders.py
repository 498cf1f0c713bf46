"""Things in a folder that are no documents, and names that no program expects."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from bench.hostile.made import Kind, write


def _socket(folder: Path) -> list[str]:
    with socket.socket(socket.AF_UNIX) as opened:
        here = os.open(".", os.O_RDONLY)
        try:
            os.chdir(folder)  # the address of a socket must be short
            opened.bind("socket.md")
        finally:
            os.fchdir(here)
            os.close(here)
    return []


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "pipe.md")
    return []


def _loops(folder: Path) -> list[str]:
    (folder / "inner").mkdir()
    (folder / "inner" / "up").symlink_to("..")
    (folder / "self.md").symlink_to("self.md")
    (folder / "away.md").symlink_to("gone/nowhere.md")
    (folder / "zero.txt").symlink_to("/dev/zero")
    return []


def _gbk_name(folder: Path) -> list[str]:
    (Path(os.fsdecode(os.fsencode(folder) + b"/" + "安装说明.md".encode("gbk")))).write_text(
        "# Set up\n\nRun it.\n"
    )
    return ["安装说明.md"]


def _bytes_name(folder: Path) -> list[str]:
    Path(os.fsdecode(os.fsencode(folder) + b"/a\xff\xfeb.md")).write_text("# Odd\n\nOdd name.\n")
    return ["a��b.md"]


def _line_name(folder: Path) -> list[str]:
    (folder / "two\nlines\t.md").write_text("# Lines\n\nA name of two lines.\n")
    return ["two�lines�.md"]


def _long_name(folder: Path) -> list[str]:
    name = "n" * 250 + ".md"
    (folder / name).write_text("# Long\n\nA long name.\n")
    return [name]


def _sparse(folder: Path) -> list[str]:
    with (folder / "sparse.txt").open("wb") as out:
        out.truncate(20_000_000_000)
    return ["sparse.txt"]


def _forbidden(folder: Path) -> list[str]:
    (folder / "secret.md").write_text("# Secret\n\nNobody may read this.\n")
    (folder / "secret.md").chmod(0)
    (folder / "closed").mkdir()
    (folder / "closed" / "in.md").write_text("# In\n\nInside.\n")
    (folder / "closed").chmod(0)
    return ["secret.md"]


def _deep_folder(folder: Path) -> list[str]:
    place = folder
    for _ in range(60):
        place = place / "deeper"
        place.mkdir()
    (place / "end.md").write_text("# End\n\nThe very end.\n")
    return ["deeper/" * 60 + "end.md"]


FOLDERS: dict[str, Kind] = {
    "a pipe": _pipe,
    "a socket": _socket,
    "links in circles and to devices": _loops,
    "a name in GBK": _gbk_name,
    "a name in no encoding": _bytes_name,
    "a name of two lines": _line_name,
    "a long name": _long_name,
    "a folder 60 deep": _deep_folder,
    "a file of 20 GB": _sparse,
    "files that may not be read": _forbidden,
    "an empty file": lambda folder: write("empty.md", b"")(folder) and [],
    "only a mark of its encoding": lambda folder: write("mark.md", b"\xef\xbb\xbf")(folder) and [],
}
