"""A question of what something is gets the sentence that says so, not the page that uses the word most."""

from __future__ import annotations

import pytest

from worker.engines.extractive.quotes import choose
from worker.excerpts import Excerpt
from worker.finding.forms.definition import defines, goes_without_name, introduction_of, subject_of
from worker.prompts import Prompts


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("What is a parcel?", "parcel"),
        ("what's the night shift", "night shift"),
        ("What does LOCK_DOOR do?", "LOCK_DOOR"),
        ("什么是包裹柜？", "包裹柜"),
        ("请问包裹柜是什么", "包裹柜"),
        ("Kestrel 是什么框架", "Kestrel"),
        ("Kestrel有什么用", "Kestrel"),
        ("What is the best way to carry a heavy parcel upstairs without help?", ""),
        ("How do I open a parcel?", ""),
        ("包裹柜怎么开", ""),
        ("What is", ""),
        ("", ""),
    ],
)
def test_what_is_asked_to_be_told(question: str, subject: str) -> None:
    assert subject_of(question) == subject


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("What is a valve in Kestrel?", "valve"),
        ("what's the outlet of the kestrel", "outlet"),
        ("In Kestrel, what is a valve?", "valve"),
        ("What does LOCK_DOOR do in Kestrel?", "LOCK_DOOR"),
        ("What is a valve for in Kestrel?", "valve"),
        ("Kestrel 里的阀门是什么", "阀门"),
        ("什么是 Kestrel 中的阀门", "阀门"),
        ("在 Kestrel 里，阀门是什么", "阀门"),
        ("Kestrel 的阀门是干嘛的", "阀门"),
        ("What is Kestrel?", "Kestrel"),
        ("Kestrel 是什么", "Kestrel"),
        ("What is the lamp of the locker?", "lamp of the locker"),
        ("包裹柜里的灯是什么", "包裹柜里的灯"),
    ],
)
def test_the_documents_own_name_is_no_part_of_the_subject(question: str, subject: str) -> None:
    assert subject_of(question, lambda name: name.lower() == "kestrel") == subject


@pytest.mark.parametrize(
    ("sentence", "leaves_it"),
    [
        ("A fast machine for parcels.", True),
        ("The fast counter of the house", True),
        ("一种快速的计数器", True),
        ("The path of the parcel counter's records", False),
        ("The number of doors", False),
        ("A lamp beside the parcel-counter", False),
        ("Press the button.", False),
    ],
)
def test_what_tells_of_something_else_leaves_no_name_to_its_heading(sentence: str, leaves_it: bool) -> None:
    assert goes_without_name("parcel counter", sentence) is leaves_it


@pytest.mark.parametrize(
    ("subject", "sentence", "told"),
    [
        ("kestrel", "Kestrel (say kes-trel, like the bird) is a web server.", 1.0),
        ("Kestrel", "Kestrel（读作 kes-trel）是一个网页服务器。", 1.0),
        ("night shift", "Night-shifts, as the name tells, are the hours after ten.", 1.0),
        ("GTC", "The goods transport counter (GTC) is where parcels are left.", 1.0),
        ("parcel", "Parcel: anything heavier than a letter.", 1.0),
        ("kestrel", "Kestrel keys are a way to open doors.", 0.4),
        ("kestrel", "Kestrel is installed by the package.", 0.0),
        ("包裹柜", "包裹柜是否已满由灯显示。", 0.0),
        ("kestrel", "The server that kestrel is a part of.", 0.0),
    ],
)
def test_what_says_it(subject: str, sentence: str, told: float) -> None:
    assert defines(subject, sentence) == told


@pytest.mark.parametrize(
    ("question", "defining", "using"),
    [
        (
            "What is Kestrel?",
            "Kestrel is a server for parcels of the house.",
            "Import Kestrel from kestrel, call Kestrel with the door, then close Kestrel again: `Kestrel()`.",
        ),
        (
            "Kestrel 是什么",
            "Kestrel 是一款包裹服务器。",
            "先导入 Kestrel，再用 Kestrel 打开门，然后关掉 Kestrel。",
        ),
    ],
)
def test_it_is_quoted_before_what_only_uses_the_word(question: str, defining: str, using: str) -> None:
    pages = [
        Excerpt(1, "Doors", using, ("Doors", "Opening"), path="doors.md", score=1.0),
        Excerpt(2, "Introduction", defining, ("Introduction",), path="introduction.md", score=0.8),
    ]
    quotes = list(choose(Prompts(question, pages, "en").answer()))
    assert quotes[0] == (2, defining)


def test_a_page_may_leave_the_name_to_its_title() -> None:
    pages = [
        Excerpt(1, "Doors", "Kestrel opens doors if Kestrel runs.", ("Doors",), path="doors.md", score=1.0),
        Excerpt(2, "Kestrel", "A fast counter for parcels.", ("Kestrel",), path="index.md", score=0.9),
    ]
    assert choose(Prompts("What is Kestrel?", pages, "en").answer())[0][0] == 2


def test_the_search_looks_for_pages_that_introduce_in_the_language_of_the_question() -> None:
    assert introduction_of("Kestrel", "zh") == "Kestrel 简介 概述"
    assert introduction_of("Kestrel", "en") == "Kestrel introduction overview"


def test_a_head_line_without_the_name_wins_over_every_command_that_has_it() -> None:
    commands = "Update Kestrel on its own:\n\n```\nkestrel update\n```\n\nKestrel updates Kestrel."
    pages = [
        Excerpt(1, "Updating", commands, ("Updating Kestrel",), path="a.md", score=1.0),
        Excerpt(2, "Kestrel", "A fast counter, built of oak.", ("Kestrel",), path="index.md", score=0.3),
    ]
    assert choose(Prompts("What is Kestrel?", pages, "en").answer())[0][0] == 2
