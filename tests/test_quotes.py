"""Which blocks are quoted: single rows of long tables, no signposts, nothing the search knows better."""

from __future__ import annotations

import time

import pytest

from worker.engines.extractive.quotable_parts import CUT
from worker.engines.extractive.quotes import Quote, choose
from worker.engines.extractive.relevance import without_form
from worker.excerpts import Excerpt
from worker.prompts import Prompts

KEYS = ("timeout", "retries", "colour", "language", "port", "host", "folder")
TABLE = "| key | meaning |\n|---|---|\n" + "\n".join(f"| `app.{key}` | sets the {key} |" for key in KEYS)


def quotes(question: str, *excerpts: Excerpt, language: str = "en") -> list[Quote]:
    return choose(Prompts(question, excerpts, language).answer())


def page(number: int, text: str, *headings: str, score: float = 0.0, language: str = "") -> Excerpt:
    return Excerpt(
        number, headings[0] if headings else f"Page {number}", text, headings, score=score, language=language
    )


def test_of_a_long_table_the_rows_that_answer_are_quoted() -> None:
    (quote,) = quotes("What is the retries setting?", page(1, TABLE, "Settings"))
    row = "| `app.retries` | sets the retries |"
    assert quote.text.splitlines() == ["| key | meaning |", "|---|---|", row, "", CUT]


def test_a_question_about_the_whole_table_gets_the_whole_table() -> None:
    (quote,) = quotes("Which settings are there?", page(1, TABLE, "Settings"))
    assert quote.text == TABLE


def test_a_list_that_only_leads_elsewhere_is_not_quoted_nor_what_announces_it() -> None:
    text = "Install it with pip.\n\nMore:\n\n- [install on Linux](linux.md)\n- [install on Mac](mac.md)"
    (quote,) = quotes("How do I install it?", page(1, text))
    assert quote.text == "Install it with pip."


def test_a_list_of_links_into_the_web_is_an_answer() -> None:
    text = "Models that are supported:\n\n- [Qwen](https://example.org/qwen)\n- [Yi](https://example.org/yi)"
    (quote,) = quotes("Which models are supported?", page(1, text))
    assert "Yi" in quote.text


def test_many_links_take_no_time() -> None:
    text = "\n\n".join(f"- [install {number}](page.md)" for number in range(60)) + " and more"
    started = time.thread_time()
    quotes("How do I install it?", page(1, text))
    assert time.thread_time() - started < 2, "seconds of computing, whatever else this machine does"


def test_a_fence_without_code_is_not_quoted() -> None:
    (quote,) = quotes("How is the model adjusted?", page(1, "The model is adjusted here.\n\n```python"))
    assert quote.text == "The model is adjusted here."


def test_the_section_that_answers_stands_before_the_introduction_that_names_it() -> None:
    text = "This page says how to pick engines and models.\n\n## Models\n\nPick models by name with `model`."
    (quote,) = quotes("How do I pick models?", page(1, text, "Engines"))
    assert quote.text == "**Models**\n\nPick models by name with `model`."


def test_a_list_right_after_a_list_is_a_new_matter() -> None:
    text = f"{'Other words. ' * 120}\n\nLower the cache when memory runs out:\n\n1. lower it\n\n- **Set tp:**"
    (quote,) = quotes("What to do when memory runs out?", page(1, text))
    assert "lower it" in quote.text
    assert "Set tp" not in quote.text


def test_what_the_search_ranks_far_higher_is_quoted_first() -> None:
    high = page(1, "Restart the worker.", "Update", score=0.4)
    low = page(2, "Never update the worker while it runs.", "Notes", score=0.2)
    assert quotes("update worker", high, low)[0].excerpt is high


def test_a_quote_in_the_language_of_the_question_stands_before_one_that_is_nearly_as_good() -> None:
    chinese = page(1, "用 pip install 安装 lmdeploy。", score=0.4, language="zh")
    english = page(2, "Get lmdeploy with pip install.", score=0.35, language="en")
    assert [q.excerpt for q in quotes("install lmdeploy", chinese, english)] == [english]


def test_a_quote_in_another_language_is_better_than_none() -> None:
    chinese = page(1, "用 pip install 安装 lmdeploy。", score=0.4, language="zh")
    assert [q.excerpt for q in quotes("install lmdeploy", chinese)] == [chinese]


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("How do I add a wiki?", "add a wiki"),
        ("Where are logs?", "logs"),
        ("Can it run without a GPU?", "run without a GPU"),
        ("The bot does not answer", "The bot does not answer"),
        ("机器人回答太慢怎么办？", "机器人回答太慢"),
        ("怎样安装？", "安装"),
        ("怎么办？", "怎么办？"),
    ],
)
def test_meaning_is_compared_without_the_form_of_a_question(question: str, subject: str) -> None:
    assert without_form(question) == subject
