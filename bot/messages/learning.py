"""Learning from people: an expert's reply becomes an answer of the group's own."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "source_colleague": (
        "由同事解答，{date}：{question}",
        "answered by a colleague, {date}: {question}",
    ),
    "title_proposed": ("收录这条解答？", "Keep this answer?"),
    "title_confirmed": ("已收录这条解答", "This answer is kept"),
    "title_rejected": ("没有收录这条解答", "This answer is not kept"),
    "proposed": (
        "{people} {person} 解答了下面的问题。管理员收录后，本群再问到就会引用它；可以先改再收录。",
        "{people} {person} answered the question below. Once an admin keeps it, it is cited when this group "
        "asks again; it can be edited first.",
    ),
    "confirmed": (
        "一分钟内就能用上，引用时注明“由同事解答”和日期。",
        "It is in use within a minute, cited as answered by a colleague with the date.",
    ),
    "rejected": ("它不会被引用。", "It will not be cited."),
    "label_question": ("问题", "Question"),
    "label_answer": ("解答", "Answer"),
    "button_keep": ("收录", "Keep"),
    "button_reject": ("不收录", "Do not keep"),
    "button_remove": ("移除", "Remove"),
    "toast_keeping": ("正在收录。", "Keeping it."),
    "answer_needs_text": (
        "请写上解答：回复一条消息，发送 `/answer 解答内容`。",
        "Please give the answer: reply to a message with `/answer TEXT`.",
    ),
    "answer_needs_role": (
        "抱歉，只有管理员和本群的专家可以使用 /answer。",
        "Sorry, only admins and this group's experts may use /answer.",
    ),
    "answer_no_question": (
        "那条消息里没有可以记下的问题。",
        "There is no question in that message to keep.",
    ),
}
