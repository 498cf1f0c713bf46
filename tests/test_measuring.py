"""Token counts that learn from what servers count, and a server that cuts prompts without a word."""

from __future__ import annotations

import re

import pytest

from worker.engines.openai.measuring import MeasuredCounter
from worker.engines.openai.tokens import Estimate
from worker.llm import ChatMessage

HERE, THERE = "http://a/v1", "http://b/v1"
ENGLISH = "The release notes describe every option of the packager and how to install it behind a proxy. "
CHINESE = "发布说明描述了打包工具的每个选项，以及在代理之后如何安装它。"


class Exact:
    """A tokenizer that takes each word for a token and remembers how often it was asked."""

    exact, ten_is_one_token = True, True

    def __init__(self) -> None:
        self.asked = 0

    def count(self, text: str) -> int:
        self.asked += 1
        return len(re.findall(r"[A-Za-z]+|[^\x00-\x7f]", text))


def prompt(text: str, times: int) -> list[ChatMessage]:
    return [
        {"role": "system", "content": "Answer by the documents."},
        {"role": "user", "content": text * times},
    ]


def whole(counter: Estimate | Exact, messages: list[ChatMessage]) -> int:
    return counter.count("\n".join(message["content"] for message in messages))


@pytest.mark.parametrize("true_share", [0.6, 1.4], ids=["68 % too high", "30 % too low"])
def test_an_estimate_becomes_what_the_server_counts(true_share: float) -> None:
    measured, estimate = MeasuredCounter(Estimate()), Estimate()
    for times in (20, 25, 30):
        messages = prompt(ENGLISH, times)
        assert measured.observe(HERE, messages, int(true_share * whole(estimate, messages)) + 24) == 0
    wanted = true_share * estimate.count(ENGLISH * 10)
    assert measured.count(ENGLISH * 10) == pytest.approx(wanted, rel=0.05)


def test_chinese_and_english_are_corrected_apart() -> None:
    measured, estimate = MeasuredCounter(Estimate()), Estimate()
    for text, share in ((ENGLISH, 1.3), (CHINESE, 0.6)) * 3:
        messages = prompt(text, 30)
        measured.observe(HERE, messages, int(share * whole(estimate, messages)) + 24)
    assert measured.count(ENGLISH * 9) == pytest.approx(1.3 * estimate.count(ENGLISH * 9), rel=0.1)
    assert measured.count(CHINESE * 9) == pytest.approx(0.6 * estimate.count(CHINESE * 9), rel=0.1)


def test_a_tokenizer_is_believed_while_the_server_agrees() -> None:
    measured = MeasuredCounter(Exact())
    for times in (20, 25, 30):
        messages = prompt(ENGLISH, times)
        measured.observe(HERE, messages, whole(Exact(), messages) + 30)
    assert measured.count(ENGLISH * 10) == Exact().count(ENGLISH * 10)


def test_a_tokenizer_of_another_model_is_put_right() -> None:
    measured = MeasuredCounter(Exact())
    for times in (20, 25, 30):
        messages = prompt(ENGLISH, times)
        measured.observe(HERE, messages, int(1.5 * whole(Exact(), messages)))
    assert measured.count(ENGLISH * 10) == pytest.approx(1.5 * Exact().count(ENGLISH * 10), rel=0.1)


def test_short_prompts_and_servers_that_count_nothing_teach_nothing() -> None:
    measured, estimate = MeasuredCounter(Estimate()), Estimate()
    measured.observe(HERE, prompt("Hello. ", 3), 60)
    measured.observe(HERE, prompt(ENGLISH, 40), 0)
    measured.observe(HERE, prompt(ENGLISH, 40), 1)
    assert measured.count(ENGLISH) == estimate.count(ENGLISH)


def test_no_count_moves_the_measure_beyond_reason() -> None:
    measured, estimate = MeasuredCounter(Estimate()), Estimate()
    measured.observe(HERE, prompt(ENGLISH, 40), 10**9)
    assert measured.count(ENGLISH) <= 3 * estimate.count(ENGLISH) + 1


def test_a_server_that_cuts_prompts_is_found_out_by_two_of_them() -> None:
    measured = MeasuredCounter(Exact())
    assert measured.observe(HERE, prompt(ENGLISH, 100), whole(Exact(), prompt(ENGLISH, 100)) + 20) == 0
    assert measured.observe(HERE, prompt(ENGLISH, 300), 2048) == 0, "one alone says nothing"
    assert measured.observe(HERE, prompt(ENGLISH, 420), 2048) == 2048
    assert measured.observe(THERE, prompt(ENGLISH, 420), whole(Exact(), prompt(ENGLISH, 420)) + 20) == 0


def test_two_prompts_of_one_length_are_no_sign_of_cutting() -> None:
    measured = MeasuredCounter(Exact())
    for _ in range(3):
        assert measured.observe(HERE, prompt(ENGLISH, 200), 3000) == 0


def test_a_server_that_begins_to_cut_after_a_hundred_calls_is_found_out() -> None:
    measured, counter = MeasuredCounter(Exact()), Exact()
    for number in range(100):
        messages = prompt(ENGLISH, 60 + number % 7)
        assert measured.observe(HERE, messages, whole(counter, messages) + 24) == 0
    measured.observe(HERE, prompt(ENGLISH, 200), 1024)
    assert measured.observe(HERE, prompt(ENGLISH, 260), 1024) == 1024


def test_prompts_counted_as_usual_are_not_counted_again() -> None:
    """Counting a prompt by the model's tokenizer costs as much as reading its answer."""
    counter = Exact()
    measured = MeasuredCounter(counter)
    for number in range(160):
        messages = prompt(ENGLISH, 60 + number)
        measured.observe(HERE, messages, whole(Exact(), messages) + 24)
    assert counter.asked <= 20
