"""Procedures whose steps are sections: "Step 1: Unpack", 第二步：导入."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.quote import Quote
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts
from worker.finding.sections import stage_of

MANUAL = {
    ("Move the organ", "Step 1: Take the pipes out"): "Mark each pipe with its place and wrap it in wool.",
    ("Move the organ", "Step 2: Carry the bellows"): "Four people carry them; keep them flat.",
    ("Move the organ", "Step 3: Tune it"): "Begin with the a of 440 hertz.",
    ("Clean the organ", "Step 1: Close the bellows"): "Turn the crank to the left.",
    ("Clean the organ", "Step 2: Brush the pipes"): "Use a brush of goat hair.",
}
CHINESE = {
    ("备份数据库", "第一步：停止写入"): "把仓库切换为只读模式。",
    ("备份数据库", "第二步：导出数据"): "运行 `organ dump`，导出全部数据。",
    ("恢复数据库", "第一步：清空旧库"): "运行 `organ reset`。",
    ("恢复数据库", "第二步：导入数据"): "运行 `organ load`，再重启服务。",
}


def shown(question: str, manual: dict[tuple[str, str], str]) -> list[Quote]:
    pages = [
        Excerpt(number, "Organ", text, ("Organ", *headings), path="organ.md", score=1.0 - number / 10)
        for number, (headings, text) in enumerate(reversed(manual.items()), 1)
    ]
    return quotes_of(read_excerpts(question, pages, None))


@pytest.mark.parametrize("question", ["How do I move the organ?", "how to move an organ"])
def test_who_asks_how_is_shown_all_steps_in_their_order(question: str) -> None:
    own = [text for (above, _), text in MANUAL.items() if above == "Move the organ"]
    assert [quote.text for quote in shown(question, MANUAL)] == own


@pytest.mark.parametrize(
    ("question", "above"), [("怎么备份数据库？", "备份数据库"), ("如何恢复数据库", "恢复数据库")]
)
def test_the_steps_of_another_procedure_are_not_among_them(question: str, above: str) -> None:
    own = [text for (procedure, _), text in CHINESE.items() if procedure == above]
    assert [quote.text for quote in shown(question, CHINESE)] == own


def test_who_asks_for_one_step_is_shown_it_first_or_in_its_place() -> None:
    found = shown("How many people carry the bellows?", MANUAL)
    assert any("Four people" in quote.text for quote in found)
    stages = [
        quote.candidates[0].section.stage for quote in found if "Move" in str(quote.excerpt.heading_path)
    ]
    assert stages == sorted(stages)


def test_of_a_long_procedure_the_first_steps_are_shown_and_it_is_said_that_there_are_more() -> None:
    told = "Wind flows through the chest and is held back by a leather flap that opens when a key goes down. "
    long = {("Build the organ", f"Step {n}: Matter {n}"): f"{told * 2}Then {n}." for n in range(1, 8)}
    found = shown("How do I build the organ?", long)
    assert [quote.candidates[0].section.stage for quote in found] == list(range(1, len(found) + 1))
    assert found[-1].steps is not None
    assert found[-1].steps.left_out
    assert found[-1].steps.of == 7


@pytest.mark.parametrize(
    ("heading", "stage"),
    [
        ("Step 1: Unpack", 1),
        ("Step 12", 12),
        ("STEP #3 - Go", 3),
        ("Stage two: Go", 2),
        ("第三步 导入", 3),
        ("第十二步：收尾", 12),
        ("第 2 步", 2),
        ("步骤二、导入", 2),
        ("步骤 4", 4),
        ("阶段一：准备", 1),
        ("Steps", 0),
        ("Stepping stones", 0),
        ("第一次使用", 0),
        ("第十十步", 0),
        ("1. Introduction", 0),
    ],
)
def test_which_step_a_heading_names(heading: str, stage: int) -> None:
    assert stage_of(heading) == stage
