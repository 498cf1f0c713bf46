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
_ASKING = (
    r"(?=(how|what|why|when|where|who|which|is|are|do|does|did|can|could|should|would|will|i|we|my|has|have"
    r"|anyone|any|please|tell|explain)(?![\w'-]))"
)
"""An English question begins."""
_AFTER_GREETING = rf"([,，!！。~]++\s*+|\.(?=\s)\s*+|\s*+$|\s++{_ASKING})"
"""A greeting ends here: "Hello world" and "hello.py" are no greetings."""
_OPENING = re.compile(
    r"^\s*+(?>((请问|想问|问|想请教|请教)(一下|下(?![载拉面划线标游级行列降单架次层一发推属部沉]))[，,：:\s]*+"
    r"|(请问|想问|想请教)[，,：:\s]*+"
    r"|(各位)?大佬们?[，,：:\s]*+|各位(?=[，,：:\s请想有谁好])好?[，,：:\s]*+"
    r"|(hi|hello|hey)(?![\s,.!]*+world)"
    rf"(\s++(there|all|everyone|everybody|guys|folks|team|again))?{_AFTER_GREETING}"
    rf"|(hi|hello|hey)\s++(?!world)(?-i:[A-Z][a-z]++)[,，!！]\s*+{_ASKING}"
    rf"|please(,\s*+|\s++{_ASKING}))+)",
    re.IGNORECASE,
)
"""What a question begins with that belongs to the moment it was asked in."""
_CLAUSE_END = re.compile(r"[。！？；!?;\n]|\.(?=\s)")
_BARE = frozenset(["if", "unless", "because", "while", "without", "with", "for", "in", "on", "to"])
"""English that belongs to the clause before: no comma either."""
_JOINS = _BARE | frozenset(["and", "but", "or", "so", "then", "even", "only", "also", "plus", "still"])
"""English that goes on by itself: no "and" before it."""
_ORDINARY = _JOINS | frozenset(
    [
        "what",
        "how",
        "which",
        "who",
        "where",
        "when",
        "why",
        "is",
        "are",
        "does",
        "do",
        "did",
        "can",
        "could",
        "should",
        "would",
        "will",
        "it",
        "that",
        "this",
        "these",
        "those",
        "they",
        "the",
        "an",
    ]
)
"""Words that have a capital only where a sentence begins. Not "A": "A record" names one."""
_QUESTION_END = re.compile(r"[?？!！。]\s*$|[^.]\.\s*$")


def spoken(chain: Sequence[str], text: str) -> str:
    """The follow-up `text` after what was said on the matter, oldest first, as one question."""
    return _ended(_joined([*_kept(chain), text]), text)


def corrected(chain: Sequence[str], text: str) -> str:
    """The same for a correction: `text` is what was meant."""
    before = _joined(_kept(chain))
    if not before:
        return _ended(text, text)
    link = ", I mean "
    if has_chinese(before) or has_chinese(text):
        link = "，我是说" if has_chinese(text[:1]) else "，我是说 "
    return _ended(f"{before}{link}{_small(text)}", text)


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
        whole += f"{_link(whole, clause)}{_small(clause.strip())}"
    return whole


def _link(before: str, clause: str) -> str:
    """What joins them, in the language that either is in: a Chinese question goes on in Chinese."""
    if has_chinese(before) or has_chinese(clause):
        return "，"
    first = _first_word(clause)
    if first in _BARE:
        return " "
    return ", " if first in _JOINS or clause.strip().lower().startswith("when i ") else ", and "


def _first_word(clause: str) -> str:
    """In lower case; empty where it is written as no ordinary word is: "TO_DATE", "IS-IS", "IT"."""
    begun = clause.split(maxsplit=1)
    word = begun[0].rstrip(_ENDS).split("'")[0] if begun else ""
    return word.lower() if word[1:] == word[1:].lower() else ""


def _small(clause: str) -> str:
    """Within a sentence: an ordinary first word without its capital."""
    return clause[:1].lower() + clause[1:] if _first_word(clause) in _ORDINARY else clause


def _ended(question: str, text: str) -> str:
    """With the mark that a question ends with; `text` is what was said last."""
    chinese = has_chinese(question)
    if chinese and not has_chinese(text):
        return f"{question.rstrip(_ENDS)}？"
    if _QUESTION_END.search(question):
        return question
    return f"{question.rstrip(_ENDS)}{'？' if chinese else '?'}"
