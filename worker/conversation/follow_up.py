"""A message after others -> a question that stands alone. By rules: no model is asked.

"那 awq 呢？" means nothing by itself, so the subject of the question before it is put in front of it: that
leads to the right page nearly as often as the question written out. A message that brings its own subject is
left alone, for the words of the old one would drag the search back to it. What people read is another text
(worker/conversation/spoken.py): both questions as they were put. Pure: what the documents know is asked of
`Documents`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.talk.whole import is_whole
from index.text.terms import terms
from worker.conversation.replaced import without_replaced
from worker.conversation.spoken import corrected, spoken
from worker.conversation.swapped import is_asked_of_things, names_a_thing, swapped

LONGEST = 300
"""Characters of the earlier question that are put in front where none of its words tells its subject."""
MOST_WORDS = 5
"""Words of the earlier question that are put in front."""
MANY_WORDS = 3
"""A message with so many words that were not said before has its own subject, if the documents are..."""
CERTAIN, FOREIGN = 0.9, 0.12
"""... certain to answer it, or, with one word less, certain not to."""
LIKELY, BETTER, BETTER_BY_ONE_WORD = 0.6, 1.1, 1.4
"""It also has where they likely answer it and its best passage beats that of both questions together by this
factor; by more where it has a single new word. bench.conversations measures all of these."""
MAY_BE = 0.4
"""So does a whole question in a main chat that names a thing of its own, where they may answer it."""


class Relation(StrEnum):
    """What a message is to what was said before."""

    ALONE = "alone"
    FOLLOW_UP = "follow_up"
    CORRECTION = "correction"


@dataclass(frozen=True)
class Standalone:
    """A question that stands alone, and how it came to be."""

    text: str
    """As a person would put it."""
    relation: Relation
    search: str = ""
    """What is searched for it, where that is another text: words that tell the subject, then the message."""

    @property
    def searched(self) -> str:
        """What is searched for it."""
        return self.search or self.text


@dataclass(frozen=True)
class Earlier:
    """A question before."""

    text: str
    """As it was asked."""
    understood: str = ""
    """As it was understood, where that is another text."""
    search: str = ""

    @property
    def searched(self) -> str:
        """What was searched for it."""
        return self.search or self.understood or self.text


@dataclass(frozen=True)
class Fit:
    """How well the documents answer a message as it stands."""

    probability: float
    """The gate's."""
    best: float
    """The best passage's score, about 0 to 1."""


class Documents(Protocol):
    """What the documents know; worker/conversation/known.py asks an index."""

    def subjects(self, text: str) -> Sequence[str]:
        """The text's own words that say something, rarest first."""

    def fit(self, text: str) -> Fit:
        """How well they answer it."""

    def likeness(self, text: str, others: Sequence[str]) -> Sequence[float]:
        """How much each of the others means the same, -1 to 1."""

    def is_common(self, word: str) -> bool:
        """Whether so many of them have it, or it names so many, that it is what all is about."""

    def project(self, text: str) -> str:
        """The text's word that names one project of several, as the text writes it; else empty."""


