"""Whether a model says that the material does not answer: by the word that it was told, or as weak models do.

Small models write `**NOT_FOUND**.`, `Not found`, put the word under three sentences, or say it in prose:
"抱歉，资料中没有提到……". Prose counts only where nothing else is said: "the guide does not mention Windows;
on Linux run ..." is an answer, and so is one about an error that is called NOT_FOUND.
"""

from __future__ import annotations

import re

from worker.prompts import NOT_FOUND

LONGEST_DENIAL = 600
"""Characters; more is never only a refusal."""
MOST_ELSE = 0.25
"""Share of a denial that may be other words: the end of a list, a name between commas."""
_MARKS = " \n\t`*_\"'“”「」[]()（）<>#-"
"""What models put around the word."""
_LABEL = re.compile(r"(?:answer|output|response|result|答案|回答|输出|结论)[\s*_`]*[:：]", re.IGNORECASE)
_WORD = re.compile(r"NOT[_ -]?FOUND(?![A-Za-z0-9_])")
_ALONE = re.compile(r"not[_ -]?found", re.IGNORECASE)
_ENDS = "。．.!！,，;；:：…"
_CITED = re.compile(r"\[\d{1,2}\]")
_CLAUSE = re.compile(r"[，。！？；：、,;!?:\n]|\.(?=\s|$)")
_SAYS_ZH = (
    "提到|提及|说明|介绍|描述|涉及|包[含括](?!在)|给出|提供|找到|记载|[回解]答|[相有]关|足够|明确|确定|得知"
)
_TELL = "mention|contain|include|provide|specify|answer|describe|cover|say|state|address|explain|discuss|give"
_TOLD = "mentioned|specified|described|covered|stated|addressed|explained|discussed|provided|given|found"
_DENIES = re.compile(
    rf"(?:没有|没|未|未能|并未|不|无法|不能|找不到|不足以)[^，。]{{0,6}}(?:{_SAYS_ZH})|"
    r"(?:没有|无|缺少|找不到|无法|不能|未能)[^，。]{0,12}(?:信息|内容|说明|答案|问题)|"
    rf"\b(?:do|does|did)(?: not|n['’]t) (?:\w+ ){{0,3}}(?:{_TELL})\b|\bnot (?:\w+ )?(?:{_TOLD})\b|"
    r"\b(?:no|not enough|insufficient) (?:\w+ ){0,2}(?:information|mention|answer|details?)\b|"
    r"\b(?:cannot|can['’]t|could not|couldn['’]t|(?:un|not )able to) (?:\w+ ){0,2}"
    r"(?:answer|find|determine|provide)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"资料|文档|材料|上下文|文中|原文|知识库|相关信息|相关内容|足够的?信息|答案|我|"
    r"\b(?:materials?|documents?|documentation|docs|context|excerpts?|passages?|sources?|text|i|"
    r"no information|not enough information)\b",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:很|非常|十分)?(?:抱歉|对不起|不好意思|遗憾)|"
    r"(?:根据|基于|从|依据|按照|在).{0,20}(?:资料|文档|材料|上下文|内容|信息)|"
    r"(?:因此|所以|故)?(?:建议|请|您可以|你可以|如果|如需|如有|若|或者?|并|以)|"
    r"(?:but |however|therefore|so )?(?:i'?m (?:very )?)?(?:sorry|unfortunately|i apologi[sz]e|i regret)|"
    r"(?:based on|according to|in|from) (?:the|this)\b|(?:but|however|therefore|so)$|"
    r"(?:and |or )?(?:please|you (?:may|might|can|could|should)|consider|for more|if you|let me know)\b",
    re.IGNORECASE,
)


def may_become(text: str) -> bool:
    """Whether the text so far could still become the word: nothing is shown before that is clear."""
    return NOT_FOUND.startswith(text.lstrip(_MARKS)[: len(NOT_FOUND)])


def says_so(text: str) -> bool:
    """Whether a whole reply says that the material does not answer."""
    plain = _without_label(text.strip(_MARKS))
    if _ALONE.fullmatch(plain.strip(_MARKS + _ENDS)):
        return True
    if found := _WORD.match(plain):
        rest = plain[found.end() :].lstrip(_MARKS)
        return not rest or rest[0] in _ENDS or not _CITED.search(rest)
    if without_word(text) != text and not _CITED.search(text):
        return True
    return _denies(text)


def without_word(text: str) -> str:
    """An answer without a last line that is the word, which small models add to whatever they have said."""
    head, _, last = text.rstrip().rpartition("\n")
    return head.rstrip() if _WORD.fullmatch(last.strip(_MARKS + _ENDS)) else text


def _without_label(plain: str) -> str:
    found = _LABEL.match(plain)
    return plain[found.end() :].strip(_MARKS) if found else plain


def _denies(text: str) -> bool:
    """Whether prose says nothing but that there is no answer in the material."""
    if len(text) > LONGEST_DENIAL or "```" in text or "~~~" in text:
        return False
    clauses = [clause for clause in _CLAUSE.split(_CITED.sub("", text)) if clause.strip(_MARKS)]
    denials = [clause for clause in clauses if _DENIES.search(clause)]
    rest = [clause for clause in clauses if clause not in denials]
    fillers = [clause for clause in rest if _FILLER.match(clause.strip())]
    if not denials or not any(map(_SUBJECT.search, [*denials, *fillers])):
        return False
    rest = [clause for clause in rest if clause not in fillers]
    if any("`" in clause for clause in rest):
        return False
    return sum(map(len, rest)) <= MOST_ELSE * sum(map(len, clauses))
