"""bot.cards.why: three plain sentences, and the numbers behind a fold."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cards.why import why_card
from simulator.cards.validator import validate_card
from tests.house import words

FACTS: dict[str, Any] = {
    "question": "那 awq 呢？",
    "standalone": "lmdeploy 量化 那 awq 呢？",
    "decision": "answer",
    "outcome": "answered",
    "gate": {"probability": 0.93, "threshold": 0.52},
    "passages": [
        {"path": "w4a16.md", "heading": ["用法"], "score": 0.8},
        {"path": "w4a16.md", "heading": [], "score": 0.7},
    ],
}


def test_three_sentences_say_what_was_looked_for_found_and_decided() -> None:
    card = why_card(FACTS, "gate: answer", "zh")
    validate_card(card)
    body = card["body"]["elements"]
    assert body[0]["content"].split("<br>") == [
        "我检索的是：lmdeploy 量化 那 awq 呢？",
        "找到一个页面：w4a16.md › 用法。",
        "文档能回答这个问题的概率是 93%（阈值 52%），写出的每句话都核对过原文，所以回答了。",
    ]
    assert body[1]["tag"] == "collapsible_panel"
    assert body[1]["expanded"] is False
    assert "gate: answer" in words(body[1])


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "changed",
    [
        {"decision": "decline", "outcome": "declined"},
        {"outcome": "not_found"},
        {"outcome": "thanked", "gate": None, "passages": None},
        {"outcome": "partly", "verify": {"dropped": 2}},
        {"outcome": "something new"},
        {"question": "", "standalone": ""},
    ],
)
def test_whatever_a_trace_holds_a_card_comes_of_it(language: str, changed: dict[str, Any]) -> None:
    card = why_card({**FACTS, **changed}, "numbers", language)
    validate_card(card)
    assert words(card)
