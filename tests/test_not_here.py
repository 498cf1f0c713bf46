"""Answer, closest places, nothing: what becomes of a question, and how its card shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.answer import Answer, Outcome, Source
from bot.cards.answer import answer_cards
from bot.config.settings import IndexSettings, LLMSettings, Settings, SourceSettings
from index.build.build import build
from index.gate.gate import open_gate
from index.search.searcher import Searcher
from index.search.versions import open_current
from worker.engines.choose import open_llm
from worker.excerpts import Excerpt
from worker.finding.find import stands_out
from worker.finding.pages.chosen import product_of
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts
from worker.finding.support import SUPPORT, Background, probability, support_numbers
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.pipeline import Pipeline

PAGES = {
    "kiln/firing.md": "# Firing\n\n## Bisque\n\nA bisque firing takes 9 hours up to 1000 °C.\n\n"
    "## Glaze\n\nA glaze firing takes 7 hours up to 1220 °C. Wash the shelves before you load them.\n",
    "kiln/errors.md": "# Errors of the kiln\n\n## E3\n\nThe thermocouple is loose. Tighten both screws.\n\n"
    "## E7\n\nThe door was opened while it was hot. Close it and start the program again.\n",
    "studio/members.md": "# Members of the studio\n\n## Keys\n\nA new member gets a key from Ada Winter in "
    "the first week.\n\n## Clay\n\nEvery member may use 10 kg of clay each month; more is 2 euros a kilo.\n",
    "studio/rules.md": "# Rules\n\n## Cleaning\n\nClean the wheel and the sink when you leave.\n\n"
    "## Guests\n\nA guest may come twice and pays 15 euros an evening.\n",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("pottery")
    for name, text in PAGES.items():
        (folder / "pages" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "pages" / name).write_text(text, "utf-8")
    index = IndexSettings(dir=folder / "index", sources=(SourceSettings(path=folder / "pages"),))
    settings = Settings(index=index, llm=LLMSettings(engine="extractive"))
    build(settings)
    return settings


@pytest.fixture(scope="module")
def searcher(settings: Settings) -> Searcher:
    return open_current(settings)


@pytest.fixture(scope="module")
def pipeline(settings: Settings, searcher: Searcher) -> Pipeline:
    return Pipeline(PipelineParts(settings, searcher, open_gate(settings, searcher), open_llm(settings)))


@pytest.mark.slow
def test_what_the_pages_say_is_answered_and_the_trace_says_how_likely(pipeline: Pipeline) -> None:
    answer, trace = pipeline.run(Question("how long does a glaze firing take in the kiln", "en"))
    assert answer.outcome is Outcome.ANSWERED
    assert "7 hours" in answer.text
    assert trace.facts["support"]["probability"] >= trace.facts["support"]["answers"]
    assert trace.facts["support"]["quotes"][0]["path"] == "kiln/firing.md"


@pytest.mark.parametrize(
    "text",
    [
        "how do I rebase my git branch onto main",
        "redis 主从切换以后数据丢了",
        "pod crashloopbackoff",
        "how do I tighten the screws in SolidWorks",
        "钉钉审批流怎么发起",
        "what does a new kiln cost",
        "what is the salary of a member of the studio",
        "窑的工资报销怎么走",
    ],
)
def test_a_question_about_other_things_gets_no_answer(pipeline: Pipeline, text: str) -> None:
    answer, _ = pipeline.run(Question(text, "en"))
    assert answer.outcome in (Outcome.DECLINED, Outcome.NOT_FOUND)


@pytest.mark.parametrize("text", ["good morning members!", "nice kiln!", "see you there"])
def test_small_talk_with_the_documents_words_gets_no_answer(pipeline: Pipeline, text: str) -> None:
    answer, _ = pipeline.run(Question(text, "en"))
    assert answer.outcome in (Outcome.DECLINED, Outcome.NOT_FOUND)


def test_a_price_that_the_pages_name_is_answered(pipeline: Pipeline) -> None:
    answer, _ = pipeline.run(Question("how much does an evening cost for a guest", "en"))
    assert answer.outcome is Outcome.ANSWERED
    assert "15 euros" in answer.text


@pytest.mark.parametrize(
    "number",
    [
        "called_missing",
        "no_value",
        "no_exact",
        "missing",
        "first_missing",
        "unknown",
        "no_reason",
        "page_missing",
    ],
)
def test_what_the_quotes_lack_makes_an_answer_less_likely(number: str) -> None:
    numbers = [0.5] * len(SUPPORT)
    lacking = [0.9 if name == number else 0.5 for name in SUPPORT]
    assert probability(lacking) < probability(numbers)


@pytest.mark.parametrize("count", [1, 2, 9, 60, 150, 400])
def test_how_far_the_best_stands_out_means_the_same_in_an_index_of_any_size(count: int) -> None:
    scores = np.concatenate([[0.3], np.linspace(0.25, 0.1, max(count - 1, 0))]).astype(np.float32)[:count]
    assert 0.05 < stands_out(scores) < 0.25


def test_a_page_is_read_whole_with_the_rows_of_its_sections(searcher: Searcher) -> None:
    row = next(row for row, chunk in enumerate(searcher.chunks) if chunk.heading_path[-1:] == ("Glaze",))
    sections = searcher.page(row)
    assert [section.chunk.heading_path[-1] for section in sections] == ["Bisque", "Glaze"]
    assert searcher.text(sections[1]).startswith("A glaze firing takes 7 hours")
    assert all(searcher.chunks[section.first].path == "kiln/firing.md" for section in sections)


def test_a_folder_whose_word_anybody_uses_names_no_product() -> None:
    assert product_of("kitex/FAQ/index.md") == "kitex"
    assert product_of("security/index.md") == ""
    assert product_of("faq.md") == ""


def _card(outcome: Outcome, *sources: Source) -> tuple[str, str]:
    answer = Answer(outcome, "why?", "text", "en", sources)
    header = answer_cards(answer, actions=None, message_id="om_1", now=0.0)[0]["header"]
    return header["template"], header["title"]["content"]


def test_answer_closest_places_and_nothing_are_told_apart_by_colour_and_title() -> None:
    place = Source(1, "Firing", ("Glaze",), "https://example.org/firing")
    looks = [
        _card(Outcome.ANSWERED, place),
        _card(Outcome.NOT_FOUND, place),
        _card(Outcome.NOT_FOUND),
    ]
    assert [color for color, _ in looks] == ["green", "default", "grey"]
    assert len({title for _, title in looks}) == 3


def test_small_talk_is_no_question_whatever_words_it_shares_with_the_documents() -> None:
    """What asks nothing and is nearer to small talk than to questions needs far better quotes."""
    small_talk, question = SUPPORT.index("talk"), [0.0] * len(SUPPORT)
    said = list(question)
    said[small_talk] = 0.25
    assert probability(said) < probability(question) / 5


NAMED = {
    "zorblatt": "# 备份\n\n## 备份数据库\n\n用 `zorblattctl backup` 命令备份数据库。\n\n"
    "## 恢复\n\n用 `restore` 恢复。\n",
    "actual": "# Backups\n\n## Back up the database\n\nTo back up the database run `pg_dump` from the "
    "command line every night.\n",
}


@pytest.mark.slow
def test_a_source_that_the_question_names_is_answered_from_and_no_other(tmp_path: Path) -> None:
    """Though the other one has a page on it in the question's own language."""
    for name, text in NAMED.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "backup.md").write_text(text, "utf-8")
    sources = tuple(SourceSettings(path=tmp_path / name) for name in NAMED)
    settings = Settings(
        index=IndexSettings(dir=tmp_path / "index", sources=sources), llm=LLMSettings(engine="extractive")
    )
    build(settings)
    searcher = open_current(settings)
    pipeline = Pipeline(PipelineParts(settings, searcher, open_gate(settings, searcher), open_llm(settings)))
    asked = "How do I back up the {} database from the command line?"
    named, _ = pipeline.run(Question(asked.format("Zorblatt"), "en", mentioned=True))
    assert "zorblattctl backup" in named.text
    assert "pg_dump" not in named.text
    plain, _ = pipeline.run(Question(asked.replace("{} ", ""), "en", mentioned=True))
    assert "pg_dump" in plain.text


