"""Is something asked here? A question mark, a question word or a complaint, in Chinese and English."""

from __future__ import annotations

import re

_ASKED = re.compile(
    r"[?？]|吗|呢|怎|咋|啥|什么|如何|为何|哪|几|多少|多久|多大|多长|能否|是否|能不能|可不可以|有没有|可以|请问|求助"
    r"|报错|失败|不了|不到|不上|无法|错误|异常|步骤|教程"
    r"|\b(?:how|what|whats|which|where|when|why|who|whose|can|could|may|does|do|did|is|are|should|will|need|any"
    r"|error|errors|fail\w*|cannot|can't|cant|unable|not|no|missing|stuck|broken)\b",
    re.IGNORECASE,
)


def is_asked(text: str) -> bool:
    """Whether a message is put as a question or as a complaint."""
    return _ASKED.search(text) is not None
