"""`python -m bot ask`: one question or a file of them, and what a file must look like."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.config.settings import load_settings
from bot.errors import ConfigError
from index.build.build import build
from worker.process.ask import Row, read_batch

PAGE = """# Coffee machine

## Cleaning

Clean the brew group every 14 days: take it out, rinse it under warm water and let it dry for one hour.

## Error E05

The grinder is blocked. Switch the machine off, empty the bean hopper and remove the blocked bean.
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ask")
    (folder / "pages").mkdir()
    (folder / "pages" / "coffee.md").write_text(PAGE, "utf-8")
    file = folder / "config.yaml"
    sources = json.dumps([{"path": str(folder / "pages")}])
    file.write_text(f"index: {{dir: {folder / 'index'}, sources: {sources}}}\nllm: {{engine: extractive}}\n")
    build(load_settings(file))
    return file


@pytest.mark.slow
def test_a_batch_answers_every_row_in_order_and_says_the_outcome(config: Path) -> None:
    rows = [
        {"id": "a", "text": "How do I clean the brew group?"},
        {"id": 7, "text": "good morning all", "mentioned": False},
    ]
    batch = config.with_name("batch.jsonl")
    batch.write_text("\n\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    ran = CliRunner().invoke(app, ["ask", "--batch", str(batch), "--json", "--config", str(config)])
    assert ran.exit_code == 0, ran.output
    first, second = map(json.loads, ran.stdout.splitlines())
    assert (first["id"], first["decision"], first["outcome"]) == ("a", "answer", "answered")
    assert "warm water" in first["answer"]
    assert first["sources"][0]["path"] == "coffee.md"
    assert (second["id"], second["decision"], second["outcome"]) == ("7", "decline", "declined")


@pytest.mark.slow
def test_one_question_says_its_outcome_too(config: Path) -> None:
    ran = CliRunner().invoke(app, ["ask", "error E05 on the machine", "--json", "--config", str(config)])
    assert json.loads(ran.stdout)["outcome"] == "answered"


@pytest.mark.slow
def test_a_page_is_named_with_its_source_where_there_are_several(config: Path, tmp_path: Path) -> None:
    (tmp_path / "tea").mkdir()
    (tmp_path / "tea" / "tea.md").write_text("# Tea\n\nGreen tea draws for two minutes.\n", "utf-8")
    sources = [{"path": str(config.with_name("pages")), "name": "kitchen"}, {"path": str(tmp_path / "tea")}]
    file = tmp_path / "config.yaml"
    file.write_text(
        f"index: {{dir: {tmp_path / 'index'}, sources: {json.dumps(sources)}}}\nllm: {{engine: extractive}}\n"
    )
    build(load_settings(file))
    question = "error E05 on the machine"
    several = CliRunner().invoke(app, ["ask", question, "--config", str(file)]).stdout
    assert "[1] kitchen: Coffee machine > Error E05  coffee.md" in several
    one = CliRunner().invoke(app, ["ask", question, "--config", str(config)]).stdout
    assert "[1] Coffee machine > Error E05  coffee.md" in one
    told = CliRunner().invoke(app, ["ask", question, "--json", "--config", str(file)]).stdout
    assert json.loads(told)["sources"][0]["source"] == "kitchen"


def test_a_question_and_a_batch_at_once_are_refused() -> None:
    assert CliRunner().invoke(app, ["ask", "what?", "--batch", "rows.jsonl"]).exit_code == 2
    assert CliRunner().invoke(app, ["ask"]).exit_code == 2


@pytest.mark.parametrize("text", ["   ", "？？!", "\u200b\u3164"], ids=["blanks", "marks", "unseen"])
def test_a_question_without_words_is_refused(text: str) -> None:
    ran = CliRunner().invoke(app, ["ask", text])
    assert ran.exit_code == 2
    assert "holds no words" in " ".join(ran.output.split())


def test_a_row_without_words_is_left_alone_as_in_a_group(config: Path) -> None:
    batch = config.with_name("marks.jsonl")
    rows = [{"id": "a", "text": "？？"}, {"id": "b", "text": "…", "mentioned": False}]
    batch.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    ran = CliRunner().invoke(app, ["ask", "--batch", str(batch), "--json", "--config", str(config)])
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(one["outcome"], one["answer"]) for one in told] == [("ignored", "")] * 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("how are you", "line 1: not JSON"),
        ("[1]", "line 1: expected an object"),
        ('{"id": "a"}', "line 1: text must be a question, not null"),
        ('{"id": "a", "text": "  "}', "line 1: text must be"),
        ('{"text": "what?"}', "line 1: id must be"),
        ('{"id": true, "text": "what?"}', "line 1: id must be"),
        ('{"id": "a", "text": "what?", "mentioned": "no"}', "line 1: mentioned must be true or false"),
        ('{"id": "a", "text": "what?", "mentionned": false}', "line 1: mentionned: no such field; did you"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(line, "utf-8")
    with pytest.raises(ConfigError, match=said):
        read_batch(file)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_batch(tmp_path / "absent.jsonl")
    with pytest.raises(ConfigError, match="a folder"):
        read_batch(tmp_path)
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_batch(file)


def test_rows_that_another_command_writes_are_read(tmp_path: Path) -> None:
    pipe = tmp_path / "rows"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=('{"id": "a", "text": "what?"}',))
    writer.start()
    assert read_batch(pipe) == [Row("a", "what?")]
    writer.join()


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "a", "text": "what?"}', "utf-8-sig")
    assert read_batch(file) == [Row("a", "what?")]


def test_thanks_and_greetings_get_what_a_group_would_give(config: Path) -> None:
    rows = [
        {"id": "thanks", "text": "thanks!"},
        {"id": "hello", "text": "大家早上好"},
        {"id": "both", "text": "thank you, and how do I clean the brew group?"},
    ]
    batch = config.with_name("manners.jsonl")
    batch.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    ran = CliRunner().invoke(app, ["ask", "--batch", str(batch), "--json", "--config", str(config)])
    assert ran.exit_code == 0, ran.output
    thanks, hello, both = map(json.loads, ran.stdout.splitlines())
    assert (thanks["decision"], thanks["outcome"], thanks["answer"]) == ("decline", "thanked", "👍")
    assert (hello["decision"], hello["outcome"], hello["sources"]) == ("decline", "greeted", [])
    assert hello["answer"].startswith("你好")
    assert "1" in hello["answer"], "it says how many documents it knows"
    assert (both["outcome"], both["sources"][0]["path"]) == ("answered", "coffee.md")
    alone = CliRunner().invoke(app, ["ask", "thanks", "--config", str(config)])
    assert "thanked" in alone.stdout


def test_half_a_character_in_a_row_or_on_the_command_line_is_asked_as_a_replaced_one(config: Path) -> None:
    batch = config.with_name("halves.jsonl")
    batch.write_text('{"id": "\\udc80", "text": "\\ud800 error E05 on the machine"}\n', "utf-8")
    rows = CliRunner().invoke(app, ["ask", "--batch", str(batch), "--json", "--config", str(config)])
    assert rows.exit_code == 0, rows.output
    row = json.loads(rows.stdout)
    assert (row["id"], row["outcome"], row["trace"]["question"][0]) == ("\ufffd", "answered", "\ufffd")
    typed = ["ask", "\udcff error E05 on the machine", "--json", "--config", str(config)]
    assert json.loads(CliRunner().invoke(app, typed).stdout)["outcome"] == "answered"