@pytest.mark.parametrize(
    ("text", "defined"),
    [
        ("Kestrel is a gateway for parcels. It runs on one machine.", True),
        ("Join the team of Kestrel: everybody who works on Kestrel is welcome in the team.", False),
    ],
)
def test_what_something_is_is_answered_by_a_sentence_that_says_so(text: str, defined: bool) -> None:
    reading = read_excerpts("what is Kestrel", [Excerpt(1, "Page", text, ("Page",))], None)
    numbers = support_numbers(reading, quotes_of(reading), Background(chunks=100, search_drop=0.05))
    assert (numbers[SUPPORT.index("defined")] == 1.0) is defined
    unsaid = [0.0 if name == "defined" else number for name, number in zip(SUPPORT, numbers, strict=True)]
    assert (probability(numbers) > probability(unsaid)) is defined


@pytest.mark.parametrize(
    ("question", "of_another"),
    [
        ("how do I add a lamp in Zorblatt", True),
        ("how do I add a lamp in zorblatt", False),
        ("How Do I Add A Lamp", False),
        ("how do I add a lamp in the JSON of the tower", False),
        ("how do I add a lamp in Kestrel", False),
        ("how do I add a lamp on Monday", False),
        ("how do I add a lamp on Linux", False),
    ],
)
def test_a_name_that_the_page_lacks_is_of_another_product(question: str, of_another: bool) -> None:
    pages = [
        Excerpt(
            1, "Lamps", "To add a lamp, open the tower and hang it on a hook.", ("Add a lamp",), path="a.md"
        ),
        Excerpt(2, "Lamps", "Kestrel keeps the lamps of a tower.", ("Lamps",), path="a.md"),
    ]
    reading = read_excerpts(question, pages, None)
    numbers = support_numbers(reading, quotes_of(reading), Background(chunks=100, search_drop=0.05))
    assert (numbers[SUPPORT.index("of_another")] > 0) is of_another
    without = [0.0 if name == "of_another" else number for name, number in zip(SUPPORT, numbers, strict=True)]
    assert (probability(numbers) < probability(without)) is of_another


def test_a_heading_with_nothing_under_it_is_no_place_that_helps() -> None:
    assert not Excerpt(1, "Kiln", "Cold  firing\n", ("Kiln", "Cold firing")).says_something
    assert Excerpt(1, "Kiln", "Cold firing is not done.", ("Kiln", "Cold firing")).says_something
    assert Excerpt(1, "Kiln", "Kiln", ()).says_something
