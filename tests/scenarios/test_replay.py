"""`python -m bot replay`: an index that another Redis was told of is served all the same; logs stay."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.config.settings import Settings
from bot.errors import ConfigError
from demo import replay

pytestmark = pytest.mark.slow


def test_a_recording_is_replayed_over_an_index_that_was_built_elsewhere(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch, forked_python: None
) -> None:
    chat = tmp_path / "chat.jsonl"
    rows = [
        {"id": "a", "text": "怎么清空 Harbor 的缓存？"},
        {"id": "b", "text": "好的", "mention": False},
        {"id": "c", "text": "Harbor 的缓存 " * 9_000, "user": "ou_bob"},
    ]
    chat.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    folder = tmp_path / "replay"
    monkeypatch.setattr(replay, "FOLDER", folder)
    monkeypatch.chdir(tmp_path)  # whoever runs it stands in no checkout of Fennel
    monkeypatch.setenv("PYTHONPATH", str(Path(replay.__file__).parents[1]))
    monkeypatch.setenv("FENNEL_LLM__ENGINE", "extractive")
    settings = Settings(index={"dir": index})  # type: ignore[arg-type]
    asked, chatted, long = replay.replay(replay.read(chat), settings)
    assert (asked.decision, asked.outcome, asked.cards) == ("answer", "answered", 1)
    assert (chatted.decision, chatted.cards) == ("", 0)
    assert long.outcome == "failed"
    assert long.reason.startswith("QuestionTooLong: ")
    assert "worker_started" in (folder / "worker.log").read_text("utf-8"), "the logs are where errors say"


def test_a_chat_is_said_in_its_order_and_each_reads_the_answer_before_the_next_question(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch, forked_python: None
) -> None:
    chat = tmp_path / "chat.jsonl"
    rows = [
        {"id": "1", "text": "Harbor 的缓存大小怎么调？", "user": "李晓雯"},
        {"id": "2", "text": "How do I install Harbor?", "user": "Bob Chen"},
        {"id": "3", "text": "那怎么清空呢？", "user": "李晓雯"},
        {"id": "4", "text": "谢谢", "user": "李晓雯"},
        {"id": "5", "text": "请问一下", "user": "ou_expert"},
        {"id": "6", "text": "怎么撤销 Harbor 的访问令牌？", "user": "ou_expert"},
    ]
    chat.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    monkeypatch.setattr(replay, "FOLDER", tmp_path / "replay")
    monkeypatch.setenv("FENNEL_LLM__ENGINE", "extractive")
    settings = Settings(index={"dir": index})  # type: ignore[arg-type]
    size, install, clear, thanks, announced, revoke = replay.replay(replay.read(chat), settings)
    assert (size.outcome, install.outcome, install.standalone) == ("answered", "answered", "")
    assert "缓存" in clear.standalone, "it goes on from what the same person asked, without a thread"
    assert "harbor cache clear" in clear.answer
    assert thanks.outcome == "thanked"
    assert announced.outcome == "joined", "it is a part of the next message"
    assert "harbor token revoke" in revoke.answer


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "chat.jsonl:1 is not JSON; give one a line"),
        ("[1]", "chat.jsonl:1 is not a JSON object; give one a line"),
        ('{"id": 1}', "chat.jsonl:1 text: needs a string"),
        ('{"text": 3}', "chat.jsonl:1 text: needs a string"),
        ('{"text": "x", "mention": "yes"}', "chat.jsonl:1 mention: needs true or false"),
        ('{"text": "x", "reply-to": "1"}', "chat.jsonl:1 reply-to: no such field; did you mean reply_to?"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_field(tmp_path: Path, line: str, said: str) -> None:
    chat = tmp_path / "chat.jsonl"
    chat.write_text(line, "utf-8")
    with pytest.raises(ConfigError, match=re.escape(said)):
        replay.read(chat)


def test_half_a_character_is_said_as_a_replaced_one(tmp_path: Path) -> None:
    chat = tmp_path / "chat.jsonl"
    chat.write_text('{"id": "\\ud801", "text": "\\ud800 lone", "user": "\\ud802"}', "utf-8")
    (row,) = replay.read(chat)
    assert (row.id, row.text) == ("\ufffd", "\ufffd lone")


def test_a_row_for_a_batch_says_mentioned(tmp_path: Path) -> None:
    chat = tmp_path / "chat.jsonl"
    chat.write_text('{"id": "1", "text": "hello", "mentioned": false, "kind": "chat"}', "utf-8")
    assert [row.mention for row in replay.read(chat)] == [False]


def test_what_was_not_found_is_not_counted_as_answered() -> None:
    def replayed(decision: str, outcome: str, label: int | None) -> replay.Replayed:
        return replay.Replayed("1", decision, outcome, "", "", "", [], 1, 0.5, 0, 0, label)

    figures = replay.summary(
        [
            replayed("answer", "answered", 1),
            replayed("answer", "partly", 1),
            replayed("answer", "web", None),
            replayed("answer", "not_found", 1),
            replayed("answer", "failed", 1),
            replayed("decline", "silent", 0),
        ]
    )
    assert (figures["answered"], figures["not_found"], figures["failed"]) == (3, 1, 1)
    assert (figures["declined"], figures["silent"], figures["messages"]) == (1, 1, 6)
    assert figures["agrees_with_label"] == 1.0, "a label says whether it is a question for these documents"
