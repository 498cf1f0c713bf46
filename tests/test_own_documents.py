"""`make demo DOCS=PATH`: the questions it suggests are made of the documents and were answered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ConfigError
from demo.demo import Exchange, _naming, _problem
from demo.own_documents import OwnDocuments, suggest
from index.text.split import Chunk
from worker.conversation.examples import TRIED


def chunk(
    heading: str,
    text: str = "It is so, and has been so for as long as anybody knows.",
    *,
    language: str = "en",
    path: str = "a.md",
) -> Chunk:
    return Chunk(heading, "docs", path, heading, (heading,), "", text, "", language, 0.0, 0)  # type: ignore[arg-type]


def test_only_questions_answered_from_their_own_section_are_suggested_one_of_a_page(tmp_path: Path) -> None:
    asked: list[str] = []
    made = [chunk(f"Create thing number {n}", path=f"{n % 13}.md") for n in range(40)]
    paths = {f"How do I create thing number {n}?": one for n, one in enumerate(made)}

    def ask(file: str) -> str:
        rows = [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()]
        asked.extend(row["text"] for row in rows)
        return "\n".join(json.dumps(reply(row, number)) for number, row in enumerate(rows))

    def reply(row: dict[str, str], number: int) -> dict[str, object]:
        own = paths[row["text"]]
        outcome = "answered" if number % 3 else "not_found"
        path = own.path if number % 2 else "other.md"
        source = {"path": path, "heading_path": list(own.heading_path)}
        return {"id": row["id"], "outcome": outcome, "sources": [source]}

    found = suggest(made, ask, tmp_path)
    assert len(asked) == TRIED
    answered = [text for number, text in enumerate(asked) if number % 3 and number % 2]
    assert found[0].text == answered[0]
    assert [one.page for one in found] == [paths[one.text].path for one in found]
    assert len({one.page for one in found}) == len(found) == 3
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
