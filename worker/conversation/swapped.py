"""What a message names in the place of a thing of the question before it: "那 Redis 呢？", "and Fedora?".

The old thing must go from what is searched: its page would be found again, and the answer would be about it.
A message of this form holds the new thing and no question of its own. Which of the old things it replaces is
told by likeness: Redis is more like MySQL than like a port. Pure: what words are like is asked of the
documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from index.text.chinese import has_chinese
from worker.conversation.heading_words import words_of
from worker.conversation.replaced import actions_of

Likeness = Callable[[str, Sequence[str]], Sequence[float]]
"""Of one text to others, each -1 to 1."""
LEAST = 0.22
"""A thing less like the new one is not what it replaces."""
SURE = 0.4
"""The same for what was done ("and restoring?" after "how do I back up"), for the one thing that the question
names, and where the new thing is a place or a purpose ("and in Germany?"), which may come on top."""
LONGEST_ZH = 12
"""Characters of a thing in Chinese."""
MOST_WORDS = 4
"""Words of a thing in English."""

_ENDS = " \t\n?？.!！。…~"

_OPENS = re.compile(
    r"^\s*+(?>(?:(?:ok|okay|hm+|so|and|but|or|then|also|plus|same|what about|how about|what of|what if"
    r"|the same"
    r"|(?:does|do|is|will|would|can) (?:it|that|this|they|the same)(?: also)?"
    r"(?: (?:work|works|apply|hold|go|true|possible|happen|done))?"
    r"|(?:can|could|how (?:do|can|would)) (?:i|we|you|one) (?:also )?do (?:it|that|this|the same)"
    r"|if (?:i|we) (?:use|have|am on|are on|run)|i (?:use|have)|for|on|with|in|at|under|using|via|from|to|by)"
    r"(?![a-z'])[\s,:]*+)+)",
    re.IGNORECASE,
)
_PLACED = re.compile(r"(?<![a-z])(?:for|on|with|in|at|under|via|from|to|by)(?![a-z])", re.IGNORECASE)
_ARTICLES = re.compile(r"^(?:an?|the|our|my|your)\s++", re.IGNORECASE)
_CLOSES = re.compile(
    r"(?<![\s,])(?:[\s,]{1,3}(?:too|either|instead|as well|then|though|please|also|anyway|same)){1,3}$",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?<![a-z])(?:how|what|why|when|where|who|which|whose|is|are|was|do|does|did|can|could|should|would|will|must"
    r"|may|has|have|had|i|we|you|he|she|they|it|that|this|these|those|there|if|not|no|only|even|more|less|than"
    r"|one|ones|all|any|other|another|else|use|need|want|get|mean|try|tried|says?|said)(?![a-z])",
    re.IGNORECASE,
)
"""A message with one of these, what opens and closes it apart, asks something of its own."""
_OPENS_ZH = re.compile(
    r"^\s*+(?:(?:好的?|嗯+|哦|噢)[，,\s]*+)?"
    r"(?>(?:(?:那么?(?![个些种边里时])|还有|然后|另外|换成|换做|换|改成|改用|如果是?|要是|假如是?|用|在|对于?|同样)\s*+)*)"
)
_CLOSES_ZH = re.compile(
    r"(?:的话)?(?:[上里中下]面?)?\s{0,3}(?:呢|也(?:一样|可以|行|能用|支持|是)(?:吗|么|嘛)?|(?:行|可以)(?:不行|吗|么|嘛)?|一样(?:吗|么)"
    r"|(?:又|该|要|得)?(?:怎么|如何|咋)(?:弄|办|做|搞|来|说|样)?(?:呢|呀|啊)?|在(?:哪|哪里|哪儿)(?:呢|呀|啊)?)$"
)
_ASKS_ZH = re.compile(
    r"怎|什么|为啥|哪|多少|几|吗|能|会|要|可以|是|有|没|不|它|这|那|我|你|他|和|跟|与|的|了"
)


_PREDICATES = frozenset([
    "possible", "allowed", "supported", "safe", "ok", "okay", "needed", "required",
    "怎么办", "咋办", "怎么回事", "报错", "出错", "失败", "解决",
])  # fmt: skip
"""What is asked of a thing, and no thing."""
_IS_IT_SO = re.compile(
    r"(?<![a-z])(?:is|are) (?!there(?![a-z])).{1,60} "
    r"(?:possible|allowed|supported|safe|ok|okay|needed|required)\W{0,3}$",
    re.IGNORECASE,
)
_PLACED_AT_END = re.compile(
    r"(?<![a-z])(?:for|on|with|in|at|under|via|from|to|by) (?:(?:an?|the|our|my|your) )?$", re.IGNORECASE
)
_ACTIONS = frozenset(words_of("verbs_zh")) | (
    frozenset(words_of("verbs")) - frozenset(words_of("verbs_or_nouns"))
)


def is_asked_of_things(word: str) -> bool:
    """Whether a word says what is asked of a thing, or what is wrong with it, and names none."""
    return word.lower() in _PREDICATES


def names_a_thing(word: str) -> bool:
    """Whether a word that tells something is no action either."""
    return word.lower() not in _ACTIONS and not is_asked_of_things(word)


def new_thing(text: str) -> str:
    """The thing that a message of this form names; empty for any other message."""
    text = text.rstrip(_ENDS)
    return _new_thing_zh(text) if has_chinese(text) else _new_thing_en(text)


def _new_thing_en(text: str) -> str:
    opening, closing = _OPENS.match(text), _CLOSES.search(text)
    rest = text[opening.end() if opening else 0 : closing.start() if closing else None]
    rest = _ARTICLES.sub("", rest.strip(" ,"))
    if not rest or len(rest.split()) > MOST_WORDS or _ASKS.search(rest):
        return ""
    return rest if re.search("[A-Za-z]{2}", rest) and rest[0] not in "0123456789" else ""


def _new_thing_zh(text: str) -> str:
    opening, closing = _OPENS_ZH.match(text), _CLOSES_ZH.search(text)
    start = opening.end() if opening else 0
    rest = text[start : closing.start() if closing else None].strip(" ，,?？。!！")
    if not closing and not start:
        return ""
    if not rest or len(rest) > LONGEST_ZH + sum(sign.isascii() for sign in rest) or _ASKS_ZH.search(rest):
        return ""
    return "" if rest[0] in "0123456789" else rest


def swapped(
    kept: Sequence[str],
    before: str,
    text: str,
    common: Callable[[str], bool],
    likeness: Likeness,
) -> str:
    """The thing of the question `before` that `text` names another in the place of, as it stands there.

    Empty where `text` is no message of this form or nothing in `before` is like what it names. `kept`: the
    words that tell the subject of `before`. `common`: whether a word is of so many documents, or names so
    many, that it is what all is about.
    """
    new = new_thing(text)
    if not new or common(new):
        return ""
    actions = _ACTIONS | {word.lower() for word in actions_of(before)}
    asked = [word for word in kept if word.lower() not in _PREDICATES]
    things = [thing for thing in _things(asked, before, actions) if not common(thing)]
    same = [thing for thing in things if has_chinese(thing) == has_chinese(new)] or things
    if not same:
        return ""
    sure = len(things) == 1 or _PLACED.search(text)
    like = []
    for value, thing in zip(likeness(new, same), same, strict=True):
        acted = thing.lower() in actions
        alike = not acted and _stands_alike(thing, before, text)
        if value >= (SURE if acted or (sure and not alike) else LEAST):
            like.append((alike, value, thing))
    return max(like)[2] if like else ""


def _stands_alike(thing: str, before: str, text: str) -> bool:
    """Whether `before` says of the thing what `text` says of the new one.

    "On Debian", "and on a Mac?"; or all that was asked is whether it is so: "is hot reload possible".
    """
    if _PLACED.search(text):
        at = before.find(thing)
        return bool(_PLACED_AT_END.search(before[max(0, at - 12) : at]))
    return bool(_IS_IT_SO.search(before))


def _things(kept: Sequence[str], before: str, actions: frozenset[str]) -> list[str]:
    """The words as they stand there, those side by side as one thing: "Fritz!Box", "GitHub Pages"."""
    things: list[tuple[int, int]] = []
    places = sorted((before.find(word), -len(word), word) for word in kept if word in before)
    for at, _, word in places:
        if things and at < things[-1][1]:
            continue
        start, end = things[-1] if things else (0, 0)
        gap = before[end:at]
        joins = things and re.fullmatch(r"[ !&+/.-]", gap) and not has_chinese(before[start:end] + word)
        if joins and word.lower() not in actions and before[start:end].lower() not in actions:
            things[-1] = (start, at + len(word))
        else:
            things.append((at, at + len(word)))
    return [before[start:end] for start, end in things]
