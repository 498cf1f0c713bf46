"""What another release kept, or what was damaged, in Redis and on disk is read over and not stumbled upon."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.config.settings import SourceSettings
from bot.feishu.sent_record import Record, SentRecords, State
from bot.redis_keys import PAGE, ROBOTS, SENT
from index.build.build import build
from index.build.source_states import FILE, SourceState, note, states
from index.search.storage import read_manifest
from index.search.versions import Versions, open_current
from index.sources.load import SourceRead
from tests.index_files import WordEmbedder, settings_for
from worker.jobs import kept_answers
from worker.sources.kept import Kept
from worker.web.cache import WebCache

DEEP = "[" * 5_000
DAMAGED = ("5", "null", "[]", '"x"', "{", "{}", "[[]]", DEEP, "\x00", '{"state": 5, "answer": "x"}')


@pytest.mark.parametrize("value", DAMAGED)
def test_a_damaged_record_of_a_send_stands_for_none_and_hides_no_other(redis: Redis, value: str) -> None:
    records = SentRecords(redis)
    good = Record(State.OPEN, 5.0, "om_card", chat_id="oc_1")
    records.put("om_1", "answer", good)
    redis.hset(SENT.of("om_1"), "notice", value)
    assert records.get("om_1", "notice") is None
    assert records.sent("om_1") == {"answer": good}
    assert records.messages("om_1") == ["om_card"], "a recall still takes back what is there"
    records.reopen("om_1", "notice")


def test_a_state_that_only_a_later_release_knows_is_of_a_card_that_is_there(redis: Redis) -> None:
    kept = {"state": "archived", "started": 5.0, "message_id": "om_card", "shelf": 3}
    redis.hset(SENT.of("om_1"), "answer", json.dumps(kept))
    assert SentRecords(redis).get("om_1", "answer") == Record(State.OPEN, 5.0, "om_card")


@pytest.mark.parametrize("value", [*DAMAGED, '{"text": 5}', '{"url": "u", "fetched": "yesterday"}'])
def test_a_damaged_page_of_the_web_is_fetched_again(redis: Redis, value: str) -> None:
    for key in (PAGE.of("a"), ROBOTS.of("https://x")):
        redis.set(key, value)
        found = WebCache(redis).get(key)
        assert found is None or isinstance(found, dict)
    redis.set("fennel:answer:om_1", value)
    assert kept_answers.find(redis, "om_1") is None


def test_what_is_known_of_sources_outlives_a_release(tmp_path: Path) -> None:
    note(tmp_path, [SourceRead("a", "docs", fault="away")], {"a": 3})
    [row] = json.loads((tmp_path / FILE).read_text("utf-8"))
    odd: list[Any] = [
        {**row, "later": 1},
        5,
        {},
        {**row, "documents": "many"},
        {**row, "read_at": None},
        [row],
    ]
    (tmp_path / FILE).write_text(json.dumps(odd), "utf-8")
    assert states(tmp_path) == [SourceState("a", "docs", 3, 0.0, "away")]
    for damaged in ("5", "{", DEEP, "", '{"a": 1}'):
        (tmp_path / FILE).write_text(damaged, "utf-8")
        assert states(tmp_path) == []


def test_a_damaged_row_of_kept_pages_is_one_that_is_not_kept(tmp_path: Path) -> None:
    with Kept(tmp_path, "site") as kept:
        kept.put_object("good", "1", {"path": "a"})
        kept.put_object("bad", "1", {"path": "b"})
        kept.put_object("worse", "1", {"path": "c"})
    [file] = tmp_path.glob("asked-*.sqlite")
    with sqlite3.connect(file) as database:
        database.execute("UPDATE kept SET document = '{' WHERE key = 'bad'")
        database.execute("UPDATE kept SET document = ? WHERE key = 'worse'", (DEEP,))
    database.close()
    with Kept(tmp_path, "site") as kept:
        assert kept.find("bad") is None
    with Kept(tmp_path, "site") as kept:
        assert kept.find("worse") is None
        assert kept.forget_the_rest() == [{"path": "a"}]


@pytest.mark.slow
def test_a_version_with_a_field_of_a_later_release_is_served(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "a.md").write_text("# Harbor\n\nRun harbor serve.\n", "utf-8")
    settings = settings_for(tmp_path, SourceSettings(path=pages))
    build(settings, embedder=WordEmbedder())
    versions = Versions(settings.index.dir)
    folder = versions.path / str(versions.current())
    manifest = read_manifest(folder)
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**told, "later": {"a": 1}}), "utf-8")
    assert read_manifest(folder) == replace(manifest)
    assert open_current(settings, WordEmbedder()).search("harbor serve", 1)[0].chunk.path == "a.md"
