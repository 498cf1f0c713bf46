"""Texts that make a regular expression look again and again, made from the expression itself.

The expression's own parse tree says what it repeats and what stands before that. Each repetition is fed with
long runs of what it takes, of what stands before it, and of both, with endings that keep the whole from
matching. What grows faster than its text on one of these takes minutes on a page somebody made for it.
"""

from __future__ import annotations

import re
import re._constants as op
import re._parser as parser
import time
from collections.abc import Callable, Iterator
from typing import Any

PROBES = " a1-\n#*_[(<`|:./!~>])}{$&'\"\\中=@\t"
ENDINGS = ("", "\x00", "\n!", "a")


def hostile_texts(pattern: re.Pattern[str], size: int) -> Iterator[str]:
    """Texts of about `size` characters."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE | (pattern.flags & re.VERBOSE))
    named = [probe for probe in PROBES if probe in " a1" or probe in pattern.pattern][:9]
    for before, body in dict.fromkeys(_repetitions(tree, "")):
        if len(body) == 1 and body not in named:
            continue
        for unit in dict.fromkeys((body, before + body, before, body + before)):
            if not unit:
                continue
            pumped = unit * (size // len(unit))
            for ending in ENDINGS:
                yield before + pumped + ending
                yield pumped + ending
    for character in PROBES:
        yield character * size


def _repetitions(tree: Any, before: str) -> Iterator[tuple[str, str]]:
    """(what stands before, what is repeated) for every repetition without a small bound."""
    for kind, value in tree:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            _, most, body = value
            if most > 3:
                for sample in _samples(body):
                    yield before, sample
            yield from _repetitions(body, before)
        elif kind is op.SUBPATTERN:
            yield from _repetitions(value[3], before)
        elif kind is op.ATOMIC_GROUP:
            yield from _repetitions(value, before)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from _repetitions(branch, before)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from _repetitions(value[1], before)
        before += _sample([(kind, value)])


def _samples(tree: Any) -> list[str]:
    """Some texts that the tree takes."""
    if len(tree) == 1 and tree[0][0] in (op.IN, op.ANY, op.NOT_LITERAL, op.LITERAL, op.CATEGORY):
        return [probe for probe in PROBES if _takes(tree[0], probe)] or [_sample(tree)]
    return [_sample(tree)]


def _sample(tree: Any) -> str:
    """One text that the tree takes, or nearly."""
    return "".join(_sample_of(kind, value) for kind, value in tree)


def _sample_of(kind: Any, value: Any) -> str:
    if kind is op.LITERAL:
        return chr(value)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return _sample(value[2]) * max(value[0], 1 if value[1] > 1 and not value[0] else value[0])
    if kind is op.SUBPATTERN:
        return _sample(value[3])
    if kind is op.ATOMIC_GROUP:
        return _sample(value)
    if kind is op.BRANCH:
        return _sample(value[1][0])
    if kind in (op.IN, op.ANY, op.NOT_LITERAL, op.CATEGORY):
        return next((probe for probe in "a 1" + PROBES if _takes((kind, value), probe)), "a")
    return ""


def _takes(node: Any, character: str) -> bool:
    kind, value = node
    if kind is op.ANY:
        return character != "\n"
    if kind is op.LITERAL:
        return chr(value) == character
    if kind is op.NOT_LITERAL:
        return chr(value) != character
    if kind is op.CATEGORY:
        return _in_category(value, character)
    negated, found = False, False
    for inner, what in value:
        if inner is op.NEGATE:
            negated = True
        elif inner is op.RANGE:
            found = found or what[0] <= ord(character) <= what[1]
        else:
            found = found or _takes((inner, what), character)
    return found != negated


def _in_category(category: Any, character: str) -> bool:
    named = {
        op.CATEGORY_DIGIT: character.isdigit(),
        op.CATEGORY_SPACE: character.isspace(),
        op.CATEGORY_WORD: character.isalnum() or character == "_",
    }
    opposite = {
        op.CATEGORY_NOT_DIGIT: op.CATEGORY_DIGIT,
        op.CATEGORY_NOT_SPACE: op.CATEGORY_SPACE,
        op.CATEGORY_NOT_WORD: op.CATEGORY_WORD,
    }
    return not named[opposite[category]] if category in opposite else named[category]


def growth(pattern: re.Pattern[str], small: str, large: str) -> float:
    """How many times longer the larger text takes, the best of several tries each."""
    return _best(pattern, large, 3) / max(_best(pattern, small, 5), 1e-9)


def is_linear(work: Callable[[int], object], size: int) -> bool:
    """Whether four times the size takes less than ten times as long in one of nine tries.

    A square takes sixteen times as long in each of them, on a machine of any speed.
    """

    def took(size: int) -> float:
        started = time.thread_time()
        work(size)
        return time.thread_time() - started

    return any(took(4 * size) < 10 * min(took(size) for _ in range(3)) for _ in range(9))


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """One look for all matches in a text."""
    started = time.thread_time()
    for _ in pattern.finditer(text):
        pass
    return time.thread_time() - started


def _best(pattern: re.Pattern[str], text: str, tries: int) -> float:
    return min(seconds(pattern, text) for _ in range(tries))