_POINTS = re.compile(
    r"^\s*+(?:那么?)?(?:其中|这?里[面边]|里头)|它|他们|她们|这个|那个|这些|那些|这种|那种|这样|那样|上面|上述|刚才|刚刚|前面|前者|后者|(一个|新的|别的|其他的|另外的)\s*+[?？。]*+\s*+$|第[一二三四五两]种|另一[个种]"
    r"|(?<![a-z])(it|its|it's|that|this|those|these|they|them|their|one|ones|same|former|latter)(?![a-z])",
    re.IGNORECASE,
)
"""Words that point at something said before."""
_CLAUSES = re.compile(r"[,，;；?？。]|(?<![a-z])(?:and|but|or|then)(?![a-z])", re.IGNORECASE)
_EMPTY_POINTERS = re.compile(
    r"(?<![a-z])(is|was|would|will) (it|this|that) (be )?"
    r"(possible|ok|okay|allowed|normal|true|safe|necessary)(?![a-z])"
    r"|(?<![a-z])(is|are) there(?![a-z])|(?<![a-z])(so that|it seems|that is)(?![a-z])",
    re.IGNORECASE,
)
"""English uses of such words that point at nothing."""
_OPENS = re.compile(
    r"^\s*((那么?(?!个|些|种|边|里)|然后|还有|另外|可是|但是|但|而|如果|要是|万一|不行|还是|还不|试了|试过"
    r"|为什么$|为啥$|怎么(办|做|弄|搞|改|配|看|用|办呢)?[?？]*$"
    r"|(and|but|so|or|also|what about|how about|what if|why not|then|did that|tried|still|even|only"
    r"|ok but|okay but|for how long|since when|by when|until when)(?![a-z])"
    r"|(why|how|when|where|who|which( one)?)\s*[?？]*$))",
    re.IGNORECASE,
)
"""Openings that go on from what was said."""
_LACKS_SUBJECT = re.compile(
    r"^\s*(能不能|能否|能(?=[^，,。]{1,20}吗)|可不可以|可以|可否|会不会|会(?=[^，,。]{1,20}吗)|支持|需不需要|需要|要不要|必须)"
)
"""Chinese questions that say of nothing what they ask: in a thread it is what was spoken of."""
_CLOSES = re.compile(
    r"(呢|也(可以|行|能|要|支持)(吗|么))\s*+[?？!！。]*+\s*+$"
    r"|(?<![a-z])(too|either|instead|as well|then|though)\s*+[?？.!]*+\s*+$",
    re.IGNORECASE,
)
_SWITCHES = re.compile(
    r"^\s*(换个问题|另一个问题|另外(问|请教)(一下|个)?|再问(一下)?个?(别的|其他的?)?|新问题|问个别的"
    r"|顺便问(一下|一句)?|对了|(another|different|unrelated|new) (question|topic)|by the way|btw"
    r"|on another note|changing topic)[，,:：。.\s]*",
    re.IGNORECASE,
)
"""Whoever begins so says that it is about something else."""
_CORRECTS = re.compile(
    r"^\s*(不对|不是|错了|说错了|打错了?|写错了|我(是说|指的是|的意思是|说的是|问的是)|应该是|更正"
    r"|(no|nope|sorry|wait|oops|actually)[,，\s]+((i (mean|meant)|it'?s|not|the)(?![a-z]))?"
    r"|i (mean|meant)(?![a-z])|correction|not what i)",
    re.IGNORECASE,
)
_DEFINES = re.compile(
    r"^\s*+(请问|想问一?下?|问一?下)?[，,\s]*+(什么是|什么叫|啥是|啥叫|何谓|何为)(?![什啥]|这|那)"
    r"|^\s*(so )?(what('s| is) an? |what is meant by |what does .{1,60} (mean|stand for))",
    re.IGNORECASE,
)
"""Asks what a thing is that it names itself: "什么是热词", "what is a gate", not "what is the default"."""
_NOT_BUT = re.compile(
    r"不是\s*(?P<old>[^，,。]{1,40})[，,]\s*(而?是|我(说|问)的是)\s*(?P<new>.{1,60})", re.DOTALL
)


def standalone(
    text: str, earlier: Sequence[Earlier], documents: Documents, *, whole_anew: bool = False
) -> Standalone:
    """The question after `earlier`, the questions before it, newest last.

    `whole_anew`: a whole question is taken for a new one if it has a subject of its own that the documents
    answer, or know nothing of. So it is in a group's main chat, where people ask one thing after the other;
    who goes on from an answer there does so in its thread, or says so.
    """
    if not earlier:
        return Standalone(text, Relation.ALONE)
    before = earlier[-1].searched
    if switch := _SWITCHES.match(text):
        rest = text[switch.end() :].strip()
        return Standalone(rest or text, Relation.ALONE)
    subject = documents.subjects(before)
    if _CORRECTS.match(text):
        return _corrected(text, earlier, before, subject, documents)
    back = points_back(text) or (not whole_anew and bool(_LACKS_SUBJECT.match(text)))
    if subject and not back and not _telling(subject, text):
        return Standalone(text, Relation.ALONE)  # it says all of the subject again
    if not back and _DEFINES.match(text) and documents.subjects(text):
        return _anew(text, "" if whole_anew else documents.project(before), documents)
    joined = _joined(before, subject, text, documents)
    anew = whole_anew and is_whole(text)
    if back or not _stands_alone(text, subject, joined, documents, anew):
        if _was_talk(before, text, back, documents):
            return standalone(text, earlier[:-1], documents, whole_anew=whole_anew)
        return Standalone(spoken(_chain(earlier), text), Relation.FOLLOW_UP, joined)
    return _anew(text, "" if whole_anew else documents.project(before), documents)


def _was_talk(before: str, text: str, back: bool, documents: Documents) -> bool:
    """Whether what was said before is nothing that the documents answer: it lends its words to no question.

    Two pieces neither of which is a question may still be one, and who points `back` may mean what was said,
    but not if the documents answer the question as it stands.
    """
    if not (is_whole(before) or is_whole(text)) or documents.fit(before).probability >= FOREIGN:
        return False
    return not back or documents.fit(text).probability >= LIKELY


