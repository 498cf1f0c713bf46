"""Steps of a numbered list: shown whole where they are short, and told where some are left out."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.quote import Quote, Steps
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts
from worker.pipeline.quoted import signed

FILLER = "The lamp stands on a rock and is looked after by two keepers who live below it. " * 3


def steps(number: int, length: int = 1) -> str:
    """A numbered list whose fourth step is about oil."""
    return "\n".join(
        f"{place}. {'Fill the oil into the burner' if place == 4 else f'Do matter {place} of the tower'}. "
        + FILLER[: 70 * length]
        for place in range(1, number + 1)
    )


def quote(question: str, text: str) -> Quote:
    page = Excerpt(1, "Lamp", text, ("Lamp", "Light it"))
    return quotes_of(read_excerpts(question, [page], None))[0]


def test_of_a_short_list_no_step_is_left_out() -> None:
    found = quote("how is the oil filled in", steps(5))
    assert found.steps == Steps((1, 2, 3, 4, 5), 5)
    assert signed(found, "en") == found.text


def test_where_steps_are_left_out_it_is_said_which_are_shown() -> None:
    found = quote("how is the oil filled in", steps(9, 3))
    assert found.steps is not None
    assert found.steps.left_out
    assert 4 in found.steps.shown
    assert found.steps.of == 9
    assert signed(found, "en").endswith("of 9; the page has the others.)*")
    assert "共 9 条" in signed(found, "zh")


def test_a_part_of_a_long_step_is_of_that_step() -> None:
    remarks = "\n\n   ".join(f"Remark {place}: {FILLER}" for place in range(3))
    long = f"2. Set up the burner\n\n   {remarks}\n\n   It takes whale oil and nothing else."
    text = f"1. Climb the tower. {FILLER}\n\n{long}\n\n3. Light it. {FILLER}\n\n4. Climb down. {FILLER}"
    found = quote("does the burner take whale oil", text)
    assert found.steps is not None
    assert found.steps.of == 4
    assert 2 in found.steps.shown


@pytest.mark.parametrize(
    "question", ["How do I light the lamp?", "How to light a lamp", "how can I light the lamp?"]
)
def test_who_asks_for_all_of_a_long_list_is_shown_it_from_its_first_step(question: str) -> None:
    heating = steps(9, 3).replace("Do matter 7", "Light the lamp and do matter 7")
    found = quote(question, heating)
    assert found.steps is not None
    assert found.steps.shown[:2] == (1, 2)
    assert found.steps.left_out


def test_a_chinese_list_begins_at_its_first_step_too() -> None:
    told = "灯塔里住着两个看守，每天傍晚点灯，天亮以后熄灯，轮流值夜，遇到大雾还要敲钟。" * 3
    text = "\n".join(f"{n}. {'点亮灯塔之前' if n == 5 else f'第 {n} 件事'}，{told}" for n in range(1, 10))
    found = quotes_of(
        read_excerpts("怎么点亮灯塔？", [Excerpt(1, "灯塔", text, ("灯塔", "点亮灯塔"))], None)
    )[0]
    assert found.steps is not None
    assert found.steps.shown[0] == 1


def test_a_list_that_goes_on_from_another_is_not_counted_anew() -> None:
    later = "\n".join(f"{place}. Fill the oil into lamp {place}. {FILLER}" for place in range(6, 12))
    assert quote("how is the oil filled into lamp 9", later).steps is None


@pytest.mark.parametrize("text", ["- Fill the oil in.\n- Light it.\n- Go.", "1. Fill the oil in.\n2. Go."])
def test_a_list_without_an_order_and_one_of_two_steps_have_no_sign(text: str) -> None:
    assert quote("how is the oil filled in", f"{text}\n\n{FILLER}").steps is None


@pytest.mark.parametrize(
    ("shown", "said"), [((2,), "2"), ((1, 2, 3), "1-3"), ((1, 3, 4), "1, 3-4"), ((1, 3, 5), "1, 3, 5")]
)
def test_places_are_said_as_a_reader_says_them(shown: tuple[int, ...], said: str) -> None:
    assert Steps(shown, 9).spans == said


def test_one_point_is_one_point() -> None:
    excerpt = Excerpt(1, "Lamp", "text", ("Lamp",))
    assert "point 2 of 5" in signed(Quote(excerpt, "2. Go.", 1.0, (), Steps((2,), 5)), "en")
    assert "第 1、3-4 条" in signed(Quote(excerpt, "1. Go.", 1.0, (), Steps((1, 3, 4), 5)), "zh")


def test_a_list_that_is_broken_by_code_is_counted_as_one() -> None:
    code = "\n\n```sh\nlamp --light\n```\n\n"
    text = code.join(
        f"{n}. {'Fill the oil into the burner' if n == 2 else f'Do matter {n}'}. {FILLER}"
        for n in range(1, 6)
    )
    found = quote("how is the oil filled in", text)
    assert found.steps is not None
    assert found.steps.of == 5
    assert 2 in found.steps.shown
    assert found.steps.left_out


def test_a_step_that_is_too_long_to_be_shown_is_counted() -> None:
    endless = "word " * 400
    text = (
        f"1. Climb the tower. {FILLER}\n2. {endless}\n3. Fill the oil into the burner. {FILLER}\n"
        f"4. Light it. {FILLER}\n5. Climb down. {FILLER}"
    )
    found = quote("how is the oil filled in", text)
    assert found.steps is not None
    assert 3 in found.steps.shown
    assert 2 not in found.steps.shown
    assert found.steps.of == 5
