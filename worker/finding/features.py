"""What is measured of an atom against a question: words, meaning, place, and the kind of answer.

Shares and cosines only, so that a number means the same in every index and in both languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.finding.asked import Asked, Waited, tells_more
from worker.finding.blocks.atoms import Atom
from worker.finding.blocks.labels import names_a_way, ways_in
from worker.finding.blocks.pieces import is_command
from worker.finding.blocks.tidy import one_line
from worker.finding.forms.definition import defines, goes_without_name, is_introduction
from worker.finding.forms.needed import tells_version
from worker.finding.kinds import answers_kind
from worker.finding.sections import SectionRead, Words, section_words, words_of
from worker.finding.shares import precision_of, rarest_of, share_of, share_of_names, share_told
from worker.finding.turned import NOT_TURNED, TO_DO, TURNED, turned_numbers
from worker.sentences import sentences

CHANCE = 0.25
"""Cosine that any two texts of one subject have; only what is above counts."""
NOTHING_NEW = 2
"""An atom with so few terms of its own repeats what stands around it."""
BODY = 300
"""Characters of an atom that its meaning is taken from."""
ECHOED = 0.2
"""So much more of the question above an atom than in it: it stands under an echo of the question."""
STANDS_AT_HEAD = 0.3
"""What standing at the head of a page or section about the subject counts of saying what it is."""
WITHOUT_NAME = 2.2
"""What a head line that says it without any word of the question counts: its heading has the name."""


FEATURES = (
    "own_words", "near_words", "heading_words", "title_words", "section_words", "all_words",
    "best_sentence", "rarest", "names", "meaning", "meaning_heading", "dense", "found", "page_found",
    "value", "value_missing", "value_near", "kind", "kind_missing", "code_for_how", "after_echo",
    "echo", "length", "long", "row", "item", "introduction", "links", "language", "heading_precise",
    "title_precise", "early", "default", "empty", "defines", "new_value", "exact_value", "code",
    "needed", "way",
    *TURNED,
    "second_look",
)  # fmt: skip
MEANING = FEATURES.index("meaning")
"""An atom's own; its heading's is the next."""
SECOND_LOOK = FEATURES.index("second_look")
"""0 for what got none; see worker/finding/second_look."""


def measure(
    asked: Asked, section: SectionRead, atoms: Sequence[tuple[Atom, Words]]
) -> list[tuple[float, ...]]:
    """The numbers of FEATURES for each of a section's `atoms`; those of meaning are its section's."""
    above = _above(asked, section, atoms)
    return [_of_atom(asked, section, above, atom, words, place) for place, (atom, words) in enumerate(atoms)]


@dataclass(frozen=True)
class _Above:
    """What the atoms of a section have in common. Of the sets but `said` and `known`, only telling words."""

    said: frozenset[str]
    known: frozenset[str]
    """What is said above the atoms, and the question's own words."""
    telling: frozenset[str]
    heading: frozenset[str]
    shares: tuple[float, float, float]
    """How much of the question heading, title and section have."""
    heading_precise: float
    title_precise: float
    meaning: list[float]
    """How much nearer than by chance the section is in meaning, its heading, and the section again."""
    introduction: float
    language: float
    own_ways: frozenset[str]
    """The ways of one thing that the heading names."""
    ways: frozenset[str]
    """Those that the labels in the section name; only where the question names any."""


def _above(asked: Asked, section: SectionRead, atoms: Sequence[tuple[Atom, Words]]) -> _Above:
    excerpt, telling, own_heading = section.excerpt, asked.telling, section.heading
    heading = words_of(own_heading)
    title = words_of(f"{excerpt.title} {excerpt.path.replace('/', ' ')}")
    said = heading | title | words_of(" ".join(excerpt.heading_path))
    of_heading = heading & telling
    return _Above(
        said=said,
        known=said | asked.own,
        telling=said & telling,
        heading=of_heading,
        shares=(
            share_told(asked, of_heading),
            share_told(asked, title & telling),
            share_told(asked, section_words(excerpt.text) & telling),
        ),
        heading_precise=precision_of(asked, own_heading),
        title_precise=precision_of(asked, excerpt.title),
        meaning=of_cosines(section.dense, section.dense_heading, section.dense),
        introduction=float(section.first and len(excerpt.heading_path) <= 1),
        language=float(excerpt.language in ("", asked.language)),
        own_ways=ways_in(own_heading) if asked.ways and names_a_way(own_heading) else frozenset(),
        ways=frozenset().union(*(_ways_of(atom) for atom, _ in atoms)) if asked.ways else frozenset(),
    )


