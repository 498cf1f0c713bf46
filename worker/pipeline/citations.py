"""The forms in which models cite, made into the one that is asked for: `[1]`.

Models write `[1, 2]`, `[1-3]`, `【1】`, `[资料 1]` and `[material 1]` whatever the prompt says. A form is a
citation only when every number in it is one of the sources': `[0-9]` and `[1, 100]` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from worker.prompts import MATERIAL

_NUMBERS = r"\d{1,2}(?:\s*[,，、;；]\s*\d{1,2}|\s*[-–~]\s*\d{1,2})*"
_NAME = "|".join(("source", *MATERIAL.values()))
_FORM = re.compile(rf"(?:\[|【)\^?\s*(?:(?:{_NAME})\s*)?({_NUMBERS})\s*(?:\]|】)(?!\()", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)\s*[-–~]\s*(\d+)")


def plain_citations(text: str, known: Collection[int]) -> str:
    """`text`, which holds no code, with its citations of sources in `known` written as `[1][2]`."""

    def rewritten(match: re.Match[str]) -> str:
        numbers = _numbers(match.group(1))
        return "".join(f"[{number}]" for number in numbers) if set(numbers) <= set(known) else match.group()

    return _FORM.sub(rewritten, text)


def _numbers(listed: str) -> list[int]:
    spread = _RANGE.sub(lambda match: _spread(int(match[1]), int(match[2])), listed)
    return list(dict.fromkeys(int(number) for number in re.findall(r"\d+", spread)))


def _spread(first: int, last: int) -> str:
    """The numbers of a range. One that cannot be meant gets a 0 with it, which is no source's number."""
    if first < last <= first + 9:
        return ",".join(str(number) for number in range(first, last + 1))
    return f"0,{first},{last}"
