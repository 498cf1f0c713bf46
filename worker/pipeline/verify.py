"""Verify: each sentence against the passage it cites; what no passage supports does not reach the card.

Support is measured without a model call: the share of the sentence's words that the passage has (numbers,
flags and identifiers count double), joined with the cosine of the sentence and the nearest part of the
passage. A number, flag or identifier that no source and not the question has refutes a sentence at once:
that is what made-up answers are made of; a "not" that the source lacks halves the support. Values that change
places within a passage are not noticed (bench/support.py says how often). The threshold is fitted on
bench/support.jsonl by `python -m bench.support`. A sentence that another source supports is cited to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot.config.fences import open_fence, opening
from index.text.terms import terms
from worker.excerpts import Excerpt
from worker.prompts import Similarity
from worker.sentences import blocks, outside_spans, pieces_of_prose, segments, sentences, split_spans

THRESHOLD = 0.56
"""Support from which on a sentence stays; fitted by bench/support.py."""
CODE_THRESHOLD = 0.6
"""Share of a code block's words that the sources must have."""
WINDOW = 3
"""Sentences of a passage that are compared with one sentence at a time."""
CONNECTIVE_TERMS = 4
"""A sentence without citation and with fewer terms than this claims nothing."""
MOST_ALIKE = 1.001
"""No cosine is above it, as exact as vectors are kept."""
DENIAL = 0.5
"""What is left of the support of a sentence that says "not" where the source does not."""
_NEGATION = re.compile(
    r"不(?![同仅只止断过少但])|没|未(?!来)|无[需须法]|[勿别](?!的)|禁止|"
    r"\b(?:not|never|no|none|cannot|without|nothing|neither|nor)\b|n't\b",
    re.IGNORECASE,
)
_CITATION = re.compile(r"(?:(?<!\s)\s++)?\[(\d{1,2})\]")
_HARD = re.compile(
    r"--?[a-zA-Z][\w-]*|\b\d+(?:\.\d+)+\b|\b\d{2,}\b|\b[a-zA-Z]+[_/.][\w./-]*\w|\b[a-z]+[A-Z]\w*"
)
_LIST_ITEM = re.compile(r"^(\s*(?:[-*+]|\d{1,3}[.)])\s+)(.*)$")
_BOLD = re.compile(r"\*\*(.+)\*\*")
_ITEM_LEAD = re.compile(r"(?:\s|>|[-*+]\s|\d{1,3}[.)]\s)*")
"""What stands before a code block's first line in a list item or quote."""


@dataclass
class Verified:
    """The answer after checking."""

    text: str = ""
    cited: list[int] = field(default_factory=list)
    """Numbers cited in what is left, in order of first use."""
    checked: int = 0
    dropped: int = 0
    recited: int = 0
    """Citations that were corrected or added."""
    cite: bool = False
    """Whether what is supported and cites nothing gets a citation."""


