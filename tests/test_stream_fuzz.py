"""A few thousand of the inputs that `python -m bench.stream_fuzz` throws at the readers of replies."""

from __future__ import annotations

import pytest

from bench.stream_fuzz import measure


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_a_server_sends_is_an_answer_or_an_error_of_ours(seed: int) -> None:
    figures = measure(800, seed)
    assert figures["broken"] == 0, figures["where"]
    assert figures["counts"]["shown"] > 50, "much of it is still a reply"
