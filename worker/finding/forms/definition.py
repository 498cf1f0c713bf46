"""Questions of what something is, and the sentences that say so.

"What is Vue?" has one word, and every page has it: by words alone a page that uses it often wins over the one
that says what it is. Pages say it in one form, in both languages: the name at the beginning of a sentence,
maybe with brackets behind it, then "is a" or 是. Manuals say it at the head of the page or of the section
that bears the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from index.text.terms import terms

LONGEST = 4
"""A subject of more words is a question about something of it, not of what it is."""
ONE_WORD_MORE = 0.4
"""What a definition of something that is called by the subject and a word more counts of one."""
_NAME = r"([^\n?？,，。;；:：]{1,60}?)"
_ASKS = re.compile(
    rf"what(?:'?s| is| are) (?:(?:an?|the) )?{_NAME}(?: for| about)?|"
    rf"what do(?:es)? {_NAME} (?:do|mean)|"
    rf"(?:请问)? ?(?:什么是|啥是|啥叫|什么叫|介绍一下|介绍下) ?{_NAME}|"
    rf"(?:请问)? ?{_NAME} ?(?:到底|究竟)?(?:是(?:个|一个)?(?:什么|啥)(?:东西|意思|框架|软件|工具|项目|系统)?|"
    r"有(?:什么|啥)用|干(?:嘛|啥|什么)的|是?做什么的|是干(?:嘛|啥|什么)用?的|(?:什么|啥)意思)(?:呢|呀|啊|的)?",
    re.IGNORECASE,
)
"""On a question with one blank between its words."""
_WHAT = (
    r"(?:an?|the|one|our|your|what|how|where|when|who|which|like|just|simply|basically|essentially|"
    r"short\s+for|meant|made|designed|intended|used\s+(?:to|for|by|in|as|when)|responsible)\b"
)
_IS = (
    rf"(?:(?:is|are)\s+{_WHAT}|"
    r"(?:means?|refers?\s+to|stands?\s+for|describes?|represents?|lets?|allows?|provides?|enables?)\b)"
)
_IST = r"(?:是(?![否不])|指|即|表示|代表|用于|用来|致力于|负责|一词)"
_ASIDE = r"(?:\s*(?:\([^()]{1,80}\)|（[^（）]{1,80}）|,[^.]{1,90},|，[^。]{1,60}，))?"
_UNNAMED = re.compile(
    r"(?:an?|the(?! (?:location|path|names?|number|values?|size|amount|lists?|set|address|ports?|time|date|"
    r"interval|max\w*|min\w*|default|directory|folder|files?|type|version|format|length|user|key|url)\b)|your|our)"
    r"\s+[\w-]|一(?:个|款|种|套|组)",
    re.IGNORECASE,
)
"""How a sentence begins that says what the heading above it is; "The location of" tells something of it."""
_PLACES = (
    re.compile(
        r"(?:in|with|for|on|within|inside) (?:the )?(?P<place>[^\s,]+(?: [^\s,]+)?),? (?=what)",
        re.IGNORECASE,
    ),
    re.compile(r"(?:在 ?)?(?P<place>[^，,？?]{2,40}?) ?(?:里面|当中|里|中|内|的)(?:的|，|, ?)? ?"),
    re.compile(r"(?<=什么是)(?: ?在)? ?(?P<place>[^，,？?]{2,40}?) ?(?:里面|当中|里|中|内|的)的? ?"),
    re.compile(r" (?:in|of|for|inside|within|with|on) (?:the )?(?P<place>\S+)\Z", re.IGNORECASE),
    re.compile(r" (?:in|of|for|inside|within|with|on) (?:the )?(?P<place>\S+ \S+)\Z", re.IGNORECASE),
)
"""Where in a question it says in whose world it asks."""
AHEAD = 2
"""So many of these stand at the beginning of a question."""
_INTRODUCTION = re.compile(
    r"introduction|intro|overview|summary|basics|welcome|readme|about|简介|介绍|概述|概览|概念|定义|前言|基础",
    re.IGNORECASE,
)


def subject_of(question: str, is_own: Callable[[str], bool] = lambda _: False) -> str:
    """What it is that a question asks to be told; empty for any other question.

    `is_own` tells a name that the documents bear themselves, which says nothing in "a valve in Kestrel".
    """
    asked = _without_place(" ".join(question.split()).strip("?？!！。. "), is_own)
    match = _ASKS.fullmatch(asked)
    subject = next((group for group in match.groups() if group), "").strip() if match else ""
    return subject if 0 < len(terms(subject)) <= LONGEST else ""


def _without_place(question: str, is_own: Callable[[str], bool]) -> str:
    """The question without "in Kestrel" at an end or "Kestrel 里的"."""
    for place, expression in enumerate(_PLACES):
        match = expression.match(question) if place < AHEAD else expression.search(question)
        if match and is_own(match["place"]):
            return f"{question[: match.start()]}{question[match.end() :]}"
    return question


def defines(subject: str, sentence: str) -> float:
    """1 for a sentence, without marks, that begins with the subject and says what it is.

    ONE_WORD_MORE for one that says it of the subject and a word more: "combo keys are a way to".
    """
    own, longer = _forms(subject)
    return 1.0 if own.match(sentence) else ONE_WORD_MORE if longer.match(sentence) else 0.0


def _name_of(subject: str) -> str:
    return r"[\s_-]*".join(re.escape(word) for word in re.split(r"[\s_-]+", subject) if word)


@lru_cache(maxsize=256)
def _named(subject: str) -> re.Pattern[str]:
    edge = r"(?![A-Za-z0-9])" if subject[-1:].isascii() else ""
    return re.compile(rf"(?<![A-Za-z0-9]){_name_of(subject)}{edge}", re.IGNORECASE)


@lru_cache(maxsize=256)
def _forms(subject: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    name = _name_of(subject)
    end = r"(?:e?s|\.js)?(?![A-Za-z0-9_-])" if subject[-1].isascii() else ""
    article = r"[^\w]{0,8}(?:(?:an?|the|所谓|一个)\s*)?"
    in_full = rf"[^\n.。()（）]{{3,80}}[(（]{name}{end}[)）]"
    own = rf"{article}(?:{name}{end}{_ASIDE}|{in_full})\s*(?:{_IS}|{_IST}|[:：|])"
    longer = rf"{article}{name}{end}[ ]?[\w-]{{1,12}}{_ASIDE}\s*(?:{_IS}|是一)"
    return re.compile(own, re.IGNORECASE), re.compile(longer, re.IGNORECASE)


def goes_without_name(subject: str, sentence: str) -> bool:
    """Whether it says what something is and leaves the name to the heading above: "A fast parcel counter".

    One that names the subject after all tells of a thing that has to do with it.
    """
    return _UNNAMED.match(sentence) is not None and not _named(subject).search(sentence)


def is_introduction(heading: str) -> bool:
    """Whether a heading only says that what stands below introduces its page."""
    return _INTRODUCTION.search(heading) is not None


def introduction_of(subject: str, language: str) -> str:
    """Words with which the search finds the pages that introduce a subject."""
    return f"{subject} 简介 概述" if language == "zh" else f"{subject} introduction overview"
