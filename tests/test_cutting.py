"""Chinese words of a question are cut where the documents' words begin, and only where these lack a word."""

from __future__ import annotations

import pytest

from index.text.cutting import cut_anew
from index.text.terms import terms

KNOWN = {"全局", "限流", "默认", "报错", "容器", "员工", "工资", "控制", "控制台"}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("全局限流默认 qps", ["全局", "限流", "默认", "qps"]),
        ("闸门的全局限流，怎么关？", ["闸门", "全局", "限流", "关"]),
        ("插件装不上报错", ["插件", "装不上", "报错"]),
    ],
)
def test_a_word_that_the_documents_lack_gives_its_characters_to_theirs(
    question: str, words: list[str]
) -> None:
    again = cut_anew(question, lambda word: int(word in KNOWN))
    assert terms(again) == words
    assert again.replace(" ", "") == question.replace(" ", "")


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("全局限流默认 qps", KNOWN | {"局限"}),
        ("全局限流默认 qps", KNOWN - {"限流"}),
        ("发票抬头怎么改", KNOWN),
        ("会员工资", KNOWN),
        ("全局 limit", KNOWN),
        ("", KNOWN),
        ("怎么" * 40, KNOWN),
    ],
)
def test_other_words_stay_as_they_are_cut(question: str, known: set[str]) -> None:
    assert cut_anew(question, lambda word: int(word in known)) == question
