"""Every sentence stands once, in both languages, and asks for the same values in both."""

from __future__ import annotations

import importlib
import pkgutil
import string

import pytest

import bot.messages
from bot.messages import SENTENCES, because_ignored, say


def rooms() -> dict[str, dict[str, tuple[str, str]]]:
    """The sentences of each module of the room."""
    names = [module.name for module in pkgutil.iter_modules(bot.messages.__path__)]
    modules = {name: importlib.import_module(f"bot.messages.{name}") for name in names}
    return {name: module.SENTENCES for name, module in modules.items() if name != "sentences"}


def test_every_sentence_of_every_module_can_be_said_and_stands_in_one_module() -> None:
    names = [name for sentences in rooms().values() for name in sentences]
    assert sorted(names) == sorted(SENTENCES)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_both_languages_ask_for_the_same_values() -> None:
    for name, (chinese, english) in SENTENCES.items():
        assert chinese.strip(), name
        assert english.strip(), name
        assert placeholders(chinese) == placeholders(english), name


def test_a_sentence_is_said_in_the_language_asked_for_and_english_otherwise() -> None:
    assert say("busy", "zh", position=3).startswith("前面还有 3")
    assert say("busy", "fr", position=3).startswith("3 questions")
    assert because_ignored("empty", "en") == say("ignored_empty", "en")
    assert "of a new kind" in because_ignored("of a new kind", "en")


def test_an_unknown_sentence_and_a_missing_value_are_errors() -> None:
    with pytest.raises(KeyError):
        say("no_such_sentence", "en")
    with pytest.raises(KeyError):
        say("busy", "en")
