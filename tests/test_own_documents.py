"""`make demo DOCS=PATH`: the questions it suggests are made of the documents and were answered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ConfigError
from demo.demo import Exchange, _naming, _problem
from demo.own_documents import TRIED, OwnDocuments, questions, suggest
from index.text.split import Chunk


def chunk(heading: str, text: str = "It is so.", *, language: str = "en", path: str = "a.md") -> Chunk:
    return Chunk(heading, "docs", path, heading, (heading,), "", text, "", language, 0.0, 0)  # type: ignore[arg-type]


def test_headings_that_ask_come_first_and_numbers_are_no_part_of_a_question() -> None:
    found = questions([chunk("Beam width"), chunk("Q3: Why is it slow?"), chunk("4. Mixed precision")])
    assert found[0] == "Why is it slow?"
    assert set(found[1:]) == {"How does Beam width work?", "How does Mixed precision work?"}


def test_headings_that_say_nothing_are_left_out() -> None:
    empty = chunk("Bare heading", "Bare heading")
    assert questions([chunk("Overview"), chunk("v1.2.3"), chunk("目录", language="zh"), empty]) == []


def test_only_answered_questions_are_suggested_at_most_three(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(file: str) -> str:
        rows = [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()]
        asked.extend(row["text"] for row in rows)
        return "\n".join(
            json.dumps(
                {
                    "id": row["id"],
                    "outcome": "answered" if number % 2 else "not_found",
                    "sources": [{"path": "a.md"}],
                }
            )
            for number, row in enumerate(rows)
        )

    found = suggest([chunk(f"Matter number {n} of all") for n in range(40)], ask, tmp_path)
    assert len(asked) == TRIED
    assert [one.text for one in found] == asked[1:6:2]
    assert {one.page for one in found} == {"a.md"}
    assert suggest([], ask, tmp_path) == []


def test_a_place_is_a_folder_or_a_git_address(tmp_path: Path) -> None:
    assert OwnDocuments(str(tmp_path)).source("http://x/docs")["path"] == str(tmp_path)
    for address in ("https://example.com/a.git", "git@example.com:a/b.git", "file:///srv/a"):
        assert OwnDocuments(address).source("")["git"] == address
    with pytest.raises(ConfigError, match="there is no such folder"):
        OwnDocuments(str(tmp_path / "nowhere")).source("")
    assert OwnDocuments("a").mark != OwnDocuments("b").mark


def test_a_repository_need_not_open_here_and_a_folder_must() -> None:
    card = {"body": {"elements": [{"content": "**Sources** [1] Backup  docs/backup%20guide.md"}]}}
    asked = Exchange("x", "How?", "answered", "docs/backup guide.md", served=False)
    assert _problem(asked, [card]) == ""
    assert _problem(replace(asked, page="docs/other.md"), [card]) == "docs/other.md is not among the sources"
    assert "no link to" in _problem(replace(asked, served=True), [card])


def test_an_empty_folder_is_called_as_it_was_typed() -> None:
    with (
        pytest.raises(ConfigError, match=r"^DOCS=/my/folder: no file found$"),
        _naming(OwnDocuments("/my/folder")),
    ):
        raise ConfigError("index.sources hold no readable document: no file found")
    with pytest.raises(ConfigError, match="Redis"), _naming(OwnDocuments("/my/folder")):
        raise ConfigError("Redis is away")
