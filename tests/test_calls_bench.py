"""What bench.calls counts: our own calls as the server had them, HuixiangDou's as its source makes them."""

from __future__ import annotations

from bench.calls import summary
from bench.llm_calls.huixiangdou import ANSWER, BLOCK, INTENTION, SerialPipeline, whole_files
from bench.llm_calls.ours import Cost, quoted
from index.training.labels import Example
from tests.openai_rules import render
from worker.excerpts import Excerpt
from worker.prompts import Prompts


def test_an_answer_takes_five_calls_there_and_a_decline_one() -> None:
    pipeline = SerialPipeline(len)
    calls = pipeline.answered("怎么安装？", ["第一段", "第二段"], ["# 标题\n全文"], "运行安装命令。")
    assert len(calls) == 5
    assert calls[0] == pipeline.declined("怎么安装？")[0]
    assert calls[2].prompt_tokens - calls[0].prompt_tokens == (
        ANSWER.fixed - INTENTION.fixed + 8 + len("标题\n全文")
    )
    assert all(call.cached_tokens % BLOCK == 0 for call in calls)
    longer = pipeline.answered("怎么安装？" * 200, [], [], "")
    assert longer[1].prompt_tokens - calls[1].prompt_tokens == 512 - len("怎么安装？第一段\n第二段")


def test_whole_files_are_read_up_to_the_limit() -> None:
    assert whole_files(["a" * 10, "b" * 10], limit=100) == ["a" * 10, "b" * 10]
    assert whole_files(["a" * 10, "b" * 10, "c" * 10], limit=25) == ["a" * 10, "b" * 10, "c" * 3]
    assert whole_files(["a" * 10, "b" * 10], limit=11) == ["a" * 10]


def test_common_beginning_and_means() -> None:
    prompts = ((1, 2, 3, 4), (1, 2, 3, 5, 6))
    cost = Cost(Example("1", "?", 1), "unsure", "answered", 2, 9, 0, prompts)
    assert cost.common_tokens == 3
    assert summary({"answered": [(1, 100, 40), (2, 200, 60)], "declined": []}) == {
        "calls_answered": 1.5,
        "prompt_tokens_answered": 150.0,
        "computed_tokens_answered": 100.0,
        "calls_declined": 0.0,
        "prompt_tokens_declined": 0.0,
        "computed_tokens_declined": 0.0,
    }


def test_the_stand_in_answers_from_its_material() -> None:
    excerpts = [Excerpt(1, "安装", "先安装 Python 3.11 再运行安装命令。\n\n`pip install harbor-server`")]
    prompt = Prompts("怎么安装？", excerpts, "zh").answer()
    assert quoted([dict(message) for message in prompt]) == "先安装 Python 3.11 再运行安装命令。 [1]"
    assert quoted([dict(message) for message in Prompts("?", [], "en").answer()]) == "NOT_FOUND"
    assert render([dict(message) for message in prompt]).startswith("<s><|im_start|>system\n")