def _anew(text: str, project: str, documents: Documents) -> Standalone:
    """A question that stands alone. In a thread about one `project` of several it means that one too.

    What only another project's documents have is found there all the same.
    """
    if not project or documents.project(text):
        return Standalone(text, Relation.ALONE)
    return Standalone(text, Relation.FOLLOW_UP, f"{project} {text}")


def points_back(text: str) -> bool:
    """Whether its words say that it goes on from what was said, and not from its own first half."""
    plain = _EMPTY_POINTERS.sub(" ", text)
    if _OPENS.search(plain) or _CLOSES.search(plain):
        return True
    pointer = _POINTS.search(plain)
    return pointer is not None and not _has_said(plain[: pointer.start()])


def _has_said(before: str) -> bool:
    """Whether a question of its own stands before the clause in which the first pointer stands.

    "Which port does it use" points back; "which port does Harbor use and how do I change it" at its own port.
    """
    *_, clause = [0, *(found.start() for found in _CLAUSES.finditer(before))]
    head = before[:clause]
    return is_whole(head.rstrip(" ,，、;；")) and len(terms(head)) > 1


def _stands_alone(text: str, subject: Sequence[str], joined: str, documents: Documents, anew: bool) -> bool:
    """Whether it brings a subject of its own, for which the documents have an answer better without the old
    one; or a subject of which they know nothing, which must not be lent the old one's."""
    old = {word.lower() for word in subject}
    new = [word for word in documents.subjects(text) if word.lower() not in old]
    if not new or (anew and all(map(is_asked_of_things, new))):
        return False
    alone = documents.fit(text)
    if len(new) >= MANY_WORDS and alone.probability >= CERTAIN:
        return True
    if len(new) >= (1 if anew else MANY_WORDS - 1) and alone.probability < FOREIGN:
        return True
    if anew and alone.probability >= (MAY_BE if any(map(names_a_thing, new)) else LIKELY):
        return True
    better = BETTER if len(new) > 1 else BETTER_BY_ONE_WORD
    return alone.probability >= LIKELY and alone.best >= better * documents.fit(joined).best


def _corrected(
    text: str, earlier: Sequence[Earlier], before: str, subject: Sequence[str], documents: Documents
) -> Standalone:
    """The earlier question with what was wrong in it replaced, where the correction names it."""
    swap = _NOT_BUT.search(text)
    if swap and (old := swap["old"].strip()) in before:
        new = swap["new"].strip(" 。.!！")
        last = earlier[-1].understood or earlier[-1].text
        said = last.replace(old, new) if old in last else before.replace(old, new)
        return Standalone(said, Relation.CORRECTION, before.replace(old, new))
    rest = _meant(text)
    return Standalone(
        corrected(_chain(earlier), rest), Relation.CORRECTION, _joined(before, subject, rest, documents)
    )


def _meant(text: str) -> str:
    """What a correction says was meant."""
    rest = text
    while rest and (found := _CORRECTS.match(rest)) and found.end():
        rest = rest[found.end() :].strip(" ，,：:")
    return rest or text


def _chain(earlier: Sequence[Earlier]) -> list[str]:
    """What was said on the matter, oldest first: from the last question that stood alone on, by itself or as
    it was written out."""
    chain: list[str] = []
    for one in reversed(earlier):
        alone = one.search in ("", one.understood)
        chain.insert(0, (one.understood or one.text) if alone else one.text)
        if alone:
            break
    return chain


def _joined(before: str, subject: Sequence[str], text: str, documents: Documents) -> str:
    """The earlier question with the new one's thing in it; else what it was about, in its own order, then the
    new one.

    Its other words (how, do, 怎么) go: they make the search look for the old question again. So do an action
    and a number that the new one has another of.
    """
    telling = _telling(subject, text)
    if found := swapped(telling, before, text, documents.is_common, documents.likeness):
        telling = [word for word in telling if word not in found] or telling
    telling = without_replaced(telling, before, text)
    kept = sorted(telling, key=before.find)
    return " ".join([*kept, text]) if kept else f"{before[:LONGEST]} {text}"


def _telling(subject: Sequence[str], text: str) -> list[str]:
    """The words of the earlier question that tell its subject and are not said again."""
    said = text.lower()
    return [word for word in subject[:MOST_WORDS] if word.lower() not in said]
