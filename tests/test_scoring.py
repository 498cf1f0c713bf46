"""The score out of probabilities or a constrained reply."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.engines.replies.scoring import expectation, first_token_probabilities, number_of, parse_reply

NUMBERS = [str(number) for number in range(11)]


def item(own: tuple[str, float], *others: tuple[str, float]) -> dict[str, object]:
    """One token of `logprobs.content`, probabilities instead of their logarithms."""
    entries = [{"token": token, "logprob": math.log(share)} for token, share in (own, *others)]
    return entries[0] | {"top_logprobs": entries[1:]}


def choice(*items: dict[str, object]) -> dict[str, object]:
    return {"logprobs": {"content": list(items)}}


def test_sampled_token_counts_though_the_list_leaves_it_out() -> None:
    positions = first_token_probabilities(choice(item(("5", 0.6), ("8", 0.3))))
    assert positions == [{"5": pytest.approx(0.6), "8": pytest.approx(0.3)}]


def test_sampled_token_counts_once_where_the_list_has_it() -> None:
    positions = first_token_probabilities(choice(item(("5", 0.6), ("5", 0.6), ("8", 0.3))))
    assert positions[0]["5"] == pytest.approx(0.6)


def test_byte_tokens_and_word_marks_are_merged() -> None:
    tops = item(("7", 0.3), ("<0x37>", 0.2), ("▁7", 0.1), (" 7", 0.1), ("Ġ7", 0.1), ("77", 0.1))
    assert first_token_probabilities(choice(tops))[0] == {"7": pytest.approx(0.8), "": pytest.approx(0.1)}


def test_planted_distribution_gives_its_expectation() -> None:
    planted = {"10": 0.1, "9": 0.15, "8": 0.15, "7": 0.1, "3": 0.1, "0": 0.037}
    own, *others = [*planted.items(), ("The", 0.363)]
    score = expectation(first_token_probabilities(choice(item(own, *others))))
    mass = sum(planted.values())
    assert score.mass == pytest.approx(mass)
    assert score.value == pytest.approx(sum(int(key) * value for key, value in planted.items()) / mass)


def test_ten_in_two_tokens() -> None:
    first, second = item(("1", 0.8), ("2", 0.2)), item(("0", 0.75), ("<|im_end|>", 0.25))
    positions = first_token_probabilities(choice(first, second))
    assert expectation(positions, sampled="1").value == pytest.approx(10 * 0.6 + 1 * 0.2 + 2 * 0.2)
    assert expectation(positions, sampled="2").value == pytest.approx(1 * 0.8 + 2 * 0.2)


def test_prose_is_not_scored() -> None:
    score = expectation(first_token_probabilities(choice(item(("The", 0.9), ("7", 0.1)))))
    assert score.value is None
    assert score.mass == pytest.approx(0.1)
    assert "10 %" in score.reason
    assert expectation([]).value is None


@pytest.mark.parametrize("content", [[{"logprob": -1.0}], [{"token": "5", "logprob": None}]])
def test_logprobs_of_another_shape_are_an_error(content: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match="logprobs"):
        first_token_probabilities({"logprobs": {"content": content}})


@pytest.mark.parametrize(("text", "value"), [("7", 7), (" 10\n", 10), ("0.", 0), ("8。", 8)])
def test_constrained_reply_is_read(text: str, value: int) -> None:
    assert parse_reply(text).value == value


@pytest.mark.parametrize("text", ["", "11", "7/10", "Score: 7", "7.5", "-1", "五", "1 0", "007"])
def test_anything_else_is_not_scored(text: str) -> None:
    score = parse_reply(text)
    assert score.value is None
    assert score.reason


@given(st.dictionaries(st.sampled_from(NUMBERS), st.floats(0.001, 0.09), min_size=4))
@settings(max_examples=60, deadline=None)
def test_expectation_lies_between_the_numbers_seen(planted: dict[str, float]) -> None:
    own, *others = [*planted.items(), ("x", 0.01)]
    score = expectation(first_token_probabilities(choice(item(own, *others))))
    assert 0.0 <= score.mass <= 1.0
    if score.value is not None:
        assert min(map(int, planted)) - 1e-9 <= score.value <= max(map(int, planted)) + 1e-9


@given(st.text(max_size=8))
@settings(max_examples=100, deadline=None)
def test_any_token_has_a_place(token: str) -> None:
    assert number_of(token) in {*NUMBERS, ""}
