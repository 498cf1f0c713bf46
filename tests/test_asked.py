"""What a question asks: odd letters and many empty lines are read like any others."""

from __future__ import annotations

import pytest

from worker.finding.asked import Asked, read_question


def read(text: str) -> Asked:
    return read_question(text, lambda _: 1.0, lambda _: True)


@pytest.mark.parametrize("text", ["How do I log ın to harbor?", "harbor LOG İN", "ſign in", "Shut Down it"])
def test_letters_that_equal_others_only_in_another_case_are_no_fault(text: str) -> None:
    assert read(text).weights


def test_kinds_are_told_at_the_beginning_of_any_line() -> None:
    assert read("hello\n\n  - when is it open").kinds == read("when is it open").kinds


@pytest.mark.parametrize("filling", ["\n", "。。。\n", " \n\t", "1\n"])
def test_many_empty_lines_cost_no_more_than_their_length(filling: str) -> None:
    assert read(f"怎么清空缓存{filling * 20_000}谢谢").about
