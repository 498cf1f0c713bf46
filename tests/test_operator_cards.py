"""Cards that answer no question: commands, reindexing, notices, and the samples of all."""

from __future__ import annotations

import pytest

from bot.answer import ReindexProgress, ReindexReport
from bot.cards.answer import help_card, notice_card, reindex_card, status_card
from bot.cards.operator import sources_card, versions_card
from bot.config.release import VERSION
from demo.gallery.samples import samples
from simulator.cards.validator import validate_card
from tests.answer_cards import text_of


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_other_cards_are_valid(language: str) -> None:
    report = ReindexReport("v2", ("a.md",) * 30, ("b<c>.md",), (), 3, 9, 1.25, ("d.pdf: *broken*",))
    for card in (
        notice_card("Title", "Some **text**\n\n| a |\n|---|\n| b |", language, "grey"),
        notice_card("Title", "", language),
        notice_card("Title", "word " * 20_000, language),
        reindex_card(ReindexProgress("embedding", 5, 10), language),
        reindex_card(ReindexProgress("something else"), language),
        reindex_card(report, language),
        reindex_card(ReindexReport("v2"), language),
        reindex_card(ReindexReport("", failed="disk <full>"), language),
        status_card({"Redis": "7 <ok>", "queue_length": "0"}, language),
        help_card(language, admin=True),
        help_card(language, admin=False),
    ):
        validate_card(card)


def test_a_reindex_report_names_what_changed() -> None:
    text = text_of(
        reindex_card(ReindexReport("v2", ("a.md",), ("b.md", "c.md"), ("d.md",), 3, 9, 1.25), "en")
    )
    for words in ("Added 1", "Changed 2", "Removed 1", "b.md", "3 documents, 9 chunks, 1.2 s"):
        assert words in text


def test_a_reindex_report_names_what_was_passed_over() -> None:
    report = ReindexReport("v2", left_out={"hidden": 3, "empty": 2, "tools": 1})
    assert "隐藏的 3 个 · 空文件 2 个 · 工具的目录 1 个" in text_of(reindex_card(report, "zh"))
    assert "3 hidden · 2 empty · 1 of tools" in text_of(reindex_card(report, "en"))


def test_help_tells_admins_more() -> None:
    assert "/reindex" in text_of(help_card("zh", admin=True))
    assert "/reindex" not in text_of(help_card("zh", admin=False))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_samples_cover_every_outcome(language: str) -> None:
    found = samples(language)
    for sample in found:
        validate_card(sample.card)
    assert len({sample.name for sample in found}) == len(found)
    colors = {sample.card["header"]["template"] for sample in found}
    assert {"green", "blue", "yellow", "orange", "grey", "wathet", "red"} <= colors
    assert {"long-1", "long-2", "rich-text", "why"} <= {sample.name for sample in found}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_cards_of_whoever_runs_the_bot_name_the_release(language: str) -> None:
    """`python -m bot --version` and /status name the same: tests/test_command_line.py, test_language.py."""
    footed = [help_card(language, admin=True), sources_card((), language), versions_card((), language)]
    for card in footed:
        validate_card(card)
        assert f"Fennel {VERSION}" in text_of(card)
    assert VERSION not in text_of(help_card(language, admin=False))
