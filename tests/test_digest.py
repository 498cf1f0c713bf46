"""What admins are told of the last days: by meaning, of their own chat, and which pages want a look."""

from __future__ import annotations

import json
import time

import pytest

from bot.cards.digest import digest_card
from bot.report import Report, Unanswered, made_of
from index.search.embed import EmbeddedEmbedder
from simulator.cards.validator import validate_card
from worker.excerpts import Excerpt
from worker.learning.by_meaning import by_meaning
from worker.pipeline.disagreeing import contradictions, outdated


def test_questions_are_put_together_by_meaning_across_languages() -> None:
    asked = [
        "怎么把数据导出成 Excel",
        "数据导出 Excel 在哪里",
        "how do I export data to Excel",
        "年假有几天",
        "",
    ]
    groups = by_meaning(asked, EmbeddedEmbedder())
    assert [(group.count, "Excel" in group.example) for group in groups] == [(3, True), (1, False)]


def test_the_report_takes_the_grouping_it_is_given() -> None:
    lost = {"question": "怎么退款", "outcome": "not_found", "decision": "answer", "mentioned": True}
    facts = {**lost, "outcome": "answered", "contradictions": [["a.md", "b.md"]], "outdated": ["a.md"]}
    report = made_of([lost, facts], [], 0.0, lambda questions: [Unanswered(questions[0], 7)])
    assert report.unanswered == [Unanswered("怎么退款", 7)]
    assert report.contradictions == {"a.md ≠ b.md": 1}
    assert report.outdated == {"a.md": 1}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_digest_is_a_card_that_feishu_takes(language: str) -> None:
    report = Report(0.0, asked=12, answered=7, declined=3, helpful=4, unhelpful=1)
    report.reasons = ["<at id=all></at> 太旧了"]
    report.unanswered = [Unanswered(f"第 {number} 个问题？", number) for number in range(20, 0, -1)]
    report.cited = {f"docs/{number}.md": number for number in range(1, 30)}
    report.contradictions = {"a.md ≠ b.md": 2}
    report.tokens = {"prompt_tokens": 12_000, "completion_tokens": 800}
    card = digest_card(report, 7, language)
    validate_card(card)
    said = json.dumps(card, ensure_ascii=False)
    assert "12,800" in said
    assert "20 × 第 20 个问题？" in said
    assert "<at id=all>" not in said
    validate_card(digest_card(Report(0.0), 0.5, language))


def test_pages_that_say_the_same_with_another_number_contradict_each_other() -> None:
    one = Excerpt(1, "A", "The upload limit is 20 MB per file.", path="a.md", language="en")
    two = Excerpt(2, "B", "Hello.\nThe upload limit is 50 MB per file!", path="b.md", language="en")
    other = Excerpt(3, "C", "There are 50 seats in the upload room.", path="c.md", language="en")
    assert contradictions([one], [one, two, other]) == [("a.md", "b.md")]
    assert contradictions([other], [one, two, other]) == []


def test_a_page_that_is_old_or_says_so_is_named() -> None:
    now = time.time()
    old = Excerpt(1, "A", "Use it.", path="a.md", updated_at=now - 3 * 365 * 86_400)
    says = Excerpt(2, "B", "本页已过期，请看新版。", path="b.md", updated_at=now)
    fresh = Excerpt(3, "C", "Use it.", path="c.md", updated_at=now)
    assert outdated([old, says, fresh], now) == ["a.md", "b.md"]