def _of_atom(
    asked: Asked, section: SectionRead, above: _Above, atom: Atom, words: Words, place: int
) -> tuple[float, ...]:
    """Some hundred atoms are measured for a question: what several of them share is worked out above."""
    text, near = words.text & asked.telling, words.near & asked.telling
    if atom.kind == "row" and text:  # what a cell says, its column's name says with it
        text |= near
    headed = near | above.heading if near else above.heading
    around = text.union(near, above.telling) if text or near else above.telling
    waited = asked.waits_for
    new = asked.without_own(atom.text) if asked.kinds else ""
    share, about, share_headed = share_told(asked, text), share_told(asked, around), share_told(asked, headed)
    precise = max(above.heading_precise, precision_of(asked, atom.heading) if atom.heading else 0.0)
    return (
        share,
        share_told(asked, near),
        *above.shares,
        about,
        _best_sentence(asked, words, share),
        rarest_of(asked, text | headed),
        share_of_names(asked, around),
        *above.meaning,
        section.found_at(atom),
        section.page_found,
        *_of_kind(asked, atom, words, new),
        float(bool(waited.others & OF_TROUBLE) and share_headed > share + ECHOED),
        1.0 / (1 + len(words.text) - len(words.text & asked.own)),
        *words.shape,
        above.introduction,
        words.links,
        above.language,
        precise,
        above.title_precise,
        1.0 / (1 + place),
        float("default" in asked.kinds and answers_kind("default", f"{atom.lead} {atom.text}")),
        float(_says_nothing(asked, atom, words, above, new)),
        _defines(asked, section, above, atom, words.text, place) if asked.subject else 0.0,
        float(bool(waited.inexact) and tells_more(asked, waited.inexact, atom.told)),
        float(bool(waited.exact) and tells_more(asked, waited.exact, atom.told)),
        float(atom.is_code and bool(waited.others & TO_DO) and _may_be_run(waited, atom)),
        tells_version(asked.needed, atom.told, section.heading) if asked.needed else 0.0,
        about * _way(asked, atom, above) if asked.ways else 0.0,
        *(
            turned_numbers(
                asked,
                atom,
                words,
                atom.heading or section.heading,
                about=about,
                alike=share_headed * precise,
                place=place,
            )
            if asked.turns
            else NOT_TURNED
        ),
        0.0,
    )


def _best_sentence(asked: Asked, words: Words, share: float) -> float:
    """The most that a sentence has of the question; `share`: what the atom has, which may be one."""
    if len(words.sentences) == 1 and words.sentences[0] == words.text:
        return share
    return max([share_of(asked, sentence) for sentence in words.sentences], default=0.0)


def _may_be_run(waited: Waited, atom: Atom) -> bool:
    """Whether code is something to do: where something is wrong, a log only says the question again."""
    return "trouble" not in waited.others or is_command(atom.text)


def _way(asked: Asked, atom: Atom, above: _Above) -> float:
    """1 for what stands under the way that the question names, such as its system; -1 under one beside it."""
    own = _ways_of(atom) or above.own_ways
    if own & asked.ways:
        return 1.0
    return -1.0 if own and above.ways & asked.ways else 0.0


def _ways_of(atom: Atom) -> frozenset[str]:
    """The ways of one thing that the label above an atom names."""
    label = atom.heading or (atom.lead if atom.kind == "code" else "")
    return ways_in(label) if label and names_a_way(label) else frozenset()


OF_TROUBLE = frozenset({"trouble", "reason"})


def _defines(
    asked: Asked, section: SectionRead, above: _Above, atom: Atom, words: frozenset[str], place: int
) -> float:
    """1 for an atom that says what the question's subject is, and something for standing where that is said.

    That is the first below a heading that is the subject and nothing else, or at the head of such a page.
    """
    if atom.kind == "code":
        return 0.0
    told = [one_line(sentence) for sentence in sentences(atom.text)[:2]]
    said = max((defines(asked.subject, sentence) for sentence in told), default=0.0)
    head = above.title_precise if section.first or is_introduction(section.heading) else 0.0
    at_head = max(head, float(above.heading_precise == 1.0)) if place == 0 else 0.0
    if at_head == 1.0 and goes_without_name(asked.subject, told[0] if told else ""):
        said = 1.0 if words & asked.telling else WITHOUT_NAME
    return said + STANDS_AT_HEAD * at_head


def _says_nothing(asked: Asked, atom: Atom, words: Words, above: _Above, new: str) -> bool:
    """Whether it only repeats the headings, or the question too and has nothing of what is asked for."""
    if not atom.lead and words.bare <= above.said:
        return True
    kinds = asked.looked_for
    most = NOTHING_NEW + len(above.known)
    if not kinds or len(words.bare) > most or len(words.bare - above.known) > NOTHING_NEW:
        return False
    return not any(answers_kind(kind, new) for kind in kinds)


def of_cosines(*cosines: float) -> list[float]:
    """How much nearer in meaning than by chance."""
    return [max(0.0, cosine - CHANCE) for cosine in cosines]


OF_NO_KIND = [0.0, 0.0, 0.0, 0.5, 0.0, 0.0]


def _of_kind(asked: Asked, atom: Atom, words: Words, new: str) -> list[float]:
    """Whether it has what an answer of the kind asked for has; `new`: its text without the question's."""
    values, kinds = asked.waits_for.values, asked.waits_for.others
    if not values and not kinds:
        return OF_NO_KIND
    with_value = any(answers_kind(kind, atom.told) for kind in values)
    matched = sum(answers_kind(kind, new) for kind in kinds)
    return [
        float(with_value),
        float(bool(values) and not with_value),
        _value_near(asked, values, atom, words),
        matched / len(kinds) if kinds else 0.5,
        float(bool(kinds) and not matched),
        float(bool(kinds & TO_DO) and "`" in atom.text),
    ]


def _value_near(asked: Asked, values: frozenset[str], atom: Atom, words: Words) -> float:
    """How much of the question the sentence has that holds a value of the kind asked for.

    That may be the one that announces the atom: "Every Friday everyone posts:".
    """
    if not values:
        return 0.0
    said = [*zip(words.said, words.sentences, strict=True)]
    if atom.told is not atom.text:
        said.append((atom.lead, words.near))
    return max(
        (share_of(asked, own) for text, own in said if any(answers_kind(kind, text) for kind in values)),
        default=0.0,
    )
