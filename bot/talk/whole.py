"""Whether a message can be a question by itself, by its words alone.

One that cannot waits a moment for the next of the same person, and only such a one may belong to a message of
theirs without naming the bot: two whole questions are two questions. Pure.
"""

from __future__ import annotations

import re

_LONG = 60
"""Characters from which on a message is whole, whatever it says: a description, a log."""
_ASKS = re.compile(
    r"[?？]|吗|么$|呢|怎|咋|如何|什么|啥|为何|为什么|哪|谁|多少|多久|多大|几个|几次|是否|是不是|有没有|能不能|可不可以|能否|可否|区别"
    r"|报错|失败|错误|异常|求助|求教|在线等|帮忙看"
    r"|(?<![a-z])(how|what|why|which|who|where|when|can|could|does|do|did|is|are|should|will|would)(?![a-z])"
    r"|(?<![a-z])(error|fails?|failed|exception)(?![a-z])",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"[,，:：、;；…]\s*$|\.\.\.\s*$|(请问|问一下|请教|想问|有个问题|问个问题)[一下个吗]*\s*[,，:：。~～!！]*\s*$"
    r"|^\s*(i have a question|quick question)\W*$",
    re.IGNORECASE,
)


_BEGINS_ON = re.compile(
    r"\A\s*+(那么?(?!个|些|种|边|里)|还有|另外|然后|(and|what about|how about|but|or)(?![a-z]))",
    re.IGNORECASE,
)


def is_whole(text: str) -> bool:
    """Whether a message can be a question by itself."""
    text = text.strip()
    if is_open(text):
        return False
    return len(text) >= _LONG or "\n" in text or bool(_ASKS.search(text))


def is_open(text: str) -> bool:
    """Whether a message plainly announces another: it ends in a comma or a colon, or says "请问一下"."""
    return bool(_GOES_ON.search(text.strip()))


def goes_on(text: str) -> bool:
    """Whether a message begins as what goes on from the one before: 那, 还有, "and", "what about"."""
    return bool(_BEGINS_ON.match(text))
