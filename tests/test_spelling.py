"""Misspelt words of a question: found as the documents write them; names of other things stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from index.text.spelling import spelt
from index.text.terms import stem

WORDS = (
    "sabbatical permission environment keyboard configuration warehouse lantern enable "
    "token valid stack backup group shouldns lamp"
)
KNOWN = {stem(word): 3 for word in WORDS.split()}


def frequencies(terms: Sequence[str]) -> list[int]:
    return [KNOWN.get(term, 0) for term in terms]


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("how long before a sabatical?", "how long before a sabbatical?"),
        ("permision denied", "permission denied"),
        ("set the enviroment", "set the environment"),
        ("the keybaord is dead", "the keyboard is dead"),
        ("how long is a tokn valld", "how long is a token valid"),
        ("a bakup of my gruop", "a backup of my group"),
        ("make a bakup of my goup", "make a backup of my group"),
        ("Configration of the wharehouse", "configuration of the warehouse"),
    ],
)
def test_a_word_one_letter_away_is_read_as_the_documents_write_it(question: str, meant: str) -> None:
    assert spelt(question, frequencies) == meant


@pytest.mark.parametrize(
    "question",
    [
        "grafana dashboards",
        "esphome sensor offline",
        "my sabatical_days setting",
        "open keyboad.yaml",
        "see docs/enviroment",
        "笔记本怎么领",
        "table and cable",
        "why shouldnt i open the warehouse",
        "does it work with slack or toke",
        "the lanpt of rlamp and lampz",
        "EnvirOnment of toKen",
        "用 VAlid 还是 KeybOard",
        "用 SLantern 行吗",
        "",
    ],
)
def test_other_names_identifiers_and_common_words_stay(question: str) -> None:
    assert spelt(question, frequencies) == question


def test_only_a_few_words_are_looked_at() -> None:
    """A pasted text of nonsense costs no more than a question."""
    question = " ".join(["sabatical"] * 50)
    assert spelt(question, frequencies).split().count("sabbatical") == 6
