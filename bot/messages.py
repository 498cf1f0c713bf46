"""Every sentence the bot says to people, Chinese and English side by side, in one place.

Code names a sentence, never writes one: a translator or an operator who wants another tone edits this
file alone. `{placeholders}` are filled by `say`; a name or a placeholder that does not exist is an error.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    # Outcomes of a question
    "failed": (
        "这次没能回答：{reason}。已记录，管理员可用 /why 查看。",
        "I could not answer: {reason}. It is logged; an admin can see it with /why.",
    ),
    "declined": (
        "这不像是我索引的文档能回答的问题。",
        "This does not look like a question my documents can answer.",
    ),
    "not_found": (
        "文档里没有找到答案。最接近的页面：",
        "I did not find the answer in the documents. The nearest pages:",
    ),
    # Commands
    "admins_only": ("抱歉，这条命令只有管理员可以使用。", "Sorry, only admins may use this command."),
    # Progress
    "searching": ("正在检索文档 …", "Searching the documents ..."),
    "writing": ("正在撰写回答 …", "Writing the answer ..."),
    # Cards: titles, buttons, footers
    # Feedback and actions
    # Doctor and notices
}


def say(name: str, language: str, **values: object) -> str:
    """The sentence `name` in `language` ('zh', anything else is English), placeholders filled.

    Raises KeyError for an unknown name or a missing placeholder.
    """
    chinese, english = SENTENCES[name]
    return (chinese if language == "zh" else english).format(**values)
