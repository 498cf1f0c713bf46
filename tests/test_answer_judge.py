"""How answers are counted in bench.answers."""

from __future__ import annotations

from typing import Any

from bench.answer_judge import judge, summary

ROW = {
    "id": "a",
    "kind": "good",
    "label": 1,
    "facts": [["16 weeks"], ["full pay", "100%"]],
    "wrong": ["8 weeks"],
    "relevant": ["leave.md"],
    "project": "handbook",
}


def reply(answer: str, outcome: str = "answered", path: str = "handbook/leave.md") -> dict[str, Any]:
    return {"outcome": outcome, "answer": answer, "sources": [{"path": path, "url": ""}]}


def test_a_card_is_right_when_it_holds_every_fact_and_nothing_wrong() -> None:
    assert judge(ROW, reply("**16** `weeks` at 100% of pay")).correct
    assert judge(ROW, reply("16 weeks")).missing == ("full pay|100%",)
    assert not judge(ROW, reply("16 weeks at full pay, 8 weeks elsewhere")).correct
    assert not judge(ROW, reply("16 weeks at full pay", path="other/leave.md")).correct
    assert not judge(ROW, reply("16 weeks at full pay", outcome="not_found")).correct


def test_places_without_an_answer_are_honest_and_no_false_accept() -> None:
    near = {**ROW, "id": "b", "kind": "near", "label": 0, "facts": []}
    figures = summary(
        [judge(ROW, reply("...", "not_found")), judge(near, reply("x")), judge(near, reply("x", "declined"))]
    )
    assert (figures["correct"], figures["wrong"], figures["honest"]) == (0, 0, 1)
    assert figures["false_accepts"] == {"near": "1/2"}
    assert figures["median_characters"] is None
