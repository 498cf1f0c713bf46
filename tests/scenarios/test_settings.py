"""An admin changes how the bot behaves in a group from the chat, and it holds at once."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pytest

from bot import audit, trace
from tests.house import House, until, words

GROUP = "oc_workshop"


@pytest.fixture(autouse=True)
def _as_the_file_says(house: House) -> Iterator[None]:
    house.redis.delete("fennel:chosen")
    yield
    house.redis.delete("fennel:chosen")
    until(lambda: not house.settings.quiet_until(GROUP))


def told(house: House, text: str, user: str = "ou_admin") -> str:
    return html.unescape(house.command(text, user=user, chat=GROUP))


@pytest.mark.slow
def test_everybody_sees_what_holds_and_an_admin_changes_it(house: House) -> None:
    assert "when mentioned" in told(house, "/settings", user="ou_alice")
    assert "admins" in told(house, "/settings mention off", user="ou_alice").lower()
    assert house.settings.group(GROUP).reply_to == "mention"

    shown = told(house, "/settings mention off")
    assert "without a mention" in shown
    assert "chosen from chat" in shown
    until(lambda: house.settings.group(GROUP).reply_to == "all")
    assert house.settings.group("oc_demo").reply_to == "mention", "another group's is its own"
    unasked = house.feishu.say(user="ou_bob", text="How do I revoke a Harbor access token?", chat=GROUP)
    assert "harbor token revoke" in words(house.card(unasked))

    assert "when mentioned" in told(house, "/settings reset mention")
    until(lambda: house.settings.group(GROUP).reply_to == "mention")
    done = [(one["action"], one["by"], one["subject"]) for one in audit.newest(house.redis, 10)]
    assert ("settings", "ou_admin", "reply_to:all") in done
    assert ("settings", "ou_admin", "reset:reply_to") in done


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("/settings language zh", "language", "zh"),
        ("/设置 语言 英文", "language", "en"),
        ("/settings point eager", "point", "eager"),
        ("/设置 积极程度 积极", "point", "eager"),
        ("/设置 何时回答 所有", "reply_to", "all"),
        ("/settings experts ou_expert ou_bob", "experts", ("ou_expert", "ou_bob")),
        ("/设置 专家 无", "experts", ()),
    ],
)
def test_each_setting_is_changed_in_either_language(
    house: House, text: str, name: str, value: object
) -> None:
    told(house, text)
    until(lambda: getattr(house.settings.group(GROUP), name) == value)


def test_work_time_is_changed_and_taken_back(house: House) -> None:
    assert "09:30–18:00 (1, 2, 3, 4, 5" in told(house, "/settings hours 9:30-18:00 1-5")
    until(lambda: house.settings.group(GROUP).work_time is not None)
    told(house, "/settings hours off")
    until(lambda: house.settings.group(GROUP).work_time is None)


@pytest.mark.parametrize(
    "wrong",
    ["mention maybe", "hours 25:99-3", "point loud", "admins ou_alice", "experts", "quiet soon", "reset x"],
)
def test_what_cannot_be_is_refused_with_how_to_say_it(house: House, wrong: str) -> None:
    assert "/settings mention on|off" in told(house, f"/settings {wrong}")
    assert house.redis.hget("fennel:chosen", GROUP) is None


@pytest.mark.slow
def test_quiet_for_an_hour_means_nobody_but_commands(house: House) -> None:
    assert "Quiet until" in told(house, "/settings quiet 1h")
    until(lambda: house.settings.quiet_until(GROUP) > 0)
    asked = house.ask("How do I install Harbor?", chat=GROUP)
    until(lambda: trace.reason_ignored(house.redis, asked) == "quiet")
    assert "Quiet until" in told(house, "/settings")
    told(house, "/settings quiet off")
    until(lambda: house.settings.quiet_until(GROUP) == 0)
    assert "pip install" in words(house.card(house.ask("How do I install Harbor?", chat=GROUP)))
