"""A follow-up as a question that a person would put, by rules: "auto_random 怎么用，能改回去吗？".

It stands on the card and in the Trace, and a model is asked it. What people wrote is kept word for word and
only joined, as somebody joins two questions in one breath: words picked out of the earlier question are a
heap that nobody would say, and words put in for others may say what nobody meant. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.text.chinese import has_chinese

LONGEST = 100
"""Characters of an earlier question that are kept: a description or a log is cut."""
_ENDS = " \t\n?？。.!！,，;；:：~～…"
_OPENING = re.compile(
    r"^\s*+((请问一?下?|想?问一?下|想请教一?下?|各位大佬|大佬们?|各位)[，,：:\s]*+"
    r"|((hi|hello|hey|please)(?![a-z])[ ,!]*+)+)+",
    re.IGNORECASE,
)
"""What a question begins with that belongs to the moment it was asked in."""
_CLAUSE_END = re.compile(r"[。！？；!?;\n]|\.(?=\s)")
_JOINS = re.compile(
    r"^(and|but|or|so|then|if|unless|even|only|also|plus|still|because|when i|while|without|with|for|in|on"
    r"|to)(?![a-z])",
    re.IGNORECASE,
)
"""English that goes on by itself: no "and" before it."""
_BARE = re.compile(r"^(if|unless|because|while|without|with|for|in|on|to)(?![a-z])", re.IGNORECASE)
"""English that belongs to the clause before: no comma either."""
_ORDINARY = re.compile(
    r"^(and|but|or|so|then|what|how|which|who|where|when|why|is|are|does|do|did|can|could|should|would|will|if"
    r"|even|only|also|it|that|this|these|those|they|for|in|on|to|with|without|still|unless|the|a|an)(?![a-z])",
    re.IGNORECASE,
)
"""Words that have a capital only where a sentence begins."""
_QUESTION_END = re.compile(r"[?？!！。]\s*$|[^.]\.\s*$")


def spoken(chain: Sequence[str], text: str) -> str:
    """The follow-up `text` after what was said on the matter, oldest first, as one question."""
    return _ended(_joined([*_kept(chain), text]))


def corrected(chain: Sequence[str], text: str) -> str:
    """The same for a correction: `text` is what was meant."""
    before = _joined(_kept(chain))
    link = "，我是说" if has_chinese(text) else ", I mean "
    return _ended(f"{before}{link}{_small(text)}")


def _kept(chain: Sequence[str]) -> list[str]:
    """The question that began it and the last one: what lies between is seldom meant."""
    ends = [chain[0], chain[-1]] if len(chain) > 1 else list(chain)
    return [cut for one in ends if (cut := _cut(one))]


def _cut(said: str) -> str:
    """What was asked, without what it begins and ends with; its first sentences where it is long."""
    said = " ".join(_OPENING.sub("", said).split())
    if len(said) > LONGEST:
        ends = [found.end() for found in _CLAUSE_END.finditer(said, 10, LONGEST)]
        said = said[: ends[-1]] if ends else f"{said[:LONGEST].rsplit(' ', 1)[0]}…"
    return said.strip(_ENDS) if not said.endswith("…") else said


def _joined(clauses: Sequence[str]) -> str:
    whole = clauses[0] if clauses else ""
    for clause in clauses[1:]:
        whole += f"{_link(clause)}{_small(clause.strip())}"
    return whole


def _link(clause: str) -> str:
    if has_chinese(clause):
        return "，"
    if _BARE.match(clause.strip()):
        return " "
    return ", " if _JOINS.match(clause.strip()) else ", and "


def _small(clause: str) -> str:
    """Within a sentence: an ordinary first word without its capital."""
    return clause[:1].lower() + clause[1:] if _ORDINARY.match(clause) else clause


def _ended(question: str) -> str:
    if _QUESTION_END.search(question):
        return question
    return f"{question.rstrip(_ENDS)}{'？' if has_chinese(question) else '?'}"
