"""A few thousand of the inputs that `python -m bench.stream_fuzz` throws at the readers of replies."""

from __future__ import annotations

import pytest

from bench.stream_fuzz import measure
from worker.engines.replies.problems import error_message


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_a_server_sends_is_an_answer_or_an_error_of_ours(seed: int) -> None:
    figures = measure(800, seed)
    assert figures["broken"] == 0, figures["where"]
    assert figures["counts"]["shown"] > 50, "much of it is still a reply"


@pytest.mark.parametrize("place", [2**63, 0.5, True, "body", {"a": 1}, None, [["x"]]])
def test_a_validation_errors_place_may_be_anything(place: object) -> None:
    body = {"object": "error", "code": 400, "detail": [{"loc": place, "msg": "not so"}]}
    assert "not so" in error_message(body)


def test_words_are_not_looked_for_without_end() -> None:
    body: object = "the end"
    for _ in range(900):
        body = {"message": body}
    assert error_message({"error": body}) == ""
