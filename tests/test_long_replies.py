"""Time that a reply costs grows with its length and not faster, whatever a model goes on writing.

What is measured is growth and not seconds, of processor time, so that a machine under load does not tell.
"""

from __future__ import annotations

import time

import pytest

from tests.test_reply_marks import cut
from worker.engines.replies.answer import AnswerReading
from worker.engines.replies.chunks import Chunk

SIZE = 1_000
MOST = 12.0
"""Five times the text may take this many times as long: 5 is linear, 25 a square."""
WORTH_A_LOOK = 0.03
"""Seconds for five times SIZE, above what one pass takes on most machines; the rest are looked at again."""
UNITS = (
    "</think> ends it; ",
    "ChatML has <|im_end|>, R1 has </think> too. ",
    "<s>old</s> new ",
    "[INST] q [/INST] ",
    "it reads `x` and ``y`` ",
    "`",
    "<",
    "<|",
    '{"name": "a", "arguments": {}} ',
    '{"name": "search", "arguments": {}} ',
    "<|channel|>",
    "<|begin_of_box|>",
    "x <pad> ",
    "See `<|eot_id|>` and `</think>` of **it**. ",
    "a<|x|> b ",
    "<think>",
    "<think>x</think>",
    "```\n</think>\n",
    "<tool_call>\n{}</tool_call>",
    "</tool_call> is ",
    "<answer> ",
)
STARTS = ("", "It says:\n\n", "```\n", "<think>", "<answer>", '{"name": ')


def seconds(text: str, size: int, opened: str) -> float:
    """Processor time of one reading, of this thread alone."""
    reading, pieces = AnswerReading(opened), cut(text, size)
    start = time.thread_time()
    for piece in pieces:
        reading.feed([Chunk(piece)])
    reading.end()
    return time.thread_time() - start


def growth(small: str, large: str, size: int, opened: str) -> float:
    """How many times longer the larger text takes."""
    return seconds(large, size, opened) / min(seconds(small, size, opened) for _ in range(3))


@pytest.mark.slow
@pytest.mark.parametrize("opened", ["no", "maybe"])
@pytest.mark.parametrize("size", [12, 10**6])
@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_reply(unit: str, size: int, opened: str) -> None:
    for start in STARTS:
        small, large = (start + unit * (length // len(unit)) for length in (SIZE, 5 * SIZE))
        if seconds(large, size, opened) < WORTH_A_LOOK:
            continue
        looks = 5  # a square is one each time
        assert any(growth(small, large, size, opened) < MOST for _ in range(looks)), f"{start!r} and {unit!r}"
