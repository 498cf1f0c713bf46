"""Commands people type to the bot in chat, in English and Chinese.

Parsing only: who may give a command is `Settings.is_admin`, what it does is worker.jobs.command.
A line that starts with a slash is a command, a mistyped one, which gets help, or a question that begins with
a path ("/etc/hosts 怎么配置").
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

ALIASES: dict[str, tuple[str, ...]] = {
    "help": ("help", "帮助"),
    "status": ("status", "状态"),
    "reindex": ("reindex", "重建索引", "更新索引"),
    "sources": ("sources", "来源"),
    "versions": ("versions", "版本"),
    "rollback": ("rollback", "回滚"),
    "failed": ("failed", "失败"),
    "why": ("why", "为什么"),
    "good": ("good", "好问题"),
    "bad": ("bad", "坏问题"),
    "answer": ("answer", "解答"),
    "settings": ("settings", "设置"),
    "digest": ("digest", "小结", "周报"),
    "recall": ("recall", "撤回"),
    "stop": ("stop", "停止"),
}
RECALL_WORDS = frozenset({"recall", "recall this", "take it back", "撤回", "撤回回答", "撤回这条", "请撤回"})
STOP_WORDS = frozenset({"stop", "停止", "停"})
SHARED_COMMANDS = frozenset({"reindex", "rollback", "failed"})
"""Commands that touch what all groups share: an admin of one group may not give them."""
ADMIN_COMMANDS = frozenset({"reindex", "sources", "versions", "rollback", "failed", "good", "bad", "digest"})
"""Commands only admins may give. `why` and `recall` are for the asker and admins: the worker, which knows
who asked, decides about those."""

_NAMES = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
_COMMAND = re.compile(r"[/／]\s?(\w+)(?:\s+(.*))?", re.DOTALL)
_WORD = re.compile(r"[/／]\s?([\w-]{1,24})(?:\s+(.*))?", re.DOTALL)
_FOLDERS = frozenset(
    {"bin", "boot", "data", "dev", "etc", "home", "lib", "lib64", "mnt", "opt", "proc", "root", "run", "sbin"}
    | {"srv", "sys", "tmp", "usr", "var", "workspace"}
)
"""Names that begin a path as they stand."""
_CLOSE = 0.75
_FEW = 2
"""Words behind an unknown command; more of them are a sentence."""


@dataclass(frozen=True)
class Command:
    """One command: its English name and the rest of the line, stripped."""

    name: str
    argument: str


def parse(text: str, *, reply: bool = False) -> Command | None:
    """The command in a message whose mention of the bot was stripped; None when it is not a command.

    `help` and `帮助` also work without the slash: whoever needs them does not know about it. So do the words
    of recall in a `reply`, said to the bot in answer to a message.
    """
    text = text.strip()
    if text.lower() in ALIASES["help"]:
        return Command("help", "")
    if reply and text.lower().rstrip(".!。！") in RECALL_WORDS:
        return Command("recall", "")
    if text.lower().rstrip(".!。！") in STOP_WORDS:
        return Command("stop", "")
    found = _COMMAND.fullmatch(text)
    name = _NAMES.get(found.group(1).lower()) if found else None
    return Command(name, (found.group(2) or "").strip()) if found and name else None


def is_mistyped(text: str) -> bool:
    """Whether a line means a command that there is not: one word alone, or one much like a command."""
    found = _WORD.fullmatch(text.strip())
    if not found or found.group(1).lower() in _FOLDERS or found.group(1).isdecimal():
        return False
    rest = (found.group(2) or "").strip()
    if not rest or difflib.get_close_matches(found.group(1).lower(), _NAMES, 1, _CLOSE):
        return True
    return found.group(1).isascii() and rest.isascii() and "?" not in rest and len(rest.split()) <= _FEW
