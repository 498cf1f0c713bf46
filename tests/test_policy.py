"""bot.events.policy and bot.events.chat_commands: who is answered, and what is a command."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.settings import AccessSettings, GroupSettings, Settings, WorkTime
from bot.events.chat_commands import Command, is_mistyped, parse
from bot.events.events import Mention, Message
from bot.events.policy import Handling, decide, is_open

BOT = "ou_bot"
ASKED = Message(
    message_id="om_1",
    chat_id="oc_1",
    chat_type="group",
    thread_id="",
    root_id="",
    parent_id="",
    sender_id="ou_asker",
    sender_type="user",
    message_type="text",
    text="@_user_1 how do I install it?",
    mentions=(Mention("@_user_1", BOT, "Fennel"),),
    mention_all=False,
    create_time=0,
    event_id="e",
)
UNASKED = replace(ASKED, text="how do I install it?", mentions=())
TO_TOM = replace(ASKED, mentions=(Mention("@_user_1", "ou_tom", "Fennel"),))
TO_ALL = replace(UNASKED, text="@_all how?", mention_all=True)
PRIVATE = replace(UNASKED, chat_type="p2p")


def verdict(message: Message, bot: str | None = BOT, **sections: Any) -> tuple[str, str, bool]:
    found = decide(message, Settings(**sections), bot)
    return found.action.value, found.reason, found.mentioned


def groups(**values: Any) -> dict[str, GroupSettings]:
    return {"oc_1": GroupSettings(**values)}


def test_mentions_are_answered_and_the_rest_is_not() -> None:
    assert verdict(ASKED) == ("answer", "mentioned", True)
    assert verdict(UNASKED) == ("ignore", "not_mentioned", False)
    assert verdict(PRIVATE) == ("answer", "private", True)


def test_a_namesake_of_the_bot_is_not_the_bot() -> None:
    assert verdict(TO_TOM) == ("ignore", "not_mentioned", False)


def test_everybody_is_not_the_bot_by_default() -> None:
    assert verdict(TO_ALL) == ("ignore", "mentions_all", False)
    assert verdict(TO_ALL, groups=groups(answer_mention_all=True)) == ("answer", "mentioned", True)


def test_a_group_may_have_every_message_read() -> None:
    every = groups(reply_to="all")
    assert verdict(UNASKED, groups=every) == ("answer", "all_messages", False)
    assert verdict(TO_TOM, groups=every) == ("ignore", "meant_for_others", False)
    assert verdict(UNASKED, groups={"default": GroupSettings(reply_to="all")})[0] == "answer"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (replace(ASKED, sender_type="bot"), "from_bot"),
        (replace(ASKED, sender_type="app"), "from_bot"),
        (replace(ASKED, sender_id=BOT), "from_bot"),
        (replace(ASKED, sender_id=""), "no_sender"),
        (replace(ASKED, message_type="image", text=""), "unreadable_type"),
        (replace(ASKED, text="@_user_1  "), "empty"),
        (replace(ASKED, text="@_user_1 ？？……"), "empty"),
        (replace(ASKED, text="@_user_1 \u200b\u2060\u3164\ufffd~"), "empty"),
        (replace(PRIVATE, text="!?"), "empty"),
    ],
)
def test_what_is_never_answered(message: Message, reason: str) -> None:
    assert verdict(message)[:2] == ("ignore", reason)


@pytest.mark.parametrize("text", ["👍", "7", "²", "ก", "[THUMBSUP]", "/帮助"])
def test_a_picture_or_one_sign_says_something(text: str) -> None:
    assert verdict(replace(ASKED, text=f"@_user_1 {text}"))[0] != "ignore"


def test_marks_alone_ask_about_the_message_they_reply_to() -> None:
    assert verdict(replace(ASKED, text="@_user_1 ??", parent_id="om_2"))[:2] == ("answer", "quoted")


def test_allow_and_deny_lists() -> None:
    assert verdict(ASKED, access=AccessSettings(deny_groups=("oc_1",)))[1] == "group_denied"
    assert verdict(ASKED, access=AccessSettings(deny_users=("ou_asker",)))[1] == "user_denied"
    assert verdict(ASKED, groups=groups(deny_users=("ou_asker",)))[1] == "user_denied"
    assert verdict(ASKED, access=AccessSettings(allow_groups=("oc_2",)))[1] == "group_not_allowed"
    assert verdict(ASKED, access=AccessSettings(allow_groups=("oc_1",)))[0] == "answer"
    assert verdict(PRIVATE, access=AccessSettings(allow_groups=("oc_2",)))[0] == "answer"
    assert verdict(PRIVATE, access=AccessSettings(allow_p2p=False))[1] == "private_chats_off"


def test_before_the_bot_knows_itself_mentions_cannot_be_judged() -> None:
    assert verdict(ASKED, None)[0] == "unknown_bot"
    assert verdict(UNASKED, None)[:2] == ("ignore", "not_mentioned")
    assert verdict(PRIVATE, None)[0] == "answer"


def test_commands_need_a_mention_and_keep_their_argument() -> None:
    found = decide(replace(ASKED, text="@_user_1 /reindex docs"), Settings(), BOT)
    assert found.action is Handling.COMMAND
    assert found.command == Command("reindex", "docs")
    assert verdict(replace(UNASKED, text="/reindex"))[0] == "ignore"
    closed = groups(work_time=WorkTime(start="00:00", end="00:01", weekdays=()))
    assert verdict(replace(ASKED, text="@_user_1 /status"), groups=closed)[0] == "command"


def test_hours() -> None:
    closed = groups(work_time=WorkTime(start="09:00", end="18:00", weekdays=(1, 2, 3, 4, 5)))
    assert verdict(replace(ASKED, create_time=at("2026-11-23 10:00")), groups=closed)[0] == "answer"
    assert verdict(replace(ASKED, create_time=at("2026-11-23 18:00")), groups=closed)[1] == "outside_hours"
    assert verdict(replace(ASKED, create_time=at("2026-11-22 10:00")), groups=closed)[1] == "outside_hours"


def at(clock: str) -> int:
    return int(datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


def test_hours_over_midnight_belong_to_the_day_they_began() -> None:
    friday_night = WorkTime(start="22:00", end="06:00", weekdays=(5,))
    assert is_open(friday_night, at("2026-11-27 23:00"))
    assert is_open(friday_night, at("2026-11-28 05:59"))
    assert not is_open(friday_night, at("2026-11-28 06:00"))
    assert not is_open(friday_night, at("2026-11-27 05:00"))
    assert is_open(WorkTime(), at("2026-11-27 23:59"))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/reindex", Command("reindex", "")),
        ("  /REINDEX  docs en \n", Command("reindex", "docs en")),
        ("／重建索引", Command("reindex", "")),
        ("/ 状态", Command("status", "")),
        ("/撤回", Command("recall", "")),
        ("/坏问题 答非所问", Command("bad", "答非所问")),
        ("help", Command("help", "")),
        ("帮助", Command("help", "")),
        ("/etc/hosts 怎么配置", None),
        ("/unknown", None),
        ("status", None),
        ("how does /reindex work?", None),
        ("help me install it", None),
        ("", None),
        ("/", None),
    ],
)
def test_commands(text: str, command: Command | None) -> None:
    assert parse(text) == command


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_command_or_not(text: str) -> None:
    parse(text)
    parse("/" + text)


@pytest.mark.parametrize(
    ("text", "mistyped"),
    [
        ("/setings", True),
        ("/reindx wiki", True),
        ("/帮我", True),
        ("/docker-compose", True),
        ("/etc/hosts 怎么配置", False),
        ("/tmp 满了怎么办", False),
        ("/var", False),
        ("/api 返回 404 怎么办？", False),
        ("/v1/models", False),
        ("/why", False),
    ],
)
def test_a_mistyped_command_is_told_from_a_path(text: str, mistyped: bool) -> None:
    assert (is_mistyped(text) and parse(text) is None) is mistyped
