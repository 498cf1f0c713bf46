"""`python -m index check`: what members will meet, told to the operator first."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.config.settings import EmbedderSettings, Settings, SourceSettings
from bot.errors import ConfigError
from index.build.build import build
from index.build.report import describe as describe_build
from index.check.check import check
from index.check.judge import answering_by
from index.check.kept import file_of
from index.check.own import read
from index.check.pages import contradictions, duplicates, untitled
from index.check.questions import foreign, of_documents, shortened
from index.check.report import describe
from index.search.embed import Embedder, open_embedder
from index.search.versions import open_current
from index.text.document import Document
from index.text.split import Chunk, split
from tests.index_files import settings_for

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("read_here")]

KILN = """# Kiln

## How do I warm up the kiln?

Turn the brass lever to the left and wait until the lamp is green, which takes 25 minutes in winter.

## Glazing temperature

Earthenware is glazed at 1050 degrees in the upper chamber of the kiln.
"""
WHEEL = """# Potter's wheel

## Cleaning the wheel

Wipe the wheel head with a wet sponge and never pour water over the motor housing.

## 清洗转盘之后怎么保养

转盘清洗之后，每三个月给轴承上一次油。
"""


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(EmbedderSettings())


@pytest.fixture
def pottery(tmp_path: Path, embedder: Embedder) -> Settings:
    docs = tmp_path / "pottery"
    docs.mkdir()
    (docs / "kiln.md").write_text(KILN, "utf-8")
    (docs / "wheel.md").write_text(WHEEL, "utf-8")
    (docs / "notes.txt").write_text("Clay is kept in the cellar, in wet cloth, away from the frost.", "utf-8")
    settings = settings_for(tmp_path, SourceSettings(path=docs))
    build(settings, embedder=embedder)
    return settings


def rows(file: Path, *data: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in data), "utf-8")
    return file


def test_the_report_says_what_members_will_meet_and_what_to_do(
    pottery: Settings, embedder: Embedder, tmp_path: Path
) -> None:
    own = rows(
        tmp_path / "own.jsonl",
        {
            "id": "lever",
            "text": "how to warm up the kiln",
            "facts": [["brass lever"]],
            "relevant": ["kiln.md"],
        },
        {"id": "wrong", "text": "how to warm up the kiln", "facts": [["gas burner"]]},
        {"id": "no", "text": "thanks a lot"},
    )
    report = check(pottery, open_current(pottery, embedder=embedder), own)
    shares = report.shares()
    assert shares["own en"]["n"] == 2
    assert shares["own-declined en"] == {"n": 1, "answered": 0.0, "wrong": 0.0, "declined": 1.0}
    assert shares["faq en"] == {"n": 1, "answered": 1.0, "wrong": 0.0, "declined": 0.0}
    assert shares["faq zh"]["answered"] == 1.0
    assert shares["talk zh"]["declined"] > 0.8
    assert shares["foreign en"]["declined"] > 0.5
    outcomes = {one.question.id: (one.outcome, one.right) for one in report.judged if one.question.id}
    assert outcomes == {"lever": ("answered", True), "wrong": ("wrong", False), "no": ("declined", True)}
    assert report.untitled == ("pottery/notes.txt",)
    assert report.pages == 3
    text = describe(report)
    assert "1 of your own questions went wrong" in text
    assert "Not judged: what is then written" in text
    assert "pottery/notes.txt" in text
    assert json.loads(json.dumps(report.to_json()))["mistakes"]


def test_a_page_that_one_of_its_headings_finds_is_not_counted_as_lost(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = tmp_path / "pottery"
    docs.mkdir()
    (docs / "kiln.md").write_text(KILN, "utf-8")
    (docs / "wheel.md").write_text(WHEEL, "utf-8")
    (docs / "kiln.zh.md").write_text(KILN.replace("winter", "the winter"), "utf-8")
    settings = settings_for(tmp_path, SourceSettings(path=docs))
    build(settings, embedder=embedder)
    searcher = open_current(settings, embedder=embedder)
    monkeypatch.setattr("index.check.check.unreached", lambda made: ["pottery/kiln.md", "pottery/wheel.md"])
    assert check(settings, searcher).unreached == (), "its headings find it as they stand, or its copy"
    monkeypatch.setattr("index.check.judge.Judge.found", lambda self, asked, most: [()] * len(asked))
    assert check(settings, searcher).unreached == ("pottery/kiln.md", "pottery/wheel.md")


def test_what_names_a_thing_of_the_documents_is_no_foreign_question() -> None:
    def asked(**held: int) -> set[str]:
        return {one.text for one in foreign(200, lambda term: held.get(term, 0)) if one.kind == "foreign"}

    everything = asked()
    assert "prometheus alert rule syntax" in everything
    assert "prometheus alert rule syntax" not in asked(prometheus=3), "a name that general text does not know"
    assert "prometheus alert rule syntax" in asked(prometheus=2)
    assert "how to undo the last git commit" not in asked(git=9), "a rare word of many passages"
    assert "how to undo the last git commit" in asked(how=200, last=50)


def test_a_report_on_chinese_documents_is_chinese_and_numbers_one_thing_as_one(
    tmp_path: Path, embedder: Embedder
) -> None:
    docs = tmp_path / "陶艺"
    docs.mkdir()
    (docs / "kiln.md").write_text("# 窑炉\n\n## 怎么预热窑炉？\n\n把铜把手扳到左边，等绿灯亮。\n", "utf-8")
    (docs / "clay.txt").write_text("陶土放在地窖里，用湿布盖好，不要受冻。", "utf-8")
    settings = settings_for(tmp_path, SourceSettings(path=docs))
    build(settings, embedder=embedder)
    text = describe(check(settings, open_current(settings, embedder=embedder)))
    assert "共 2 个页面" in text
    assert "有 1 个页面没有标题" in text
    english = {"groups": {"default": {"language": "en"}}}
    report = check(
        Settings(**{**settings.model_dump(), **english}), open_current(settings, embedder=embedder)
    )
    assert "1 page has no title" in describe(report)


def test_badges_and_tables_state_nothing() -> None:
    first = "See [model | 37.4 | config of the detector that was trained] for what it takes to run.\n"
    pages = [chunk_of("a.md", first), chunk_of("b.md", first.replace("37.4", "12.1"))]
    assert contradictions(pages) == []
    told = "The upper chamber of the kiln is fired at 1050 degrees for nine hours."
    assert len(contradictions([chunk_of("a.md", told), chunk_of("b.md", told.replace("1050", "960"))])) == 1


def test_a_statement_is_not_cut_at_a_dot_inside_an_address() -> None:
    told = (
        "Requests from private networks such as `10.0.0.0` are let in without a further check. Others wait."
    )
    [found] = contradictions([chunk_of("a.md", told), chunk_of("b.md", told.replace("10.0", "192.168"))])
    assert found.says == told.removesuffix(" Others wait.")


def chunk_of(path: str, text: str) -> Chunk:
    return Chunk(path, "pottery", path, path, (path,), "", text, "", "en", 0.0, 0)


def test_a_build_says_which_answers_got_worse_before_it_publishes(
    pottery: Settings, embedder: Embedder, tmp_path: Path
) -> None:
    own = rows(
        tmp_path / "own.jsonl",
        {"text": "how to warm up the kiln", "facts": [["brass lever"]]},
        {"text": "how do I clean the wheel", "facts": ["sponge"], "relevant": ["pottery/wheel.md"]},
    )
    first = open_current(pottery, embedder=embedder)
    assert describe(check(pottery, first, own)).endswith("each build says which answers got worse")
    kiln = tmp_path / "pottery" / "kiln.md"
    kiln.write_text(KILN.replace("Turn the brass lever to the left", "Ask the caretaker"), "utf-8")
    moments: list[tuple[str, int, int]] = []
    in_use: list[str] = []

    def seen(stage: str, done: int, total: int) -> None:
        moments.append((stage, done, total))
        if stage == "compared":
            in_use.append(open_current(pottery, embedder=embedder).version)

    report = build(pottery, embedder=embedder, progress=seen)
    assert report.compared == 2
    assert report.worse == ("how to warm up the kiln",)
    assert report.better == ()
    assert ("compared", 1, 2) in moments
    assert in_use == [first.version]
    assert "1 of 2 own questions got worse" in describe_build(report, "redis://")
    assert check(pottery, open_current(pottery, embedder=embedder)).shares()["own en"]["wrong"] == 0.5


def test_a_page_that_no_source_has_is_named(pottery: Settings, embedder: Embedder, tmp_path: Path) -> None:
    own = rows(
        tmp_path / "own.jsonl",
        {
            "text": "how do I clean the wheel",
            "facts": ["sponge"],
            "relevant": ["wheel.md", "pottery/oven.md"],
        },
    )
    report = check(pottery, open_current(pottery, embedder=embedder), own)
    assert report.absent == ("pottery/oven.md",)
    assert "not in the index: look at its path in `relevant`\n  pottery/oven.md" in describe(report)


def test_damaged_questions_do_not_keep_new_documents_from_members(
    pottery: Settings, embedder: Embedder, tmp_path: Path
) -> None:
    own = rows(tmp_path / "own.jsonl", {"text": "how to warm up the kiln", "facts": [["brass lever"]]})
    check(pottery, open_current(pottery, embedder=embedder), own)
    file_of(pottery).write_text('{"text": "how to', "utf-8")
    report = build(pottery, embedder=embedder, force=True)
    assert report.published
    assert [f"{file_of(pottery)}:1" in note for note in report.notes] == [True]
    assert "give them again: check --questions FILE" in describe_build(report, "redis://")


def test_whole_answers_are_judged_by_a_named_function(pottery: Settings, embedder: Embedder) -> None:
    searcher = open_current(pottery, embedder=embedder)
    report = check(pottery, searcher, answers="tests.test_check.answer_of_kiln")
    shares = report.shares()
    assert shares["faq en"]["answered"] == 1.0
    assert shares["foreign en"]["declined"] == 1.0
    assert shares["faq zh"]["declined"] == 1.0
    assert "judged: whole answers" in describe(report)
    found = {one.question.text: one.found for one in report.judged}
    assert found["How do I warm up the kiln?"] == ("pottery/kiln.md",), "named with its source"
    assert report.to_json()["judged"] == "whole answers"
    with pytest.raises(ConfigError, match="name a function"):
        answering_by("tests.test_check.nobody")


CITED = {"source": "pottery", "path": "kiln.md", "url": ""}


def answer_of_kiln(text: str, settings: Settings) -> dict[str, Any]:
    found = "kiln" in text and "warm" in text
    outcome = "answered" if found else "not_found"
    return {"outcome": outcome, "answer": "left", "sources": [CITED] if found else []}


def pages(**texts: str) -> list[Chunk]:
    documents = [Document("d", f"{name}.md", name, text, "", "en", 0.0, name) for name, text in texts.items()]
    return [chunk for document in documents for chunk in split(document)]


def test_pages_that_say_the_same_and_pages_that_differ_in_a_number() -> None:
    long = (
        "The intake valve is opened by hand after the second signal and closed when the drum is full again."
    )
    chunks = pages(
        a=f"# A\n\n{long}\n\nThe annual limit for chairs is 400 euros a person.",
        b=f"# B\n\n{long}\n\nThe annual limit for chairs is 400 euros a person.",
        c="# C\n\nThe annual limit for chairs is 250 euros a person. See version 2.0 of the list.",
        d="# D\n\nSomething else is said here, in version 3.0 of the list.",
    )
    assert [(one.page, one.other) for one in duplicates(chunks)] == [("d/a.md", "d/b.md")]
    assert [(one.page, one.other_says) for one in contradictions(chunks)] == [
        ("d/a.md", "The annual limit for chairs is 250 euros a person.")
    ]
    assert untitled(pages(plain="No heading here.")) == ["d/plain.md"]


def test_copies_of_one_page_in_two_languages_are_no_duplicates() -> None:
    code = "```bash\nmake everything --with all --the flags --that stand in both languages --alike\n```"
    chunks = [
        chunk
        for path in ("en/setup.md", "zh/setup.md")
        for chunk in split(Document("d", path, "Setup", f"# Setup\n\n{code}", "", "en", 0.0, path))
    ]
    assert duplicates(chunks) == []


def test_questions_are_made_of_headings_but_do_not_repeat_them() -> None:
    asked = of_documents(pages(kiln=KILN, wheel=WHEEL))
    assert {question.kind for question in asked} == {"faq", "heading"}
    assert "How do I warm up the kiln?" in {question.text for question in asked}
    assert shortened("Glazing temperature of stoneware pots") == "Glazing temperature stoneware pots"
    assert shortened("Setup") == "Setup"
    assert all(not question.answerable for question in foreign())


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"text": ""}', "rows.jsonl:1: text: must be the question"),
        ('{"text": 3}', "rows.jsonl:1: text: must be the question"),
        ('{"question": [], "facts": ["a"]}', "rows.jsonl:1: question: must be the question"),
        ('{"facts": []}', "text: is missing; a row is such as {"),
        ('{"text": "a", "facts": [["("]]}', "facts[0]: '(' is no regular expression"),
        ('{"text": "a", "facts": "b"}', "facts: needs a list, such as ["),
        ('{"text": "a", "facts": {"b": 1}}', "facts: needs a list, such as ["),
        ('{"text": "a", "facts": ["b", []]}', "facts[1]: must be a text that is not empty"),
        ('{"text": "a", "facts": [["b", 4]]}', "facts[0]: must be a text that is not empty"),
        ('{"text": "a", "relevant": "a.md"}', 'relevant: needs a list of paths, such as ["login.md"]'),
        ('{"text": "a", "relevant": [null]}', 'relevant: needs a list of paths, such as ["login.md"]'),
        ('{"text": "a", "fact": ["b"]}', "fact: no such field; did you mean facts?"),
        ('{"text": "a", "Relevent": ["b"]}', "Relevent: no such field; did you mean relevant?"),
        ('{"text": "a", "label": 1}', "label: is 1, but neither facts nor relevant says"),
        ('{"text": "a", "id": ["b"]}', "id: must be a text or a whole number"),
        ("[]", "rows.jsonl:1: must be a JSON object with id, text"),
        ("{", "rows.jsonl:1: not JSON"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(line + "\n", "utf-8")
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        read(file)


def test_a_row_may_hold_what_other_tools_read(tmp_path: Path) -> None:
    row = {"text": "a", "facts": ["b", ["c", "d"]], "label": 1, "kind": "good", "set": "x", "lang": "en"}
    [one] = read(rows(tmp_path / "rows.jsonl", row))
    assert (one.text, one.facts, one.pages) == ("a", (("b",), ("c", "d")), ())


def test_the_command(pottery: Settings, tmp_path: Path) -> None:
    from index.__main__ import app

    config = tmp_path / "config.yaml"
    config.write_text(
        json.dumps({"index": {"dir": str(pottery.index.dir), "gate": {"questions": []}}}), "utf-8"
    )
    done = CliRunner().invoke(app, ["check", "--json", "--config", str(config)])
    assert done.exit_code == 0, done.output
    assert {"outcomes", "mistakes", "unreached", "duplicates", "contradictions", "untitled"} <= set(
        json.loads(done.stdout)
    )


def test_half_a_character_in_ones_own_row_is_read_as_a_replaced_one(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "\\ud800 lone \\ud83d\\ude00", "relevant": ["\\udc00.md"]}', "utf-8")
    (question,) = read(file)
    assert (question.text, question.pages) == ("\ufffd lone \U0001f600", ("\ufffd.md",))
