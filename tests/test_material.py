"""What the engine reads: the prompts' common beginning, the token budget, passages cut at sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QuestionTooLong
from worker.engines.extractive.engine import Extractive
from worker.engines.openai.tokens import Estimate, SentencePieceCounter
from worker.excerpts import Excerpt
from worker.pipeline.retrieve import LARGEST_SHARE, MATERIAL_TOKENS, fit, material_budget
from worker.prompts import ANSWER_TASK, SCORE_TASK, Prompts
from worker.sentences import cut

COUNT = Estimate().count
SENTENCES = (
    "先备份数据。",
    "Run the installer first. ",
    "端口默认是 9090！",
    "It expires after 90 days.\n",
    "好。",
)
CODE = "```bash\npip install harbor-server\nharbor init\nharbor serve --port 7070\n```"


class Small(Extractive):
    """An engine with little room."""

    context_tokens = 1200


def excerpt(text: str, number: int = 1) -> Excerpt:
    return Excerpt(number, f"Page {number}", text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_score_and_answer_begin_alike_up_to_the_task(language: str) -> None:
    prompts = Prompts("怎么安装？", [excerpt("运行安装命令。"), excerpt("然后重启。", 2)], language)
    score, answer = prompts.score(), prompts.answer()
    assert score[0] == answer[0]
    assert score[1]["content"].removesuffix(SCORE_TASK[language]) == answer[1]["content"].removesuffix(
        ANSWER_TASK[language]
    )
    more = prompts.with_excerpts([*prompts.excerpts, excerpt("网页。", 3)]).answer()
    before_the_question = answer[1]["content"].partition(
        "\n\n<<<" + ("问题" if language == "zh" else "question")
    )
    assert more[1]["content"].startswith(before_the_question[0])


def test_a_question_that_leaves_no_room_is_refused() -> None:
    assert material_budget("怎么安装？", "zh", Extractive(), 1024) == MATERIAL_TOKENS
    assert 160 <= material_budget("怎么安装？", "zh", Small(), 100) < 1200
    with pytest.raises(QuestionTooLong, match="reads 1200 in all"):
        material_budget("怎么安装？" * 200, "zh", Small(), 100)


@pytest.mark.slow
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=40), st.integers(1, 200))
def test_prose_is_cut_at_a_sentence_and_keeps_the_budget(parts: list[str], budget: int) -> None:
    text = "".join(parts).strip()
    kept = cut(text, budget, COUNT)
    assert COUNT(kept) <= budget
    assert text.startswith(kept)
    ends = {"".join(parts[:number]).strip() for number in range(len(parts) + 1)}
    assert kept in ends


def test_code_is_cut_at_a_line_and_closed_again() -> None:
    whole = cut(f"Install it:\n\n{CODE}", 500, COUNT)
    assert whole == f"Install it:\n\n{CODE}"
    part = cut(f"Install it:\n\n{CODE}", COUNT(whole) - 5, COUNT)
    assert part.endswith("harbor init\n```")


def test_one_long_passage_leaves_room_for_others() -> None:
    long, short = "这是一个很长的段落。" * 200, "端口默认是 9090。"
    kept = fit([excerpt(long), excerpt(short, 2)], 600, COUNT)
    assert [one.number for one in kept] == [1, 2]
    assert COUNT(kept[0].text) <= 600 * LARGEST_SHARE
    assert kept[0].text.endswith("。")
    assert kept[1].text == short
    assert fit([excerpt(long)], 30, COUNT) == []


@pytest.mark.slow
@pytest.mark.data
def test_the_budget_holds_by_the_models_own_tokenizer(shared_data: Path) -> None:
    counter = SentencePieceCounter(shared_data / "internlm2" / "tokenizer.model")
    pages = sorted((shared_data / "docs" / "lmdeploy").rglob("*.md"))[:60]
    excerpts = [excerpt(page.read_text(encoding="utf-8"), number) for number, page in enumerate(pages, 1)]
    for start in range(0, len(excerpts), 6):
        for budget in (200, 1000, 3000):
            kept = fit(excerpts[start : start + 6], budget, counter.count)
            assert sum(counter.count(f"{one.name}\n{one.text}") for one in kept) <= budget
