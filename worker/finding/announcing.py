"""Sentences with which a page says what it is about to say.

"This page describes how to move the server" has every word of the question how the server is moved, and
nothing of the answer. Pages say it in few forms, in both languages.
"""

from __future__ import annotations

import re
from functools import lru_cache

from worker.finding.blocks.atoms import Atom
from worker.sentences import sentences

LONGEST = 240
"""Characters of a sentence that does no more than announce."""
_PLACE = (
    r"(?:page|guide|document|doc|article|section|subsection|tutorial|chapter|topic|walkthrough|recipe|post)"
)
_SAYS = (
    r"(?:describe|explain|show|cover|outline|discuss|walk|guide|teach|detail|demonstrate|introduce|tell|"
    r"provide|contain|explore|help|is about|is for)"
)
_ANNOUNCES = re.compile(
    r"how to\b|"
    rf"(?:this|the following|the next|these) {_PLACE}s?\b[^.:]{{0,30}}?\b{_SAYS}(?:s|es)?\b|"
    rf"(?:in|on|throughout) (?:this|the following|the next) {_PLACE}s?\b,? (?:you|we|i)"
    r"(?:'ll| will| are going to| (?:can )?(?:learn|show|explain|describe|look|see|cover|walk|find out))\b|"
    r"(?:learn|discover|find out|read|see)(?: more)?(?: about)? (?:how|what you need) to\b|"
    r"(?:here|below)(?:'s| is| are)(?: some| the)? (?:how|steps|instructions)\b|"
    r"the (?:steps|instructions|procedure|following steps|following instructions) (?:below )?"
    r"(?:show|explain|describe|tell|walk)|"
    r"(?:怎样|怎么|如何)|"
    r"(?:本|这一?|下面这?|以下这?|下)(?:页|文|节|章|篇|篇?文章|文档|教程|指南|部分|小节|章节)[^。；]{0,16}?"
    r"(?:介绍|说明|讲|描述|演示|展示|解释|告诉|带你|带领|涵盖|给出|阐述|指导)|"
    r"(?:下面|以下|接下来)(?:我们|将|会|就)?(?:介绍|说明|讲解|描述|演示|展示|解释)",
    re.IGNORECASE,
)


def announces(atom: Atom) -> bool:
    """Whether it only says that something is going to be said."""
    return atom.kind == "paragraph" and len(atom.text) <= 2 * LONGEST and _only_announces(atom.text)


@lru_cache(maxsize=4096)
def _only_announces(text: str) -> bool:
    """Remembered, because pages are read again and again."""
    if "`" in text:
        return False
    said = [sentence.strip() for sentence in sentences(text)]
    return bool(said) and all(len(one) <= LONGEST and _ANNOUNCES.match(one) for one in said)
