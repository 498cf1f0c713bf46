"""Whatever a model server goes on writing, a reply ends: by the clock, by its length, by a recall."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import AnswerTimeout, Cancelled
from worker.engines.extractive.engine import Extractive
from worker.llm import Reply
from worker.pipeline.generate import WritingLimits, generate
from worker.pipeline.sanitise import Sanitiser
from worker.pipeline.trace import Trace


class Endless(Extractive):
    """A server that never stops; `ended` when nobody reads it any more."""

    def __init__(self, piece: str) -> None:
        super().__init__()
        self.piece = piece
        self.ended = False
        self.pieces = 0

    def stream(self, *arguments: Any, **how: Any) -> Reply:
        return Reply(self._write(), engine="endless")

    def _write(self) -> Iterator[str]:
        try:
            while True:
                self.pieces += 1
                yield self.piece
        finally:
            self.ended = True


def write(engine: Endless, limits: WritingLimits, cancelled: Any = lambda: False) -> Any:
    shown: list[str] = []
    written = generate(
        "prompt",  # type: ignore[arg-type]
        engine,
        Sanitiser((), "en"),
        limits,
        lambda draft: shown.append(draft()),
        cancelled,
        Trace("om_1", "?"),
    )
    return written, shown


def test_a_reply_ends_at_its_length() -> None:
    engine = Endless("word " * 20)
    written, shown = write(engine, WritingLimits(time.monotonic() + 600, 10, ""))
    assert written.finish_reason == "length"
    assert len(written.text) <= 160
    assert max(map(len, shown)) <= 160
    assert engine.ended
    assert engine.pieces < 5


@pytest.mark.slow
def test_without_a_number_of_tokens_a_reply_is_whole_and_still_bounded() -> None:
    written, _ = write(Endless("word " * 1000), WritingLimits(time.monotonic() + 600, 0, ""))
    assert 90_000 < len(written.text) <= 100_000


def test_a_reply_ends_by_the_clock_with_what_is_there() -> None:
    engine = Endless("word ")
    written, _ = write(engine, WritingLimits(time.monotonic(), 1_000_000, ""))
    assert (written.finish_reason, written.text) == ("deadline", "word")
    assert engine.ended


def test_blanks_without_end_are_no_reply() -> None:
    engine = Endless("")
    with pytest.raises(AnswerTimeout):
        write(engine, WritingLimits(time.monotonic(), 1000, ""))
    assert engine.ended or engine.pieces == 1


def test_a_recall_ends_it_between_two_pieces() -> None:
    with pytest.raises(Cancelled):
        write(Endless("word "), WritingLimits(time.monotonic() + 600, 1000, ""), lambda: True)