class Verifier:
    """Checks one answer against the excerpts it was written from."""

    def __init__(
        self,
        question: str,
        excerpts: Sequence[Excerpt],
        similarity: Similarity | None,
        threshold: float = THRESHOLD,
    ) -> None:
        self.excerpts = {excerpt.number: excerpt for excerpt in excerpts}
        self.similarity = similarity
        self.threshold = threshold
        self.plain = {number: _squeezed(f"{e.name}\n{e.text}") for number, e in self.excerpts.items()}
        self.question = _squeezed(question)

    def verify(self, answer: str) -> Verified:
        """Drops what is not supported, corrects citations and counts both.

        An answer that cites nothing gets the citations it should have: small models forget them.
        """
        if fence := open_fence(answer):  # an answer that was cut: nothing is to be written into its code
            answer = f"{answer.rstrip()}\n{fence.closing}"
        result = self._verified(answer, cite=False)
        if not result.cited and result.text:
            result = self._verified(answer, cite=True)
        return result

    def _verified(self, answer: str, *, cite: bool) -> Verified:
        result = Verified(cite=cite)
        kept = []
        for block in blocks(answer):
            if block.kind == "code":
                text = self._code(block.text, result)
            elif block.kind in ("heading", "other"):
                text = self._keep_known(block.text)
            elif block.kind == "table":
                text = self._whole(block.text, result)
            else:
                text = self._lines(block.text, result)
            if text:
                kept.append(text)
            if text and cite and block.kind == "code" and self.excerpts:
                kept.append(f"[{self._nearest(text)}]")
                result.recited += 1
        kept = _without_empty_lead(kept)
        result.text = "\n\n".join(kept)
        result.cited = self._cited(kept)
        return result

    def _cited(self, texts: Sequence[str]) -> list[int]:
        """Numbers cited in order of first use. `row[0]` in a program cites nothing."""
        prose = (part for text in texts for is_code, part in segments(text) if not is_code)
        numbers = (number for text in prose for number in _cited_in(text))
        return list(dict.fromkeys(number for number in numbers if number in self.excerpts))

    def _keep_known(self, text: str) -> str:
        """The text without citations of sources that do not exist."""
        known = lambda match: match.group() if int(match[1]) in self.excerpts else ""  # noqa: E731
        return outside_spans(text, lambda prose: _CITATION.sub(known, prose))

    def _lines(self, text: str, result: Verified) -> str:
        """A paragraph, list or quote, sentence by sentence; the code blocks in it stay as they are."""
        kept: list[str] = []
        for is_code, part in segments(text):
            kept += self._code_in_list(part, result) if is_code else self._prose_lines(part, result)
        return "\n".join(kept).strip("\n")

    def _prose_lines(self, text: str, result: Verified) -> list[str]:
        lines = text.split("\n")
        kept = []
        for place, line in enumerate(lines):
            item = _LIST_ITEM.match(line)
            lead, body = (item.group(1), item.group(2)) if item else ("", line)
            if self._is_place(body):
                kept.append(lead + self._keep_known(body))
                continue
            left = "".join(self._sentence(piece, result) for piece in pieces_of_prose(body)).rstrip()
            if left:
                kept.append(lead + left)
            elif not line.strip() and place in (0, len(lines) - 1):  # what parts it from the code beside it
                kept.append("")
        return kept

    def _is_place(self, line: str) -> bool:
        """Whether a line only names where its source stands, in bold: a heading states nothing."""
        if not (bold := _BOLD.fullmatch(_without_citations(line).strip())):
            return False
        steps = {_squeezed(step) for step in bold[1].split(" > ")}
        return any(
            steps <= {_squeezed(step) for step in self.excerpts[number].name.split(" > ")}
            for number in _cited_in(line)
            if number in self.excerpts
        )

    def _code_in_list(self, code: str, result: Verified) -> list[str]:
        """A code block in a list item or quote, with a citation below it where one is due.

        The citation is as far in as the item's text, so that it belongs to the item and not to the code.
        """
        kept = self._code(code, result)
        if not kept or not result.cite or not self.excerpts:
            return [kept] if kept else []
        result.recited += 1
        lead = _ITEM_LEAD.match(code)
        inside = re.sub(r"[^\s>]", " ", lead.group()) if lead else ""
        if opening(code[len(inside) :].split("\n", 1)[0]) is None:  # indented: four further in than its item
            inside = inside[:-4] if inside.endswith("    ") else inside
        return [kept, f"{inside}".rstrip(" ") if ">" in inside else "", f"{inside}[{self._nearest(kept)}]"]

    def _sentence(self, text: str, result: Verified) -> str:
        """The piece as it stays, with the white space after it; empty when nothing supports it."""
        cited = [number for number in _cited_in(text) if number in self.excerpts]
        bare = _without_citations(text).strip()
        if not cited and self._claims_nothing(bare):
            return self._with_citation(text, bare, result) if result.cite else text
        result.checked += 1
        candidates = cited or list(self.excerpts)
        number = next((number for number in candidates if self.supports(number, bare)), 0)
        if number and (cited or not result.cite):
            return self._keep_known(text)
        others = (other for other in self.excerpts if other not in candidates)
        number = number or next((other for other in others if self.supports(other, bare)), 0)
        if number:
            result.recited += 1
            return _with_number(text, bare, number)
        result.dropped += 1
        return ""

    def _with_citation(self, text: str, bare: str, result: Verified) -> str:
        """A short sentence, cited where a source has its very words."""
        words = _squeezed(bare)
        number = next((number for number, plain in self.plain.items() if words and words in plain), 0)
        result.recited += bool(number)
        return _with_number(text, bare, number) if number else text

    def _claims_nothing(self, sentence: str) -> bool:
        """Whether an uncited sentence only leads over to what follows."""
        short = len(terms(sentence)) < CONNECTIVE_TERMS or sentence.endswith((":", "："))
        return short and not self._unknown(sentence)

    def _whole(self, text: str, result: Verified) -> str:
        result.checked += 1
        bare = _without_citations(text)
        if any(self.supports(number, bare) for number in self.excerpts):
            return self._keep_known(text)
        result.dropped += 1
        return ""

    def _code(self, text: str, result: Verified) -> str:
        result.checked += 1
        wanted = set(terms(text))
        known = set().union(*map(self._words_of, self.excerpts))
        if not wanted or len(wanted & known) / len(wanted) >= CODE_THRESHOLD:
            return text
        result.dropped += 1
        return ""

    def _nearest(self, code: str) -> int:
        """The source that shares the most words with a code block."""
        wanted = set(terms(code))
        return max(self.excerpts, key=lambda number: len(wanted & self._words_of(number)))

    def _words_of(self, number: int) -> frozenset[str]:
        excerpt = self.excerpts[number]
        return _words_in(f"{excerpt.name} {excerpt.text}")

    def _unknown(self, text: str) -> set[str]:
        """Numbers, flags and identifiers that neither a source nor the question has."""
        tokens = {_squeezed(token) for token in _HARD.findall(text)}
        return {
            token
            for token in tokens
            if token not in self.question and not any(token in plain for plain in self.plain.values())
        }

    def supports(self, number: int, sentence: str) -> bool:
        """Whether excerpt `number` supports the sentence (given without citations)."""
        return self.support(number, sentence, self.threshold) >= self.threshold

    def support(self, number: int, sentence: str, least: float = 0.0) -> float:
        """0 (nothing in common, or an unknown hard token) to 1 (says the same).

        Where even the same meaning would not make it `least`, meaning is not looked at: what it is at most.
        """
        if _squeezed(sentence) in self.plain[number]:
            return 1.0
        if self._unknown(sentence):
            return 0.0
        left = DENIAL if self._denies(number, sentence) else 1.0
        overlap = self._overlap(number, sentence)
        most = left * max(overlap, 0.5 * overlap + 0.5 * MOST_ALIKE)
        return most if most < least else left * self._likeness(number, sentence, overlap)

    def _denies(self, number: int, sentence: str) -> bool:
        """Whether the sentence says "not" and what is nearest to it in the excerpt does not."""
        if not _NEGATION.search(sentence):
            return False
        wanted = set(terms(sentence))
        said = sentences(self.excerpts[number].text)
        near = sorted(said, key=lambda own: len(wanted & set(terms(own))), reverse=True)
        return not any(_NEGATION.search(own) for own in near[:2])

    def _likeness(self, number: int, sentence: str, overlap: float) -> float:
        if self.similarity is None or overlap >= 0.9:
            return overlap
        windows = _windows(self.excerpts[number].text)
        near = max((float(value) for value in self.similarity(sentence, windows)), default=0.0)
        return 0.5 * overlap + 0.5 * max(0.0, near)

    def _overlap(self, number: int, sentence: str) -> float:
        hard = {word for token in _HARD.findall(sentence) for word in terms(token)}
        wanted = set(terms(sentence))
        weights = {word: 2.0 if word in hard else 1.0 for word in wanted}
        total = sum(weights.values())
        return sum(weights[word] for word in wanted & self._words_of(number)) / total if total else 0.0


