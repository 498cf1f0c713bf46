"""Why a message was left alone: one sentence for each reason of policy and queue (`ignored_<reason>`)."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "title_why_silent": ("为什么没有回答", "Why there was no answer"),
    "ignored_not_mentioned": ("这条消息没有 @我。", "the bot was not mentioned"),
    "ignored_mentions_all": ("@所有人 不算 @我。", "mentioning everybody is not mentioning the bot"),
    "ignored_from_bot": ("这是另一个机器人发的，我不和机器人对话。", "it came from another bot"),
    "ignored_no_sender": ("飞书没有给出发送者。", "Feishu did not say who sent it"),
    "ignored_unreadable_type": ("我读不了这种消息。", "this kind of message cannot be read"),
    "ignored_private_chats_off": ("按设置，不回答单聊。", "private chats are switched off"),
    "ignored_group_denied": ("按设置，不在这个群里回答。", "this group is denied in the settings"),
    "ignored_group_not_allowed": ("这个群不在允许使用的名单里。", "this group is not among those allowed"),
    "ignored_user_denied": ("按设置，不回答这位发送者。", "its sender is denied in the settings"),
    "ignored_empty": ("消息里只有 @ 或标点，没有文字。", "there were no words in it but the mention"),
    "ignored_meant_for_others": ("这条消息 @ 的是别人。", "it mentioned somebody else"),
    "ignored_outside_hours": ("当时不在答疑时间。", "it came outside the work time"),
    "ignored_quiet": ("管理员让我在这里安静一会儿。", "an admin asked the bot to be quiet here for a while"),
    "ignored_user_limit": ("发送者一分钟里问得太多。", "its sender asked too much within a minute"),
    "ignored_group_limit": ("这个群一分钟里问得太多。", "the group asked too much within a minute"),
    "ignored_group_full": ("这个群排队的问题太多。", "too many questions of the group were waiting"),
    "ignored_queue_full": ("排队的问题太多。", "too many questions were waiting"),
    "ignored_other": ("原因：{reason}", "{reason}"),
}
