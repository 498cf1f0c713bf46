"""A streamed answer has many drafts, of which few are shown: only these are made."""

from __future__ import annotations

import time
from typing import Any

import pytest

from worker.engines.extractive.engine import Extractive
from worker.llm import Reply
from worker.pipeline.generate import Draft, WritingLimits, generate
from worker.pipeline.sanitise import Sanitiser
from worker.pipeline.trace import Trace
from worker.process.frames import FrameBudget

PIECES = ["Run `make`", " and", " open", " @all the page."]


class Writing(Extractive):
    """Writes PIECES."""

    def stream(self, *arguments: Any, **how: Any) -> Reply:
        return Reply(iter(PIECES), engine="writing")


@pytest.mark.parametrize("shown", [(), (3,), (0, 2)], ids=["none", "last", "some"])
def test_only_what_is_shown_is_cleaned(shown: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned: list[str] = []
    clean = Sanitiser.clean

    def noted(own: Sanitiser, text: str, *, finished: bool = False) -> str:
        cleaned.append(text)
        return clean(own, text, finished=finished)

    monkeypatch.setattr(Sanitiser, "clean", noted)
    drafts: list[Draft] = []
    written = generate(
        "prompt",  # type: ignore[arg-type]
        Writing(),
        Sanitiser((), "en"),
        WritingLimits(time.monotonic() + 600, 100, ""),
        drafts.append,
        lambda: False,
        Trace("om_1", "?"),
    )
    whole = "".join(PIECES)
    assert cleaned == [whole]
    texts = [drafts[number]() for number in shown]
    assert texts == [clean(Sanitiser((), "en"), "".join(PIECES[: number + 1])) for number in shown]
    assert "@all" not in written.text
    assert len(drafts) == len(PIECES)


def test_looking_for_room_takes_none() -> None:
    budget = FrameBudget(per_second=0.0, burst=2.0)
    assert [budget.room for _ in range(5)] == [True] * 5
    assert [budget.take() for _ in range(3)] == [True, True, False]
    assert not budget.room
