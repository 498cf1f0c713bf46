"""Where a mark of a chat template stands: where a server puts one, or where an answer speaks of it.

Answers about language models are full of these words: "`<|im_end|>` ends a turn", "| <pad> | fills up |".
What was written for the server stands in a place of its own: at the very start, in a line of its own, right
behind a whole sentence, or at the end. In code, in a quote, a list, a table and amid a sentence a mark is a
word. What tells these apart lies before the mark, in its line, and in the ENOUGH characters behind it, so
that a reply in pieces is read as one that came whole.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass

from bot.config.fences import FenceReader, may_hold
from worker.engines.replies.mark_forms import RUN_OF_TURNS, WIDE

ENOUGH = 48
"""Characters behind a mark that settle whether it is one: more than any mark, role or word looked for."""

_SENTENCE = re.compile(r"(?:[.!?…。！？]|\[\d{1,3}\])['\"”’»」』)\]）】*_]*+\Z")
_NO_SENTENCE = re.compile(r"(?:\A\s*+(?:\d{1,9}|[a-zA-Z])|\b(?:e\.g|i\.e|etc|vs|cf))\.\Z", re.IGNORECASE)
"""The number of a list's item, and abbreviations: their full stop ends nothing."""
_ASKED_FOR = re.compile(r"(?:\b(?:what|which)\b|什么|哪).{0,60}[?？]\Z", re.IGNORECASE)
"""A question that a mark answers, where it speaks of marks: `What is the end token? <|im_end|>`."""
_ANSWERED_SO = re.compile(r"[?？][*_]*[ \t]++[<\[][^<>\[\]\n]{1,80}[>\]]\Z")
"""The end of a line that answers one: a question in the next line asks for a mark too."""
_WORD = re.compile(r"[\w)\]）】}`*|]\Z")
_ASCII_WORD = re.compile(r"[A-Za-z0-9)\]}`]\Z")
_NAMES_IT = re.compile(
    r"(?:\b(?:is|are|be|as|with|by|to|and|or|of|in|at|on|the|an?|tokens?|tags?|mark(?:er)?s?|called|named|uses?|"
    r"writes?|emits?|prints?|outputs?|sends?|adds?|appends?|generates?|returns?|after|before|until|like|than|not|"
    r"needs?|contains?|sees?|reads?|sets?|from|without|through|between|for|through)[ \t]++"
    r"|[:：,，、;；(（“\"'‘「『《=][ \t]*+|"
    r"[是为叫用以和与或及到成即由在出含有加的记如像于入遇见写按符签了][ \t]*+|"
    r"[:：]\*{2}[ \t]*+|(?:[→⇒➜—–]|[-=]>|\s-(?=\s))[ \t]*+)\Z",
    re.IGNORECASE,
)
"""What stands before a mark that a sentence names."""
_SPOKEN_OF = re.compile(
    r"\A(?:[ \t]++(?:is|are|was|were|means?|marks?|stands?|ends?|begins?|starts?|opens?|closes?|denotes?|"
    r"tells?|signals?|"
    r"indicates?|represents?|separates?|wraps?|delimits?|shows?|says?|fills?|and|or|to|in|at|of|for|with|as|should|"
    r"must|can|may|will|tokens?|tags?|mark(?:er)?s?|symbols?|special|never|does|has|have|belongs?|appears?|comes?|"
    r"follows?|goes|gets|needs?|closing|opening|itself|on|by|before|after|inside|between|blocks?|sections?)\b"
    r"|[ \t]*+(?:[,.:;，。：；、)）”」』》|=→]|是(?!的|否)|表示|代表|标[记签识志]|符号|"
    r"用[于来作以]|[和或及则会也的指即等时]|开头|开始|结[束尾]|作为|"
    r"之[前后间]"
    r"|对应|包[裹围含]|放在|不会|叫|后面|前面|以及|这[类样]))"
)
"""What stands behind one."""
_SMALL = re.compile(r"\A[ \t]++[a-z]")
_LATIN = re.compile(r"[A-Za-z0-9]")
_NO_TURN = re.compile(
    r"\A\s*+(?:[^\w\s<\"'“`#*\-\[{(]|(?<=\s)[a-z]|(?:user|assistant|system|tool|model|developer|"
    r"human)\b[ \t]++\S)"
)
_PAIRS = ("**", "__", '""', "''", "“”", "‘’", "「」", "()", "（）", "||", "//", "~~")
"""What stands before and behind a word that is set off."""
_LIST = re.compile(r"\A\s*+(?:[-+*>|#]|\d{1,9}[.)])(?:\s|\Z)")
_LEADS = re.compile(
    r"(?:\A[ \t]*+(?:[-+*>#•·]|\d{1,9}[.)]?(?=\s)|\d{1,9}[、)）])"
    r"(?>(?:[ \t]++(?:[-+*>#•·](?=\s)|\[[ xX]\]))*)|\|)[ \t]*+\Z"
)
"""The sign or number of a list's item, or the edge of a table's cell, with nothing behind it."""
_OF_MARKS = re.compile(
    r"\b(?:tokens?|tags?|mark(?:er)?s?|stop[ _-]?words?)\b|标[签记志识]|停止[词符]|特殊符", re.IGNORECASE
)
"""In a line that announces marks."""
_TICKS = re.compile(r"`++|[^`]++")
_TAG = re.compile(r"<[^<>\n]{1,80}>")
_NEAR = 200
"""Characters at a line's start, and as many at its end, that are looked at."""


