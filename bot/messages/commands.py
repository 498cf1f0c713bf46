"""Answers to the commands, and who may use them."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "admins_only": ("抱歉，只有管理员可以使用这条命令。", "Sorry, only admins may use this command."),
    "title_help": ("我能做什么", "What I can do"),
    "help_member": (
        "在群里 @我 提问，我从文档里找答案并注明出处。大家闲聊时我不插话。",
        "Mention me with a question; I answer from the indexed documents and cite them. "
        "I stay out of chit-chat.",
    ),
    "help_commands": (
        "- `/help`：这份说明\n- `/status`：运行状态\n"
        "- `/recall` 或“撤回”：回复我的回答，撤回它（提问者和管理员）\n"
        "- `/stop` 或“停止”：结束正在写的回答\n- `/settings`：本群的设置，管理员可以改\n"
        "- `/why`：回复我的回答，看依据；回复没有回答的消息，看原因（提问者和管理员）",
        "- `/help`: this card\n- `/status`: how things stand\n"
        "- `/recall`, or just `recall`: in reply to an answer, takes it back (asker and admins)\n"
        "- `/stop`, or just `stop`: ends an answer that is being written\n"
        "- `/settings`: this group's settings; admins change them\n"
        "- `/why`: in reply to an answer, what it rests on; to a silence, its reason (asker and admins)",
    ),
    "command_failed": (
        "这个命令没有执行成功（{why}），详情在日志里。",
        "This command did not work ({why}); the log has the details.",
    ),
    "failed_none": ("没有已放弃的消息。", "Nothing was given up on."),
    "failed_retried": ("已重新发送 {count} 条。", "{count} are tried again."),
    "failed_hint": ("发送 `/failed retry` 重新发送。", "Send `/failed retry` to try them again."),
    "title_failed_list": ("已放弃的消息", "Given up on"),
    "admins_of_all_only": (
        "抱歉，这条命令会影响所有群，只有全局管理员可以使用。",
        "Sorry, this affects every group; only an admin of all groups may use it.",
    ),
    "help_admin": (
        "**管理员**\n- `/reindex [来源] [--dry-run]`：更新索引，或者只看会有什么变化\n"
        "- `/sources`：每个来源的文档数、上次读取的时间和失败原因\n"
        "- `/versions`、`/rollback`：索引的各个版本，退回到其中一个\n"
        "- `/failed`：没能送达、已放弃的消息，`/failed retry` 重新发送\n"
        "- `/good`、`/bad`：回复一条消息，标记该不该回答\n"
        "- `/answer 内容`：回复一条消息，给出它的答案（专家也可以）\n"
        "- `/digest 7d`：问了什么、没能回答什么、哪些页面需要检查",
        "**Admins**\n- `/reindex [source] [--dry-run]`: update the index, or only see what would change\n"
        "- `/sources`: each source with its documents, when it was read, why it was not\n"
        "- `/versions`, `/rollback`: the index's versions, and back to one of them\n"
        "- `/failed`: what could not be delivered; `/failed retry` tries it again\n"
        "- `/good`, `/bad`: in reply to a message, mark whether it should be answered\n"
        "- `/answer TEXT`: in reply to a message, the answer to it (experts may, too)\n"
        "- `/digest 7d`: what was asked, what was not answered, which pages want a look",
    ),
    "live_test": (
        "自检：接下来会有一个测试问题，稍后自动撤回。",
        "A self-test: a question follows and is taken back in a moment.",
    ),
    "not_yours": (
        "只有提问者和管理员可以这样做。",
        "Only the asker and admins may do this.",
    ),
    "reply_to_answer": (
        "请回复我的某条回答，再使用这条命令。",
        "Please use this command in reply to one of my answers.",
    ),
    "reply_to_message": (
        "请回复一条消息，再使用这条命令。",
        "Please use this command in reply to a message.",
    ),
    "no_trace": ("没有找到这条消息的记录。", "There is no record of that message."),
    "marked_good": ("已标记：这类消息应该回答。", "Marked as an example to answer."),
    "marked_bad": ("已标记：这类消息不用回答。", "Marked as an example not to answer."),
    "title_command": ("命令", "Command"),
}
