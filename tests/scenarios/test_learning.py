"""The bot learns from its group: what admins and members say of messages becomes labels for the gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot import trace
from bot.__main__ import app
from index.training.labels import learned
from simulator.local import DEMO_CHAT
from tests.house import House, until


@pytest.mark.slow
def test_an_admin_tells_good_from_bad_by_replying(house: House) -> None:
    asked, chat = house.ask("怎么安装 Harbor？"), house.ask("Harbor 这个名字真好听")
    house.card(asked)
    house.card(chat)
    assert "只有管理员" in house.command("/good", user="ou_user", reply_to=asked), "the chat's language"
    assert learned(house.redis) == []

    house.command("/good", user="ou_admin", reply_to=asked)
    house.command("/bad", user="ou_admin", reply_to=chat)
    labels = {example.text: (example.label, example.group) for example in learned(house.redis)}
    assert labels == {"怎么安装 Harbor？": (1, DEMO_CHAT), "Harbor 这个名字真好听": (0, DEMO_CHAT)}

    house.command("/bad", user="ou_admin", reply_to=asked)
    assert {example.label for example in learned(house.redis)} == {0}, "the last word counts"


def test_the_operator_sees_why_on_the_command_line(house: House, tmp_path: Path) -> None:
    asked = house.ask("How do I revoke an access token?")
    house.card(asked)
    settings = tmp_path / "config.yaml"
    settings.write_text(yaml.safe_dump({"redis": {"url": house.settings.redis.url}}), encoding="utf-8")
    settings.chmod(0o600)

    shown = CliRunner().invoke(app, ["explain", asked, "--config", str(settings)])
    assert shown.exit_code == 0, shown.output
    assert "en/tokens.md" in shown.stdout
    assert "threshold" in shown.stdout

    again = CliRunner().invoke(app, ["explain", asked, "--json", "--config", str(settings)])
    facts = json.loads(again.stdout)
    gate = facts["gate"]
    assert gate["verdict"] == "answer"
    assert gate["probability"] > gate["threshold"] > 0
    assert all({"feature", "value", "weight"} <= set(reason) for reason in gate["reasons"])


def test_a_message_that_the_bot_ignored_can_be_marked_too(house: House) -> None:
    ignored = house.feishu.say(user="ou_quinn", text="cache_max_gb 设多大合适")
    house.feishu.wait_for_push(ignored)
    until(lambda: trace.reason_ignored(house.redis, ignored) == "not_mentioned")
    given = house.ask("/good", user="ou_admin", reply_to=ignored)
    house.card(given)
    assert "cache_max_gb 设多大合适" in {example.text for example in learned(house.redis)}
