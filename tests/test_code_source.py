"""Source code as documents: what people wrote about it, under the declaration it stands at."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import SourceSettings
from index.sources.formats import read
from index.sources.load import LoadReport, load
from tests.hostile_text import is_linear

PYTHON = '''# Copyright 2026 Somebody. All rights reserved.
"""Opens the port."""

LIMIT = 3
"""Attempts before it gives up."""


class Door(Base):
    """A door with a lock.

    It opens once.
    """

    def open(self, key: str, *, wait: float = 1.0) -> bool:
        """Opens it. Raises Jammed."""
        # The lock turns twice, so
        # two attempts are the least.
        x = "# no comment in here at all"  # noqa: S105
        return True  # ok

    def bare(self): ...
'''
RUST = """// Licensed under the Apache License.

/// Opens the port.
///
/// Gives up after three attempts.
pub fn open(port: u16) -> bool {
    let url = "http://not.a.comment/at/all"; /* the default
     * port is 7070 */
    true
}
"""
SHELL = """#!/bin/sh
# Starts the server on this machine.
start() {
  echo "# this is not a comment" ${#args}
}
"""


def test_strings_that_are_statements_are_read_wherever_they_stand() -> None:
    source = '''import harbor

harbor.quiet()
"""Without it the door rings at night."""

if harbor.night:
    WAIT: int = 30
    """Seconds."""
else:
    """By day nobody waits at the door."""

for key in harbor.keys:
    """A key is tried once."""
    harbor.turn("""no word of this is said in a statement""", key)

KINDS = set(
    """
    iron wood glass
    """.split()
)
'''
    assert read(".py", source.encode()).text == (
        "Without it the door rings at night.\n\n- `WAIT`: Seconds.\n\n"
        "By day nobody waits at the door.\n\nA key is tried once."
    )


def test_python_by_its_grammar() -> None:
    assert read(".py", PYTHON.encode()).text == (
        "Opens the port.\n\n- `LIMIT`: Attempts before it gives up.\n\n## `class Door(Base)`\n\n"
        "A door with a lock.\n\nIt opens once.\n\n"
        "### `def open(self, key: str, *, wait: float=1.0) -> bool`\n\nOpens it. Raises Jammed.\n\n"
        "The lock turns twice, so\ntwo attempts are the least."
    )


def test_other_languages_by_their_comments() -> None:
    text = read(".rs", RUST.encode()).text
    assert text.startswith(
        "## `pub fn open(port: u16) -> bool`\n\nOpens the port.\n\nGives up after three attempts."
    )
    assert "port is 7070" in text
    assert "not.a.comment" not in text
    assert "License" not in text
    assert read(".sh", SHELL.encode()).text.endswith(
        "## `start()`\n\nStarts the server on this machine."
    ) or ("Starts the server on this machine." in read(".sh", SHELL.encode()).text)
    assert "not a comment" not in read(".sh", SHELL.encode()).text
    assert "makes a user" in read(".sql", b"-- This makes a user\nCREATE USER x;").text


def test_python_that_cannot_be_parsed_still_says_its_comments() -> None:
    assert "why this is so" in read(".py", b"def broken(:\n    # this is why this is so\n    pass").text
    assert read(".py", b"x = 1\n").text == ""


@pytest.mark.slow
def test_reading_takes_longer_with_the_text_and_not_faster() -> None:
    def python(count: int) -> None:
        source = "".join(
            f"def f{n}():\n    # a comment of some words {n}\n    return {n}\n" for n in range(count)
        )
        assert read(".py", source.encode()).text.count("## `def") == count

    assert is_linear(python, 1000)
    assert is_linear(lambda count: read(".js", b"/* " * count), 50_000)


@pytest.mark.slow
def test_a_source_of_code_reads_code_alone(tmp_path: Path) -> None:
    (tmp_path / "door.py").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "README.md").write_text("# Readme\n\nWords.", encoding="utf-8")
    report = LoadReport()
    (page,) = load([SourceSettings(path=tmp_path, code=True, name="code")], tmp_path, report)
    assert (page.source, page.path, page.title) == ("code", "door.py", "door")
    (page,) = load([SourceSettings(path=tmp_path, name="docs")], tmp_path, report)
    assert page.path == "README.md"