@dataclass(frozen=True)
class Place:
    """What stands before a mark."""

    line: str
    """The text before it in its line."""
    above: str
    """The last line above it that is not empty, nor only such marks."""
    code: bool
    """Whether it stands between fences or backticks."""

    @property
    def begins_line(self) -> bool:
        """Whether there are at most three blanks before it."""
        return len(self.line) < 4 and not self.line.strip()

    @property
    def introduced(self) -> bool:
        """Whether it stands in a line of its own that the line above announces."""
        return self.above.rstrip("*_ ").endswith((":", "："))

    @property
    def behind_sentence(self) -> bool:
        """Whether a whole sentence stands before it in its line."""
        line = self.line.rstrip()
        return bool(_SENTENCE.search(line)) and not _NO_SENTENCE.search(line)

    @property
    def glued(self) -> bool:
        """Whether no blank parts it from what is before it."""
        return bool(self.line) and not self.line[-1].isspace()

    @property
    def named(self) -> bool:
        """Whether the words before it name it, or ask for it."""
        return bool(_NAMES_IT.search(self.line)) or self.asked_for

    @property
    def asked_for(self) -> bool:
        """Whether a question before it, parted from it by a blank, asks for a mark."""
        line = "" if self.glued else self.line.rstrip().rstrip("*_")[-_NEAR:]
        return self.asked_again or bool(_ASKED_FOR.search(line) and _OF_MARKS.search(line))

    @property
    def asked_again(self) -> bool:
        """Whether a question stands before it, below another that a mark answered."""
        asks = not self.glued and self.line.rstrip().rstrip("*_").endswith(("?", "？"))
        return asks and bool(_ANSWERED_SO.search(self.above))

    @property
    def listed(self) -> bool:
        """Whether a mark that ends the reply is what its line says: an item, a cell, or what is announced."""
        line = self.line.strip()
        if not line:
            return self.introduced
        if len(line) < 3 and line.isascii() and line.isdigit() and not self.above:  # a score
            return False
        return self.named or (bool(_LEADS.search(self.line)) and not self.line.endswith("|"))

    def announced(self, after: str) -> bool:
        """Whether the line above announces marks, and no empty line behind it ends thoughts."""
        if not (self.begins_line and self.introduced and _OF_MARKS.search(self.above)):
            return False
        return not after.startswith("\n\n")

    def set_off(self, after: str) -> bool:
        """Whether it stands between two signs that set off a word."""
        return self.line[-1:] + after[:1] in _PAIRS

    def names(self, after: str) -> bool:
        """Whether it is a word of a sentence, by what follows."""
        return spoken_of(after) or self.set_off(after)

    @property
    def behind_word(self) -> bool:
        """Whether it is glued to a word that does not name it."""
        return bool(_WORD.search(self.line)) and not self.named

    @property
    def behind_latin(self) -> bool:
        """The same of a word in Latin letters, with which no sentence runs a mark together."""
        return bool(_ASCII_WORD.search(self.line))


def spoken_of(after: str) -> bool:
    """Whether a sentence goes on behind a mark as behind a word."""
    return bool(_SPOKEN_OF.match(after))


def ends_line(after: str) -> bool:
    """Whether nothing stands behind it in its line."""
    return not after.partition("\n")[0].strip()


