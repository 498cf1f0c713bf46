"""Questions whose answer turns on one small word: how to keep something from happening, and yes or no.

"How do I stop it from upgrading" has the words of the page that says how to upgrade, and "must I have a
console" those of the page that sets one up. What answers says how it is turned off, or that it is required or
not, and an answer under a question of the same sense begins with yes or no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from worker.finding.asked import YES_OR_NO, Asked
from worker.finding.blocks.atoms import Atom
from worker.finding.kinds import answers_kind, kinds_asked
from worker.finding.sections import Words
from worker.finding.shares import share_of

TO_DO = frozenset({"how", "command"})
TURNED = ("turned_off", "says_whether", "verdict", "asks_alike", "code_for_must")
NOT_TURNED = (0.0,) * len(TURNED)
"""The numbers of TURNED where a question does not turn on such a word."""


def turned_numbers(
    asked: Asked, atom: Atom, words: Words, heading: str, *, about: float, alike: float, place: int
) -> Sequence[float]:
    """The numbers of TURNED for an atom, for a question that `turns`.

    `about`: how much of the question the atom has with all above it; `alike`: how much the heading and the
    question are one; `place`: of the atom in its section.
    """
    whether = bool(asked.kinds & YES_OR_NO)
    wanted = "disabled" if "disabled" in asked.kinds else "off"
    off = "off" in asked.kinds and answers_kind(wanted, f"{atom.lead}\n{atom.text}\n{heading}")
    under = whether and _asks_whether(heading)
    kind = "must" if "must" in asked.kinds else "modal"
    said = place == 0 and (
        answers_kind("verdict", atom.text)
        or (under and atom.kind != "code" and answers_kind(kind, atom.text))
    )
    return (
        about * off,
        _says_whether(asked, words, kind) if whether else 0.0,
        about * (whether and said),
        alike * under,
        float("must" in asked.kinds and not asked.kinds & TO_DO and atom.kind == "code"),
    )


@lru_cache(maxsize=4096)
def _asks_whether(heading: str) -> bool:
    """Whether a heading is a question with yes or no."""
    return bool(kinds_asked(heading) & YES_OR_NO)


def _says_whether(asked: Asked, words: Words, kind: str) -> float:
    """How much of the question the sentence has that says whether something can or must be."""
    return max(
        (
            share_of(asked, sentence)
            for text, sentence in zip(words.said, words.sentences, strict=True)
            if answers_kind(kind, text)
        ),
        default=0.0,
    )


_OFF = re.compile(
    r"\b(?:stop|keep|prevent|block|forbid|avoid)\b(?:[^\n.?!]{1,60}?\bfrom\b)?|"
    r"\b(?:don'?t|do not|doesn'?t|does not) want\b|"
    r"\bno longer\b|\bget(?:ting)? rid of\b|\b(?:itself|himself|themselves|on (?:its|their) own|by itself)\b|"
    r"不想(?:要|让|再|被|用)?|(?<!要)不要|不让|不希望|别再?让?|避免|防止|不再|阻止|怎么不|如何不|怎样不|要加|什么参数",
    re.IGNORECASE,
)
_SAYS_OFF = re.compile(r"disabl|turn off|禁用|关闭", re.IGNORECASE)
_OFF_WORDS = {"en": "disable", "zh": "禁用 关闭"}


def off_query(asked: Asked) -> str:
    """What to look for where a question asks how to keep something from happening in words of its own.

    Empty for any other question: pages say it with the word for turning off.
    """
    if "off" not in asked.kinds or _SAYS_OFF.search(asked.text):
        return ""
    about = " ".join(_OFF.sub(" ", asked.about).split()).strip("?？ ,，")
    return f"{_OFF_WORDS[asked.language]} {about}" if about else ""
