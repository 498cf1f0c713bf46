"""What a message puts in the place of words of the question before it: another action, another number.

"And how do I update it?" after "How do I uninstall Pi-hole?" keeps the object and not the action, and "and
level 3?" after "what does level 1 hide" keeps no 1: the search would find the old page again. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.text.chinese import CHARACTERS
from worker.conversation.heading_words import words_of

_VERBS_ZH = sorted(words_of("verbs_zh"), key=len, reverse=True)
_HOW = (
    r"(?<![a-z])how (?:do|can|to|should|would|could|must)"
    r"(?>(?: (?:i|we|you|one|to|properly|safely)(?![a-z]))*) "
)
_ACT = re.compile(rf"{_HOW}([a-z][a-z-]++)", re.IGNORECASE)
_ACT_ON_IT = re.compile(
    rf"{_HOW}([a-z][a-z-]++)(?>(?: (?:up|down|on|off|out|in))?)"
    r" (?:(?:it|them)(?![a-z'])(?! from )"
    r"|(?:this|that|these|those)(?![a-z'])(?! (?!on |in |with |for |to )[a-z]))",
    re.IGNORECASE,
)
"""The pointer is the whole object: "how do I stop it?", not "how do I stop that file"."""
_HOW_ZH = r"(?:怎么样?|如何|怎样)(?:才能|去|来)? ?"
_ACT_ZH = re.compile(rf"{_HOW_ZH}({'|'.join(_VERBS_ZH)})")
_ACT_ON_IT_ZH = re.compile(
    rf"{_HOW_ZH}(?:(?:把|给|将|对)(?:它|这个|那个)({'|'.join(_VERBS_ZH)})"
    rf"|({'|'.join(_VERBS_ZH)})(?:掉|一下)?(?:它|这个|那个)(?:们)?(?=\s*+(?:呢|啊|呀)?\s*+[?？。!！]*+\s*+$))"
)
_ACT_ALONE_ZH = re.compile(
    rf"^\s*+那?么?(?:怎么|如何)?({'|'.join(_VERBS_ZH)})(?:掉|一下)?的?呢\s*+[?？。!！]*+\s*+$"
)
"""An action and nothing else: the object is the one before."""
_ANY_ACTION = frozenset(
    [
        "do",
        "use",
        "make",
        "get",
        "go",
        "know",
        "see",
        "find",
        "handle",
        "manage",
        "solve",
        "fix",
        "使用",
        "处理",
        "解决",
    ]
)
"""Verbs that say nothing of what is done."""
_TOKEN = re.compile(r"[A-Za-z0-9_]+(?:[-./:+%][A-Za-z0-9_]+)*%?")
_PLAIN_NUMBER = re.compile(r"\d+(?:\.\d+){0,2}")
_BEFORE = re.compile(rf"((?<![A-Za-z_])[A-Za-z_]++|[{CHARACTERS}]{{1,2}})[ =:：]{{0,3}}$")
_AFTER = re.compile(rf"^ ?+([A-Za-z_]++|[{CHARACTERS}])")
_OPEN_BEFORE = frozenset(
    [
        "",
        "and",
        "or",
        "but",
        "with",
        "about",
        "for",
        "to",
        "in",
        "on",
        "at",
        "mean",
        "meant",
        "is",
        "of",
        "if",
        "then",
        "using",
        "那",
        "那么",
        "换",
        "换成",
        "改成",
        "如果",
        "是",
        "用",
        "说",
        "的",
    ]
)
"""Words before a number that do not say what it counts."""
_OPEN_AFTER = frozenset(
    ["", "for", "in", "on", "then", "instead", "too", "or", "and", "with", "呢", "的", "也", "行", "可", "吗"]
)


def without_replaced(kept: Sequence[str], before: str, text: str) -> list[str]:
    """Those of the words `kept` of the question `before` that `text` puts nothing in the place of.

    All of them where nothing would stay: a subject is never lost.
    """
    gone = {word.lower() for word in (*_old_actions(before, text), *_old_numbers(before, text))}
    left = [word for word in kept if word.lower() not in gone]
    return left or list(kept)


def _old_actions(before: str, text: str) -> list[str]:
    """What was done to the object before, where the message asks how something else is done to it."""
    own = [verb.lower() for verb in actions_of(text)]
    on_it = _ACT_ON_IT.search(text) or _ACT_ON_IT_ZH.search(text) or _ACT_ALONE_ZH.search(text)
    if not (on_it or set(own) - _ANY_ACTION):
        return []
    return actions_of(before)


def actions_of(text: str) -> list[str]:
    """What a question asks how to do: "install" of "how do I install Harbor"."""
    return [*_ACT.findall(text), *_ACT_ZH.findall(text)]


@dataclass(frozen=True)
class _Number:
    """A number and what it stands between, which says what it counts."""

    written: str
    shape: str
    before: str
    after: str


def _old_numbers(before: str, text: str) -> list[str]:
    """Numbers of `before` in whose place the message has one of the same kind."""
    old, gone = _numbers(before), []
    for new in _numbers(text):
        same = [one for one in old if _same_kind(one, new)]
        if len({one.written for one in same}) == 1 and same[0].written != new.written:
            gone.append(same[0].written)
    return gone


def _numbers(text: str) -> list[_Number]:
    found = []
    for token in _TOKEN.finditer(text):
        written = token[0]
        if not any(sign.isascii() and sign.isdigit() for sign in written):
            continue
        shape = "#" if _PLAIN_NUMBER.fullmatch(written) else re.sub(r"\d+(\.\d+)*", "#", written.lower())
        ahead = _BEFORE.search(text[max(token.start() - 40, 0) : token.start()])
        behind = _AFTER.match(text[token.end() : token.end() + 40])
        found.append(_Number(written, shape, _lower(ahead), _lower(behind)))
    return found


def _lower(found: re.Match[str] | None) -> str:
    return found[1].lower() if found else ""


def _same_kind(old: _Number, new: _Number) -> bool:
    """Whether both count the same: "level 1" and "level 3", "8GB" and "16GB", "30 days" and "60?"."""
    if old.shape != new.shape:
        return False
    if old.shape != "#":
        return bool(re.search(r"[a-z]", old.shape))
    if new.before not in _OPEN_BEFORE:
        return new.before == old.before
    return new.after in _OPEN_AFTER or new.after == old.after
