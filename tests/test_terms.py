"""Identifiers stay whole, their parts count too, and the words of a question are left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.text.chinese import chinese_share, count_chinese, has_chinese, language_of
from index.text.glossary import translated
from index.text.terms import stem, terms
from worker.language import language_of as asked_in


@pytest.mark.parametrize("text", ["哪几种认证", "认证有哪几个？", "要哪几步认证", "哪几项是认证的"])
def test_how_many_of_a_kind_is_asked_for_is_no_word(text: str) -> None:
    assert "认证" in terms(text)
    assert not any("哪几" in word for word in terms(text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("怎么设置 --cache-max-entry-count？", {"cache-max-entry-count", "cach", "entry", "设置"}),
        ("kv_cache 量化", {"kv_cache", "kv", "cach", "量化"}),
        ("RTMPose 和 TurboMind", {"rtmpos", "turbomind"}),
        ("mmdet3d==1.0.0", {"mmdet3d", "1.0.0"}),
        ("C++ 推理", {"c++", "推理"}),
        ("安装ＭＭＣＶ", {"安装", "mmcv"}),
    ],
)
def test_identifiers_and_words(text: str, wanted: set[str]) -> None:
    assert wanted <= set(terms(text))


def test_question_words_say_nothing() -> None:
    assert terms("请问如何 how to do this 呢？") == []


@pytest.mark.parametrize(
    "words",
    [
        ("install", "installs", "installing", "installed"),
        ("configure", "configuring", "configured"),
        ("cache", "caches", "cached"),
    ],
)
def test_english_endings_meet(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


def test_the_longest_chinese_term_is_translated() -> None:
    assert {"object", "detection"} <= set(translated("目标检测怎么训练"))
    assert {"finetun", "dataset", "custom"} <= set(translated("如何在自定义数据集上微调"))
    assert translated("how to install") == ()


def test_language_is_that_of_the_prose() -> None:
    assert language_of("安装说明\n```\n" + "pip install something\n" * 50 + "```\n") == "zh"
    assert (
        language_of("Install it. The Chinese name is 茴香, which is fennel in English and grows well.")
        == "en"
    )


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
@example("_ __ a_")
def test_any_text_has_terms_without_empty_ones(text: str) -> None:
    assert all(terms(text))
    translated(text)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("", 0.0),
        ("42 !?", 0.0),
        ("how", 0.0),
        ("怎么装", 1.0),
        ("豈", 1.0),
        ("用 vim", 0.25),
        ("ｖｉｍ、。", 0.0),
    ],
)
def test_one_answer_to_whether_it_is_chinese(text: str, share: float) -> None:
    assert chinese_share(text) == share
    assert has_chinese(text) == (count_chinese(text) > 0) == (share > 0)
    assert language_of(text) == asked_in(text, "auto") == ("zh" if share else "en")


def test_no_other_module_says_what_is_chinese() -> None:
    root = Path(__file__).parent.parent
    for package in ("bot", "worker", "index", "simulator", "demo"):
        for file in (root / package).rglob("*.py"):
            if file.name != "chinese.py":
                assert not re.search(
                    r"㐀|鿿|[\\]u3400-|[\\]u4e00-[\\]u9fff\]|一-龥", file.read_text("utf-8")
                ), file
