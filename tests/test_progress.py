"""What the asker is told at each step."""

from __future__ import annotations

from bot.cards.answer import progress_card, progress_text
from simulator.cards.validator import validate_card
from worker.excerpts import Excerpt
from worker.pipeline.progress import Progress
from worker.pipeline.sanitise import Sanitiser


def told(*excerpts: Excerpt, language: str = "en") -> str:
    lines: list[str] = []
    Progress(lines.append, language).reading(excerpts, Sanitiser(excerpts, language))
    [line] = lines
    return line


def test_the_page_that_is_read_has_a_name() -> None:
    first = Excerpt(1, "Access tokens", "Text.", path="en/tokens.md")
    assert told(first) == "Reading Access tokens ..."
    assert told(first, Excerpt(2, "Access tokens", "More.", path="en/tokens.md")) == told(first)
    two = (first, Excerpt(2, "Cache", "Text.", path="zh/cache.md"))
    assert told(*two) == "Reading Access tokens, 2 pages in all ..."
    assert told(*two, language="zh") == "正在阅读《Access tokens》等 2 篇…"


def test_a_page_without_a_title_is_named_by_its_path() -> None:
    assert told(Excerpt(1, "", "Text.", path="en/tokens.md")) == "Reading en/tokens.md ..."


def test_a_title_mentions_nobody_and_is_no_markup() -> None:
    line = told(Excerpt(1, "<at id=all></at> **[x](https://evil.example)**", "Text.", path="a.md"))
    assert "<at" not in line
    assert "evil.example" not in line
    card = progress_card("How?", "en", "<b>*Reading*</b> " + "x" * 500)
    validate_card(card)
    assert progress_text("<b>*x*</b>") == "&#60;b&#62;&#42;x&#42;&#60;/b&#62;"


def test_web_pages_are_counted() -> None:
    lines: list[str] = []
    progress = Progress(lines.append, "zh")
    progress.searching_web()
    progress.reading_web(2, 5)
    progress.writing()
    assert lines == ["正在联网搜索…", "正在阅读第 2 个网页，共 5 个…", "正在撰写回答…"]
