"""A backup rehearsed: everything is lost, brought back, and the bot goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from typer.testing import CliRunner

from bot.__main__ import app
from bot.supervisor.redis_server import RedisServer
from index.gate.model import GateStore
from tests.house import House, until, words

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


def run(file: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--config", str(file)])
    assert done.exit_code == 0, done.output
    return done.output


def test_all_is_lost_and_brought_back(
    server: RedisServer, tmp_path: Path, index: Path, documents: Path
) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"id": "1", "text": "how", "label": 1}\n', "utf-8")
    faq = tmp_path / "faq.csv"
    faq.write_text("question,answer\nHow?,So.\n", "utf-8")
    own = tmp_path / "own"
    (own / "gate").mkdir(parents=True)
    (own / "gate" / "CURRENT").write_text("20260101", "utf-8")
    file = tmp_path / "config.yaml"
    settings = {
        "redis": {"url": server.url},
        "index": {"dir": str(own), "gate": {"questions": [str(labels)]}, "sources": [{"qa": str(faq)}]},
    }
    file.write_text(json.dumps(settings), "utf-8")
    folder = tmp_path / "backup"
    with House(server.url, index, documents) as house:
        asked = house.ask("怎么清空 Harbor 的缓存？")
        card = house.card(asked)
        house.command("/good", user="ou_admin", reply_to=asked)
        house.quiet()
        before = {key: house.redis.dump(key) for key in (f"fennel:answer:{asked}", "fennel:examples")}
        run(file, "backup", str(folder))
        assert folder.stat().st_mode & 0o077 == 0
        assert (folder / "redis.jsonl").stat().st_mode & 0o077 == 0

        house.redis.flushall()
        for lost in (labels, faq, own / "gate" / "CURRENT"):
            lost.unlink()
        run(file, "restore", str(folder), "--over")
        assert {key: house.redis.dump(key) for key in before} == before
        assert labels.exists()
        assert faq.exists()
        assert GateStore(own).current_name() == "20260101"
        until(lambda: house.redis.exists("fennel:bot:open_id"))
        house.feishu.push(asked)
        house.quiet()
        assert len([one for one in house.feishu.cards(asked) if "harbor cache" in words(one)]) == 1
        house.feishu.click(card.message_id, "👍 有帮助", "ou_alice")
        until(lambda: house.redis.exists(f"fennel:feedback:{asked}"))


def test_a_redis_in_use_is_not_written_over_and_a_damaged_backup_is_named(
    server: RedisServer, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        json.dumps({"redis": {"url": server.url}, "index": {"dir": str(tmp_path / "i")}}), "utf-8"
    )
    folder = tmp_path / "backup"
    with Redis.from_url(server.url) as redis:
        redis.set("fennel:sequence", 5)
        redis.set("fennel:token:cli_1", "t-secret")
        run(file, "backup", str(folder))
        assert "t-secret" not in (folder / "redis.jsonl").read_text("utf-8")
        refused = CliRunner().invoke(app, ["restore", str(folder), "--config", str(file)])
        assert refused.exit_code != 0
        redis.flushall()
        (folder / "redis.jsonl").write_text("{nonsense\n", "utf-8")
        damaged = CliRunner().invoke(app, ["restore", str(folder), "--config", str(file)])
        assert damaged.exit_code != 0
        assert "redis.jsonl:1" in str(damaged.exception)
    again = CliRunner().invoke(app, ["backup", str(folder), "--config", str(file)])
    assert "not empty" in str(again.exception)