def lone_end(place: Place, after: str) -> bool:
    """Whether a closing mark without an opening one stands where a model ends what it began unseen."""
    if place.code or place.names(after):
        return False
    if place.begins_line:
        return not (_goes_on(after) or place.announced(after))
    if not place.glued:
        if place.asked_for:
            return False
        parted = after.startswith("\n\n") and not (place.named or _LIST.match(place.line))
        return parted or (place.behind_sentence and ends_line(after))
    return not place.named and (place.behind_sentence or place.behind_word)


def begins_part(place: Place, after: str) -> bool:
    """Whether an opening mark stands where a model begins something: at a line's start, behind a sentence."""
    if place.code or place.names(after) or (place.asked_again and ends_line(after)):
        return False
    return place.begins_line or place.behind_sentence


def ends_turn(place: Place, after: str, *, opens: bool, turn_follows: bool) -> bool:
    """Whether a mark between turns is one. `opens`: it begins a turn; `turn_follows`: another mark does."""
    if place.code:
        return False
    alone = ends_line(after) or turn_follows
    if place.begins_line:
        if alone:
            return turn_follows or not place.introduced
        return not place.names(after) and (_text_follows(after) if opens else _latin_follows(after))
    if not place.glued:
        if place.asked_for:
            return False
        says = opens and not place.names(after) and _text_follows(after)
        return place.behind_sentence and (alone or says)
    if place.behind_sentence:
        return not place.names(after)
    return alone and place.behind_word


def stands_alone(place: Place, after: str) -> bool:
    """Whether a mark that wraps a part of an answer is a word here: parted from what is on both sides."""
    if place.code:
        return True
    if place.begins_line:
        return not ends_line(after) and (spoken_of(after) or _goes_on(after))
    if ends_line(after) and place.behind_sentence:
        return False
    if place.set_off(after) or (spoken_of(after) and place.behind_sentence):
        return True
    return (not place.glued or place.named) and (spoken_of(after) or not after or after[0].isspace())


def _goes_on(after: str) -> bool:
    """Whether a sentence goes on in small letters."""
    return bool(_SMALL.match(after))


def _text_follows(after: str) -> bool:
    """Whether what somebody would say follows: no blank, or a sentence's first letter behind one."""
    return not _NO_TURN.match(after)


def _latin_follows(after: str) -> bool:
    return bool(_LATIN.match(after))


class Written:
    """The reply as far as it is certain; tells where its end stands, in time that does not grow with it."""

    def __init__(self) -> None:
        self._new: list[str] = []
        self._tags: set[str] = set()
        self._end = ""
        self._lines = FenceReader()
        self._above = ""
        self._line: list[str] = []
        self._near = ""
        self._span = self._ticks = 0
        """The backticks that began a code span in this line, and those at its end."""

    def add(self, text: str) -> None:
        """More of it."""
        self._new.append(text)

    def place(self) -> Place:
        """Where what comes next stands."""
        if self._new:
            new, self._new = "".join(self._new), []
            self._tags.update(map(str.lower, _TAG.findall(self._end + new)))
            self._end = (self._end + new)[-82:]
            first, *more = new.split("\n")
            self._line.append(first)
            for following in more:
                self._end_line("".join(self._line))
                self._line, self._near, self._span, self._ticks = [following], "", 0, 0
            self._go_on(self._line[-1])
        return Place(self._near, self._above, self._in_code())

    @property
    def fenced(self) -> bool:
        """Whether its last line, as far as `place` has looked, stands between fences."""
        return self._lines.fence is not None

    def holds(self, mark: str) -> bool:
        """Whether it speaks of a tag, as far as `place` has looked."""
        return mark.lower() in self._tags

    def _end_line(self, line: str) -> None:
        self._lines.read(line)
        if line.strip() and not RUN_OF_TURNS.fullmatch(line.translate(WIDE)):
            self._above = line.rstrip()[-_NEAR:]

    def _go_on(self, text: str) -> None:
        """More of the last line."""
        near = self._near + text
        self._near = near if len(near) <= 2 * _NEAR else near[:_NEAR] + near[-_NEAR:]
        for part in _TICKS.findall(text):
            if part[0] == "`":
                self._ticks += len(part)
            else:
                self._span, self._ticks = self._open_span(), 0

    def _open_span(self) -> int:
        """The backticks that began a code span which has not ended; 0 for none."""
        if not self._ticks:
            return self._span
        return self._ticks if not self._span else self._span * (self._ticks != self._span)

    def _in_code(self) -> bool:
        if self._open_span():
            return True
        if self._lines.fence is None and not may_hold(self._near):
            return self._lines.is_indented(self._near)
        reader = copy.deepcopy(self._lines)
        reader.read(self._near)
        return reader.fence is not None