@lru_cache(maxsize=1024)
def _words_in(text: str) -> frozenset[str]:
    """The terms of a text; remembered, as the same passages are found for question after question."""
    return frozenset(terms(text))


def _cited_in(text: str) -> list[int]:
    """The numbers cited in a text, inline code left out."""
    prose = (part for part in split_spans(text) if not part.startswith("`"))
    return [int(number) for part in prose for number in _CITATION.findall(part)]


def _without_citations(text: str) -> str:
    return outside_spans(text, lambda prose: _CITATION.sub("", prose))


def _with_number(text: str, bare: str, number: int) -> str:
    """The sentence `bare` with one citation, between the white space around it in `text`."""
    return f"{text[: len(text) - len(text.lstrip())]}{bare} [{number}]{text[len(text.rstrip()) :]}"


def _windows(text: str) -> list[str]:
    """Overlapping runs of a few sentences, for comparing meaning."""
    found = sentences(text)
    step = max(1, WINDOW - 1)
    return [" ".join(found[start : start + WINDOW]) for start in range(0, len(found), step)]


def _squeezed(text: str) -> str:
    """Lower case, Markdown marks and white space gone: for looking up a quote."""
    return re.sub(r"[\s*_`#>|]+", "", text).lower() if text else ""


def _without_empty_lead(kept: list[str]) -> list[str]:
    """Headings and "as follows:" sentences that lost what they announced go too."""
    left: list[str] = []
    for position, text in enumerate(kept):
        last = position == len(kept) - 1
        heading = text.lstrip().startswith("#")
        announces = text.rstrip().endswith((":", "：")) and "\n" not in text
        if heading and (last or kept[position + 1].lstrip().startswith("#")):
            continue
        whole = "".join(pieces_of_prose(text)[:-1]).rstrip() if announces and last else text
        if whole:
            left.append(whole)
    return left
