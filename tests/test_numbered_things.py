"""Questions about one of several things of a name, told apart by a number."""

from __future__ import annotations

import pytest

from worker.engines.extractive.quotes import choose
from worker.excerpts import Excerpt
from worker.finding.forms.numbered import (
    Numbered,
    is_of_another,
    is_of_another_release,
    numbered_in,
    release_in,
)
from worker.prompts import Prompts


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("what does kiln-stage 2 do", Numbered("stage", "2")),
        ("what is `glaze-level: 3`", Numbered("level", "3")),
        ("how do I get rid of error 503", Numbered("error", "503")),
        ("方式二怎么配置", Numbered("方式", "2")),
        ("日志级别3打印什么", Numbered("级别", "3")),
        ("does it take python 3.9", None),
        ("v4 or v5?", None),
        ("keep files for 30 days", None),
        ("一般模式怎么用", None),
        ("模式一般怎么用", None),
    ],
)
def test_a_thing_that_is_named_by_a_number_is_told(question: str, named: Numbered | None) -> None:
    assert numbered_in(question) == named


@pytest.mark.parametrize(
    ("headings", "text", "other"),
    [
        (("Stage 1",), "It may be followed by stage 2.", True),
        (("Stage 2",), "Unlike stage 1 it is hot.", False),
        (("Firing",), "Stage 1 is hot.", True),
        (("Firing",), "Stage 1 is cold, stage 2 is hot.", False),
        (("Firing",), "Stage 1 to 4 are hot.", False),
        (("Firing", "Stage 3"), "It is hot.", True),
        (("Firing",), "All of them are hot.", False),
    ],
)
def test_the_nearest_heading_with_a_number_says_which_it_is_about(
    headings: tuple[str, ...], text: str, other: bool
) -> None:
    assert is_of_another(Numbered("stage", "2"), headings, text) == other


def _quoted(question: str, *pages: tuple[str, str]) -> str:
    excerpts = [
        Excerpt(number, "Kiln", text, (heading,), score=1.0 / number)
        for number, (heading, text) in enumerate(pages, 1)
    ]
    return " ".join(text for _, text in choose(Prompts(question, excerpts, "en").answer()))


def test_what_is_said_of_another_number_is_not_quoted() -> None:
    first = ("kiln-mode: 1", "With this kiln mode, what the kiln does is to heat slowly.")
    second = ("kiln-mode: 2", "It heats at once and cools overnight.")
    quoted = _quoted("what does kiln-mode 2 do", first, second)
    assert "cools overnight" in quoted
    assert "slowly" not in quoted
    assert "slowly" in _quoted("what does kiln-mode 7 do", first, second)


@pytest.mark.parametrize(
    ("question", "release"),
    [
        ("which clay does Kiln 3.x need", Numbered("kiln", "3")),
        ("kiln 3.1要用哪种黏土", Numbered("kiln", "3")),
        ("is Kiln v2.0.4 still supported", Numbered("kiln", "2")),
        ("move from Kiln 2.x to Kiln 3.x", None),
        ("which clay does the kiln need", None),
        ("wait 1.5s", None),
    ],
)
def test_the_release_of_a_product_is_told(question: str, release: Numbered | None) -> None:
    assert release_in(question) == release


@pytest.mark.parametrize(
    ("headings", "other"),
    [
        (("Clay", "Compatibility of Kiln v2.x"), True),
        (("Kiln 2.14.0",), True),
        (("Kiln 3.2", "Releases of Kiln v2.x"), False),
        (("从 Kiln 2.x 迁移至 3.x",), False),
        (("Clay",), False),
        (("Shelf 2.1",), False),
    ],
)
def test_a_heading_with_other_releases_alone_is_of_the_past(headings: tuple[str, ...], other: bool) -> None:
    assert is_of_another_release(Numbered("kiln", "3"), headings) is other


def test_what_stands_under_another_release_is_not_quoted() -> None:
    past = ("Clay for Kiln v2.x", "The kiln needs the red clay.")
    now = ("Clay", "From this year on the kiln needs white clay.")
    assert "red" not in _quoted("which clay does Kiln 3.x need", past, now)
    assert "red" in _quoted("which clay does Kiln 2.x need", past, now)
