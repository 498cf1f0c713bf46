"""Who may do what: admin commands everywhere and in one group, and the audit log of what admins did."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import audit
from bot.__main__ import app
from bot.cards.presses import Press
from bot.events.chat_commands import ADMIN_COMMANDS
from bot.events.events import CardPress
from bot.redis_keys import AUDIT
from bot.supervisor.redis_server import RedisServer, free_port
from index.search.versions import Versions
from tests.house import House, until
from worker.jobs.pressing import Presses

OWN, OTHER = "oc_own", "oc_other"


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    """A bot whose `ou_head` is an admin of one group alone."""
    groups = {OWN: {"admins": ["ou_head"]}}
    with House(server.url, index, documents, settings={"groups": groups}) as house:
        for chat in (OWN, OTHER):
            house.feishu.add_chat(chat, members=("ou_alice", "ou_head", "ou_admin"))
        yield house


@pytest.fixture(autouse=True)
def _empty_log(house: House) -> None:
    house.redis.delete(AUDIT.name)


def entries(house: House) -> list[tuple[object, ...]]:
    house.quiet()
    return [
        (entry["action"], entry["by"], entry["chat_id"], entry["subject"])
        for entry in audit.newest(house.redis, 9)
    ]


def test_only_admins_and_only_where_they_are_admins(house: House) -> None:
    for user, chat in (("ou_alice", OWN), ("ou_head", OTHER)):
        assert "只有管理员" in house.command("/版本", user=user, chat=chat)
    assert entries(house) == []
    for user, chat in (("ou_head", OWN), ("ou_admin", OTHER)):
        assert "只有管理员" not in house.command("/版本", user=user, chat=chat)
    assert entries(house) == [("versions", "ou_admin", OTHER, ""), ("versions", "ou_head", OWN, "")]


def test_every_admin_action_leaves_a_line_and_no_line_holds_words(house: House) -> None:
    asked = house.ask("怎么安装 Harbor？", chat=OWN)
    house.card(asked)
    house.command("/bad 他说的是别的产品", user="ou_head", chat=OWN, reply_to=asked)
    house.command("/rollback no-such-version", user="ou_admin", chat=OWN, reply_to=asked)
    house.command("/why", user="ou_head", chat=OWN, reply_to=asked)
    assert entries(house) == [
        ("why", "ou_head", OWN, asked),
        ("rollback", "ou_admin", OWN, "no-such-version"),
        ("bad", "ou_head", OWN, ""),
    ]
    assert {entry["ended"] for entry in audit.newest(house.redis, 9)} == {"done"}


@pytest.mark.parametrize("command", sorted(ADMIN_COMMANDS))
def test_each_admin_command_leaves_a_line_and_nobody_else_may_give_it(house: House, command: str) -> None:
    words_of_the_chat = "hunter2 说的"
    refused = house.command(f"/{command} {words_of_the_chat}", user="ou_alice", chat=OWN)
    assert "只有管理员" in refused
    assert entries(house) == []
    house.command(f"/{command} {words_of_the_chat}", user="ou_admin", chat=OWN)
    [(action, by, chat, subject)] = entries(house)
    assert (action, by, chat) == (command, "ou_admin", OWN)
    assert "hunter2" not in str(subject)
    assert "hunter2" not in str(house.redis.lrange(AUDIT.name, 0, -1))


@pytest.mark.parametrize("command", ["/回滚", "/重建索引", "/失败 retry"])
def test_what_all_groups_share_needs_an_admin_of_all(house: House, command: str) -> None:
    current = Versions(house.settings.index.dir).current()
    assert "全局管理员" in house.command(command, user="ou_head", chat=OWN)
    house.quiet()
    assert entries(house) == []
    assert Versions(house.settings.index.dir).current() == current
    assert not house.redis.keys("rq:queue:index")


def test_an_action_that_fails_says_so_in_the_log(house: House) -> None:
    with (
        pytest.raises(RuntimeError),
        audit.recorded(house.redis, "rollback", by="ou_admin", chat_id=OWN, subject="v1"),
    ):
        raise RuntimeError("a bug")
    [entry] = audit.newest(house.redis, 9)
    assert entry["ended"] == "RuntimeError"


@pytest.fixture
def older(index: Path) -> Iterator[str]:
    """A version that a former release wrote; this one cannot read its format."""
    folder = index / "versions" / "20200101T000000"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"format": 0}', encoding="utf-8")
    yield folder.name
    shutil.rmtree(folder)


def test_versions_of_another_release_are_left_out_and_not_gone_back_to(house: House, older: str) -> None:
    current = Versions(house.settings.index.dir).current()
    listed = house.command("/versions", user="ou_admin", chat=OWN)
    assert current in listed
    assert older not in listed
    refused = house.command(f"/rollback {older}", user="ou_admin", chat=OWN)
    assert "cannot read it; send /reindex" in refused or "这里读不了；发送 /reindex" in refused
    assert Versions(house.settings.index.dir).current() == current


def test_an_answer_is_taken_back_by_its_asker_or_an_admin_and_by_nobody_else(house: House) -> None:
    asked = house.ask("How do I install Harbor?", chat=OWN)
    card = house.card(asked)
    refused = house.command("/recall", user="ou_bob", chat=OWN, reply_to=asked)
    assert "Only the asker and admins" in refused
    house.ask("/recall", user="ou_head", chat=OWN, reply_to=asked)
    until(lambda: card.message_id not in [left.message_id for left in house.feishu.cards(asked)])
    assert entries(house) == [("recall", "ou_head", OWN, asked)]


def test_a_forwarded_card_gives_no_power_to_another_groups_admin(house: House) -> None:
    """Feishu says in which chat a button was pressed; what counts is where the question was asked."""
    asked = house.ask("How do I install Harbor?", chat=OTHER)
    card = house.card(asked)
    assert house.process is not None
    assert house.process.signer is not None
    value = house.process.signer.sign(Press.RECALL, asked, "ou_alice")
    press = CardPress("e1", "ou_head", card.message_id, OWN, "c-1", value, {}, "", "button")
    assert Presses(house.process).run(press, patience=1) == "refused"
    assert house.feishu.cards(asked)
    press = CardPress("e2", "ou_admin", card.message_id, OTHER, "c-1", value, {}, "", "button")
    assert Presses(house.process).run(press, patience=1) == "recalled"
    assert entries(house) == [("recall", "ou_admin", OTHER, asked)]


def test_the_log_is_read_from_the_command_line(
    house: House, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.command("/versions", user="ou_admin", chat=OTHER)
    monkeypatch.setenv("FENNEL_REDIS__URL", server.url)
    printed = CliRunner().invoke(app, ["audit"]).stdout
    assert "versions" in printed
    assert f"ou_admin {OTHER}" in printed
    monkeypatch.setenv("FENNEL_REDIS__URL", f"redis://127.0.0.1:{free_port()}/0")
    assert "is Redis running" in str(CliRunner().invoke(app, ["audit"]).exception)


@pytest.mark.slow
def test_ten_admins_of_ten_groups_each_rule_their_own_and_nothing_that_all_share(
    server: RedisServer, index: Path, documents: Path
) -> None:
    groups = {f"oc_{n}": {"admins": [f"ou_head{n}", f"ou_deputy{n}"]} for n in range(10)}
    heads = tuple(f"ou_head{n}" for n in range(10))
    with House(server.url, index, documents, settings={"groups": groups}) as house:
        for chat in groups:
            house.feishu.add_chat(chat, members=heads)
        current = Versions(house.settings.index.dir).current()
        for number in range(10):
            own, next_one = f"oc_{number}", f"oc_{(number + 1) % 10}"
            head = f"ou_head{number}"
            assert "只有管理员" not in house.command("/版本", user=head, chat=own)
            assert "只有管理员" in house.command("/版本", user=head, chat=next_one)
            for command in ("/回滚", "/重建索引", "/失败", "/失败 retry"):
                assert "全局管理员" in house.command(command, user=head, chat=own)
        assert Versions(house.settings.index.dir).current() == current
        assert not house.redis.keys("rq:queue:index")
        ruled = [entry for entry in audit.newest(house.redis, 99) if entry["action"] == "versions"]
        assert {(entry["by"], entry["chat_id"]) for entry in ruled} == {
            (f"ou_head{n}", f"oc_{n}") for n in range(10)
        }
