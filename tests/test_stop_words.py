"""Stop words are cut wherever the pieces break."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.engines.replies.stop_words import StopFilter

PIECES = st.lists(
    st.sampled_from(["<", "|", "im", "_end", "|>", "<|im_end|>", "a", "<|im_", "end|>"]), max_size=12
)


@pytest.mark.slow
@given(PIECES)
@settings(max_examples=200, deadline=None)
def test_same_as_cutting_the_whole_text(pieces: list[str]) -> None:
    stop = StopFilter()
    shown = "".join(map(stop.feed, pieces)) + stop.end()
    assert shown == "".join(pieces).split("<|im_end|>")[0]
    assert stop.stopped == ("<|im_end|>" in "".join(pieces))


def test_only_a_possible_beginning_is_held_back() -> None:
    stop = StopFilter()
    assert stop.feed("a < b <|im") == "a < b "
    assert stop.feed("portant|>") == "<|important|>"
